/** Buttons as one stop of the Tab key, with arrow keys between them. */

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Makes it so for the buttons that a group has, whenever that is. */
export function rove(group: HTMLElement): void {
  const buttons = () => [...group.querySelectorAll<HTMLElement>("button:not([hidden])")];
  group.addEventListener("keydown", (event) => {
    const all = buttons();
    const at = all.indexOf(event.target as HTMLElement);
    const ends: Readonly<Record<string, number>> = { Home: 0, End: all.length - 1 };
    const to = ends[event.key] ?? at + STEPS[event.key];
    if (at < 0 || Number.isNaN(to) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    all[(to + all.length) % all.length]?.focus();
  });
  group.addEventListener("focusin", ({ target }) => setStop(group, target as HTMLElement));
}

/** The button to which the Tab key leads. */
export function setStop(group: HTMLElement, stop: HTMLElement): void {
  for (const button of group.querySelectorAll("button")) button.tabIndex = button === stop ? 0 : -1;
}
