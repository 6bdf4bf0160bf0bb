/** What readers choose with: buttons of which one is pressed, lists, and lists that are also walked through. */

import { button, element } from "./dom.ts";

export const setPressed = (node: Element, pressed: boolean): void => node.setAttribute("aria-pressed", String(pressed));

/** A button without use for now keeps the focus. */
export const setDisabled = (node: Element, disabled: boolean): void =>
  node.setAttribute("aria-disabled", String(disabled));

/** A button that shows a part of the page, which is hidden at first, and hides it again. */
export function disclosure(label: string, part: HTMLElement): HTMLButtonElement {
  const show = (shown: boolean) => {
    part.hidden = !shown;
    made.setAttribute("aria-expanded", String(shown));
  };
  const made = button(label, { class: "disclosure" }, () => show(Boolean(part.hidden)));
  show(false);
  return made;
}

/** Buttons of which one is pressed. */
export function switchOf(
  kind: string,
  label: string,
  options: Readonly<Record<string, string>>,
  choose: (value: string) => void,
): { node: HTMLElement; press: (current: string) => void } {
  const buttons = Object.entries(options).map(
    ([value, title]) => [value, button(title, {}, () => choose(value))] as const,
  );
  const attributes = { class: `switch ${kind}`, role: "group", "aria-label": label };
  return {
    node: element("div", attributes, ...buttons.map(([, node]) => node)),
    press: (current) => {
      for (const [value, node] of buttons) setPressed(node, value === current);
    },
  };
}

function options(values: Readonly<Record<string, string>>): HTMLElement[] {
  return Object.entries(values).map(([value, text]) => element("option", { value }, text));
}

export function chooser(label: string, values: Readonly<Record<string, string>>, choose: (value: string) => void) {
  const select = element("select", { "aria-label": label }, ...options(values));
  select.addEventListener("change", () => choose(select.value));
  return select;
}

type Options = readonly (readonly [value: number, text: string])[];

/** A list of numbers with a way to the one before and the one after. */
export function stepper(
  label: string,
  choose: (value: number) => void,
): { node: HTMLElement; show: (options: Options, current: number) => void } {
  let values: number[] = [];
  let written = "";
  const select = chooser(label, {}, (value) => choose(Number(value)));
  const step = (by: number) => () => choose(values[values.indexOf(Number(select.value)) + by]);
  const name = label.toLowerCase();
  const previous = button("‹", { "aria-label": `Previous ${name}` }, step(-1));
  const next = button("›", { "aria-label": `Next ${name}` }, step(1));
  return {
    node: element("div", { class: "stepper" }, element("span", {}, label), previous, select, next),
    show: (options, current) => {
      if (written !== options.join()) {
        written = options.join();
        values = options.map(([value]) => value);
        select.replaceChildren(...options.map(([value, text]) => element("option", { value: String(value) }, text)));
      }
      select.value = String(current);
      setDisabled(previous, current === values[0]);
      setDisabled(next, current === values[values.length - 1]);
    },
  };
}

/** A number by a slider, and how it is written beside it. */
export function slider(
  label: string,
  attributes: Readonly<Record<string, string>>,
  choose: (value: number) => void,
): { node: HTMLElement; show: (value: number, text: string) => void } {
  const input = element("input", { type: "range", ...attributes });
  const output = element("output");
  input.addEventListener("input", () => choose(Number(input.value)));
  return {
    node: element("label", {}, label, input, output),
    show: (value, text) => {
      input.value = String(value);
      output.textContent = text;
    },
  };
}
