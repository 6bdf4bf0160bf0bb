import { setDisabled } from "../drawing/controls.ts";
import { button, element } from "../drawing/dom.ts";
import type { State } from "../state.ts";

export interface Tour {
  readonly node: HTMLElement;
  /** Shows the state's step. */
  update(state: State): void;
}

/** The caption of a step, and the ways to the one before and the one after. */
export function tour(captions: readonly string[], change: (change: Partial<State>) => void): Tour {
  let at = 0;
  const go = (by: number) => () => change({ step: at + by });
  const caption = element("p", { "aria-live": "polite" });
  const place = element("span", {});
  const back = button("‹ Back", {}, go(-1));
  const next = button("Next ›", {}, go(1));
  const ways = element("div", { class: "ways" }, back, place, next);
  return {
    node: element("div", { class: "tour", role: "group", "aria-label": "Tour" }, caption, ways),
    update: ({ step }: State) => {
      at = step ?? 0;
      if (caption.textContent !== captions[at]) caption.textContent = captions[at];
      place.textContent = `${at + 1} of ${captions.length}`;
      setDisabled(back, at === 0);
      setDisabled(next, at === captions.length - 1);
    },
  };
}
