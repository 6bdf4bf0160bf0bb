/** What a reader chooses with: a quiet line on what is shown, and one on which heads and how. */

import { rankOf, readableOn, toCss } from "../drawing/colour.ts";
import { chooser, disclosure, setDisabled, setPressed, slider, stepper, switchOf } from "../drawing/controls.ts";
import { button, element } from "../drawing/dom.ts";
import { rove, setStop } from "../drawing/rove.ts";
import type { Theme } from "../drawing/theme.ts";
import type { Exhibit } from "../exhibit/exhibit.ts";
import { formatPercent } from "../scene/format.ts";
import { canHideSink, hasWords, type Scene } from "../scene/scene.ts";
import { joinsHeads } from "../scene/shown.ts";
import { FILTERS, type State, shownHead } from "../state.ts";
import type { Own, View } from "../views/view.ts";
import { ranking } from "./ranking.ts";

export interface Toolbar {
  readonly node: HTMLElement;
  /** Shows the state; `reach` has the layers and heads that can be chosen. */
  update(state: State, view: View, theme: Theme, scene: Scene, reach: Pick<Scene, "layers" | "heads">): void;
}

/** Whether a finger's choice is added to those before it. */
export interface Several {
  on: boolean;
}

type Change = (change: Partial<State>) => void;

export function toolbar(
  exhibit: Exhibit,
  views: readonly View[],
  state: () => State,
  change: Change,
  several: Several,
  names: readonly string[],
  peek: (head: number | null) => void,
): Toolbar {
  const what = [
    viewSwitch(views, change),
    ...(names.length > 1 ? [comparisonSwitch(names, change)] : []),
    ...(exhibit.attentions.length > 1 ? [attentionSwitch(exhibit, change)] : []),
    layerChooser(change),
    ...(exhibit.attentions.some(({ hasPair }) => hasPair) ? [filterChooser(change)] : []),
  ];
  const how = [
    headTiles(state, change, peek),
    ranking(change),
    ...views.flatMap(({ name, own }) => (own ? [ownChoice(name, own, change)] : [])),
  ];
  // What is seldom chosen stays out of sight; what is in force is told in the notes.
  const seldom = [
    reduction(change),
    massSlider(change),
    ...(exhibit.attentions.some(hasWords) ? [unitSwitch(change)] : []),
    sinkSwitch(change),
    severalSwitch(several),
  ];
  const options = line(seldom);
  const open = disclosure("Options", options);
  const first = line(what);
  first.append(open);
  return {
    node: element("div", { class: "toolbar" }, first, line(how), options),
    update: (...shown) => {
      for (const part of [...what, ...how, ...seldom]) part.update(...shown);
      open.hidden = seldom.every(({ node }) => node.hidden);
    },
  };
}

const line = (parts: readonly Toolbar[]) => element("div", { class: "line" }, ...parts.map(({ node }) => node));

function viewSwitch(views: readonly View[], change: Change): Toolbar {
  const titles = Object.fromEntries(views.map(({ name, title }) => [name, title]));
  const { node, press } = switchOf("views", "View", titles, (view) => change({ view }));
  return { node, update: (_, { name }) => press(name) };
}

/** Of two that are compared, what is shown. */
function comparisonSwitch([first, second]: readonly string[], change: Change): Toolbar {
  const titles = { both: "Both", difference: "Difference", first, second };
  const { node, press } = switchOf("comparison", "Compare", titles, (comparison) =>
    change({ comparison } as Partial<State>),
  );
  return { node, update: ({ comparison }) => press(comparison) };
}

function attentionSwitch({ attentions }: Exhibit, change: Change): Toolbar {
  const title = (name: string) => name[0].toUpperCase() + name.slice(1);
  const titles = Object.fromEntries(attentions.map(({ name }) => [name, title(name)]));
  const { node, press } = switchOf("attention", "Attention", titles, (attention) => change({ attention }));
  node.prepend(element("span", { class: "caption" }, "Attention"));
  return { node, update: ({ attention }) => press(attention) };
}

function unitSwitch(change: Change): Toolbar {
  const titles = { pieces: "Pieces", words: "Words" };
  const { node, press } = switchOf("units", "Tokens as", titles, (units) => change({ units } as Partial<State>));
  return {
    node,
    update: ({ units }, view, _, { attention }) => {
      node.hidden = view.asCaptured === true || !hasWords(attention);
      press(units);
    },
  };
}

function sinkSwitch(change: Change): Toolbar {
  const node = button("Hide first token", { class: "toggle sink", title: "Many heads rest on it" }, () =>
    change({ sink: node.getAttribute("aria-pressed") === "true" ? "shown" : "hidden" }),
  );
  return {
    node,
    update: ({ sink }, view, _, { attention }) => {
      node.hidden = view.asCaptured === true || !canHideSink(attention);
      setPressed(node, sink === "hidden");
    },
  };
}

function layerChooser(change: Change): Toolbar {
  const { node, show } = stepper("Layer", (layer) => change({ layer }));
  return {
    node,
    update: (state, view, _, __, { layers }) => {
      node.hidden = !view.hasLayer(state);
      show(
        layers.map((each) => [each, String(each)]),
        state.layer,
      );
    },
  };
}

const REDUCED: Readonly<Record<string, string>> = {
  "none mean": "each",
  "heads mean": "mean of heads",
  "heads max": "maximum of heads",
  "layers mean": "mean of layers",
  "layers max": "maximum of layers",
  "all mean": "mean of both",
  "all max": "maximum of both",
};

