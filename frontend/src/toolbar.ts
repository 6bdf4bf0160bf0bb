/** What a reader chooses with: one quiet line, and the tiles of the heads. */

import { readableOn, toCss } from "./colour.ts";
import { element } from "./dom.ts";
import type { Exhibit } from "./exhibit.ts";
import { FILTERS, type State, shownHead } from "./state.ts";
import type { Theme } from "./theme.ts";
import type { Choice, View } from "./views/view.ts";

export interface Toolbar {
  readonly node: HTMLElement;
  /** Shows the state. */
  update(state: State, view: View, theme: Theme): void;
}

type Change = (change: Partial<State>) => void;

export function toolbar(exhibit: Exhibit, views: readonly View[], state: () => State, change: Change): Toolbar {
  const parts = [
    viewSwitch(views, change),
    layerChooser(exhibit.layers, state, change),
    ...(exhibit.hasPair ? [filterChooser(change)] : []),
    ...views.flatMap(({ name, choice }) => (choice ? [choiceOf(name, choice, exhibit, change)] : [])),
    headTiles(exhibit.heads, state, change),
  ];
  return {
    node: element("div", { class: "toolbar" }, ...parts.map(({ node }) => node)),
    update: (...shown) => {
      for (const part of parts) part.update(...shown);
    },
  };
}

function button(label: string, attributes: Record<string, string>, press: (event: MouseEvent) => void): HTMLElement {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", press);
  return made;
}

const setPressed = (node: Element, pressed: boolean): void => node.setAttribute("aria-pressed", String(pressed));

function viewSwitch(views: readonly View[], change: Change): Toolbar {
  const buttons = views.map(({ name, title }) => button(title, {}, () => change({ view: name })));
  return {
    node: element("div", { class: "switch", role: "group", "aria-label": "View" }, ...buttons),
    update: (_, shown) => {
      views.forEach((view, i) => {
        setPressed(buttons[i], view === shown);
      });
    },
  };
}

function chooser(label: string, values: Readonly<Record<string, string>>, choose: (value: string) => void) {
  const options = Object.entries(values).map(([value, text]) => element("option", { value }, text));
  const select = element("select", { "aria-label": label }, ...options);
  select.addEventListener("change", () => choose(select.value));
  return select;
}

function layerChooser(layers: number, state: () => State, change: Change): Toolbar {
  const numbers = Object.fromEntries(Array.from({ length: layers }, (_, layer) => [layer, String(layer)]));
  const select = chooser("Layer", numbers, (value) => change({ layer: Number(value) }));
  const step = (by: number) => () => change({ layer: state().layer + by });
  const previous = button("‹", { "aria-label": "Previous layer" }, step(-1));
  const next = button("›", { "aria-label": "Next layer" }, step(1));
  const node = element("div", { class: "layer-chooser" }, element("span", {}, "Layer"), previous, select, next);
  return {
    node,
    update: (state, view) => {
      node.hidden = !view.hasLayer(state);
      select.value = String(state.layer);
      previous.toggleAttribute("disabled", state.layer === 0);
      next.toggleAttribute("disabled", state.layer === layers - 1);
    },
  };
}

function filterChooser(change: Change): Toolbar {
  const name = (filter: string) => (filter === "all" ? "All tokens" : filter.toUpperCase().replace("-", " → "));
  const names = Object.fromEntries(FILTERS.map((filter) => [filter, name(filter)]));
  const select = chooser("Sentences", names, (filter) => change({ filter } as Partial<State>));
  return {
    node: element("div", { class: "filter" }, select),
    update: ({ filter }) => {
      select.value = filter;
    },
  };
}

/** A view's own choice, such as its scale. */
function choiceOf(name: string, choice: Choice, exhibit: Exhibit, change: Change): Toolbar {
  const options = Object.entries(choice.options);
  const buttons = options.map(([value, title]) => button(title, {}, () => change({ [choice.field]: value })));
  const attributes = { class: "switch own", role: "group", "aria-label": choice.label };
  const node = element("div", attributes, choice.label, ...buttons);
  return {
    node,
    update: (state, view) => {
      node.hidden = view.name !== name;
      const current = choice.value(state, exhibit);
      options.forEach(([value], i) => {
        setPressed(buttons[i], current === value);
      });
    },
  };
}

function headTiles(count: number, state: () => State, change: Change): Toolbar {
  const every = Array.from({ length: count }, (_, head) => head);
  const isMany = () => node.dataset.heads === "many";

  function toggle(head: number): void {
    const { heads } = state();
    if (!isMany()) change({ head });
    else change({ heads: heads.includes(head) ? heads.filter((other) => other !== head) : [...heads, head] });
  }

  /** Shows a head alone; all of them if it is alone already. */
  function solo(head: number): void {
    const { heads } = state();
    if (isMany()) change({ heads: heads.length === 1 && heads[0] === head ? every : [head] });
  }

  const tiles = every.map((head) => {
    const tile = button(String(head), { "aria-label": `Head ${head}` }, (event) =>
      event.shiftKey ? solo(head) : toggle(head),
    );
    tile.addEventListener("dblclick", () => solo(head));
    return tile;
  });
  const all = button("All", { class: "all", title: "Show all heads" }, () => change({ heads: every }));
  const node = element("div", { class: "heads", role: "group", "aria-label": "Heads" }, "Heads", ...tiles, all);
  return {
    node,
    update: (state, view, theme) => {
      node.hidden = view.heads === "none";
      node.dataset.heads = view.heads;
      all.hidden = view.heads !== "many";
      all.toggleAttribute("disabled", state.heads.length === count);
      tiles.forEach((tile, head) => {
        const many = view.heads === "many";
        const colour = many ? theme.head(head) : theme.accent;
        setPressed(tile, many ? state.heads.includes(head) : shownHead(state) === head);
        tile.title = many ? "Click shows or hides this head; double-click or Shift-click shows it alone" : "";
        tile.style.setProperty("--head", toCss(colour));
        tile.style.setProperty("--on-head", toCss(readableOn(colour)));
      });
    },
  };
}