/** Whether the chosen heads, the layers or both are shown as one, and how. */
function reduction(change: Change): Toolbar {
  const choose = (value: string) => {
    const [reduce, by] = value.split(" ");
    change({ reduce, by } as Partial<State>);
  };
  const select = chooser("Heads and layers as", REDUCED, choose);
  const node = element("label", { class: "reduction" }, "Show", select);
  return {
    node,
    update: (state, view) => {
      node.hidden = !view.shows;
      const { reduce, by } = view.shows?.(state) ?? state;
      select.value = `${reduce} ${reduce === "none" ? "mean" : by}`;
      select.options[0].disabled = reduce !== state.reduce;
    },
  };
}

/** Of each query the strongest keys, as many as make up a share of its attention. */
function massSlider(change: Change): Toolbar {
  const { node, show } = slider("Strongest", { min: "5", max: "100", step: "5" }, (mass) =>
    change({ mass: mass / 100 }),
  );
  node.className = "mass";
  node.title = "Of each query, the keys that make up this share";
  return {
    node,
    update: ({ mass }, view, _, scene) => {
      node.hidden = !view.shows || scene.signed !== null;
      show(Math.round(mass * 100), formatPercent(mass));
    },
  };
}

/** For fingers, which have no Shift. */
function severalSwitch(several: Several): Toolbar {
  const node = button("Several tokens", { class: "toggle several" }, () => {
    several.on = !several.on;
    setPressed(node, several.on);
  });
  setPressed(node, several.on);
  return {
    node,
    update: (_, view) => {
      node.hidden = !view.shows;
    },
  };
}

function filterChooser(change: Change): Toolbar {
  const name = (filter: string) => (filter === "all" ? "All tokens" : filter.toUpperCase().replace("-", " → "));
  const names = Object.fromEntries(FILTERS.map((filter) => [filter, name(filter)]));
  const select = chooser("Sentences", names, (filter) => change({ filter } as Partial<State>));
  const node = element("div", { class: "filter" }, select);
  return {
    node,
    update: ({ filter }, _, __, { attention }) => {
      node.hidden = !attention.hasPair;
      select.value = filter;
    },
  };
}

/** A view's own choice, such as its scale. */
function ownChoice(name: string, choice: Own, change: Change): Toolbar {
  const { node, press } = switchOf("own", choice.label, choice.options, (value) => change({ [choice.field]: value }));
  node.prepend(choice.label);
  return {
    node,
    update: (state, view, _, scene) => {
      node.hidden = view.name !== name || choice.isOffered?.(state, scene) === false;
      press(choice.value(state, scene));
    },
  };
}

/** The hues come again after ten heads: a tile has the dashes of its lines. */
const MARKS = ["", "underline dashed 2px", "underline dotted 2px", "underline double 2px"];

function headTiles(state: () => State, change: Change, peek: (head: number | null) => void): Toolbar {
  let tiles: HTMLElement[] = [];
  const every = () => [...tiles.keys()];
  const isMany = () => node.dataset.heads === "many";

  function toggle(head: number): void {
    const { heads } = state();
    if (!isMany()) change({ head });
    else change({ heads: heads.includes(head) ? heads.filter((other) => other !== head) : [...heads, head] });
  }

  /** Shows a head alone; all of them if it is alone already. */
  function solo(head: number): void {
    const { heads } = state();
    if (isMany()) change({ heads: heads.length === 1 && heads[0] === head ? every() : [head] });
  }

  function tileOf(head: number): HTMLElement {
    const tile = button(String(head), { "aria-label": `Head ${head}` }, (event) =>
      event.shiftKey ? solo(head) : toggle(head),
    );
    tile.addEventListener("dblclick", () => solo(head));
    tile.addEventListener("pointerenter", ({ pointerType }) => pointerType !== "touch" && peek(head));
    tile.addEventListener("focus", () => tile.matches(":focus-visible") && peek(head));
    for (const type of ["pointerleave", "blur"]) tile.addEventListener(type, () => peek(null));
    return tile;
  }

  const all = button("All", { class: "all", title: "Show all heads" }, () => change({ heads: every() }));
  const node = element("div", { class: "heads", role: "group", "aria-label": "Heads" });
  rove(node);
  return {
    node,
    update: (state, view, theme, { signed }, { heads }) => {
      if (tiles.length !== heads) {
        tiles = Array.from({ length: heads }, (_, head) => tileOf(head));
        node.replaceChildren("Heads", ...tiles, all);
        setStop(node, tiles[0]);
      }
      const joins = view.shows !== undefined && joinsHeads(state);
      const many = view.heads === "many" || joins;
      node.hidden = view.heads === "none";
      node.dataset.heads = many ? "many" : "one";
      all.hidden = !many;
      setDisabled(all, state.heads.length === tiles.length);
      tiles.forEach((tile, head) => {
        const hasHue = view.hues === true && !joins && !signed;
        const colour = hasHue ? theme.head(head) : theme.accent;
        const isShown = many ? state.heads.includes(head) : shownHead(state) === head;
        setPressed(tile, isShown);
        tile.style.textDecoration = hasHue && isShown ? MARKS[rankOf(head, state.heads)] : "";
        tile.title = many ? "Click shows or hides this head; double-click or Shift-click shows it alone" : "";
        tile.style.setProperty("--head", toCss(colour));
        tile.style.setProperty("--on-head", toCss(readableOn(colour)));
      });
    },
  };
}
