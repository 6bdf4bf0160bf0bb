import { toCss } from "../drawing/colour.ts";
import { switchOf } from "../drawing/controls.ts";
import { element } from "../drawing/dom.ts";
import { placeOn } from "../drawing/heatmap.ts";
import { clamp, onKeys, onPointer } from "../drawing/interaction.ts";
import { legend } from "../drawing/legend.ts";
import { FLOOR } from "../scene/format.ts";
import type { Scene } from "../scene/scene.ts";
import { asLooked } from "../scene/seen.ts";
import { type Selection, select } from "../scene/selection.ts";
import { choiceOf as asChosen, type Choice, joinsLayers, nameOf, type Shown } from "../scene/shown.ts";
import { SIDES, type Side } from "../scene/tokens.ts";
import { choose, fitted, listOf, type State } from "../state.ts";
import { describe } from "./bipartite/words.ts";
import { statisticsLine } from "./measured.ts";
import { shadingOf } from "./shades.ts";
import { flow } from "./text/flow.ts";
import { inkOn, type Shades, shadesOf } from "./text/shades.ts";
import type { Stage, View } from "./view.ts";
import { onlyHead, WALK, walk } from "./walk.ts";

/** The text itself, each token shaded by its attention. */
export const textView: View = {
  name: "text",
  title: "Text",
  hint: "Point at a token to see what it gives or gets; click to pin it.",
  description: `Left and right choose a token, up and down one of another line, Enter pins it, Shift with Enter adds it. ${WALK}`,
  heads: "many",
  hasLayer: (state) => !joinsLayers(state),
  shows: choiceOf,

  mount(stage) {
    const text = new Text(stage);
    onKeys(stage, {
      move: (rows, columns) => text.move(rows, columns),
      press: (add) => text.press(add),
      cancel: () => stage.change({ query: null, key: null }),
      leave: () => text.point(null),
      ...walk(stage, () => onlyHead(stage.state())),
    });
    return () => text.update();
  },
};

/** A token has one shade, so several heads are shown as one. */
function choiceOf(state: State): Choice {
  const choice = asChosen(state);
  return state.heads.length < 2 ? choice : { ...choice, reduce: joinsLayers(state) ? "all" : "heads" };
}

/** Shades of tokens that have none. */
const [PLAIN, UNSEEN] = ["", "grey"];

const otherSide = (side: Side): Side => (side === "query" ? "key" : "query");

class Text {
  readonly #selection: Selection;
  /** In the order of the text. */
  readonly #spans: HTMLElement[] = [];
  /** Each token's span; the same on both sides where tokens look at one another. */
  readonly #spanOf: Readonly<Record<Side, HTMLElement[]>> = { query: [], key: [] };
  readonly #painted = new Map<HTMLElement, number | string>();
  readonly #legend = element("div", { class: "parts" });
  readonly #turn: ReturnType<typeof switchOf>;
  readonly #tellStatistics: (choice: Choice) => void;
  /** What a token is looked at as, where it may be both. */
  #side: Side = "query";
  #shown: readonly Shown[] = [];
  #drawn = "";
  #at: HTMLElement | null = null;

  constructor(private readonly stage: Stage) {
    const { scene, body, signal } = stage;
    const { isSelf, of } = scene.attention;
    this.#selection = select(scene, stage.state().filter);
    const { query, key } = this.#selection;
    const both = [...new Set([...query, ...key])].sort((a, b) => a - b);
    const texts = (isSelf ? SIDES.slice(0, 1) : SIDES).map((side) => {
      const paragraphs = flow(scene[side], isSelf ? both : this.#selection[side], (token, span) => {
        this.#spans.push(span);
        for (const each of isSelf ? SIDES : [side]) this.#spanOf[each][token] = span;
      });
      return element("div", {}, isSelf ? null : element("b", {}, of[side]), ...paragraphs);
    });
    const root = element("div", { class: "text" }, ...texts);
    const turn = (side: string) => this.#look(side as Side);
    this.#turn = switchOf("turn", "A token", { query: "gives", key: "gets" }, turn);
    this.#turn.node.prepend("A token");
    this.#turn.node.hidden = !isSelf;
    body.append(root, element("div", { class: "legend" }, this.#legend, this.#turn.node));
    this.#tellStatistics = statisticsLine(stage, body);
    onPointer<HTMLElement>(root, signal, {
      // Between two tokens nothing flickers; what ends there was a text that is selected, and chooses none.
      hit: ({ target, type }) => this.#spans.find((span) => span === target) ?? (type === "click" ? null : this.#at),
      point: (span) => this.point(span),
      press: (add) => this.press(add),
    });
  }

  update(): void {
    const choice = choiceOf(this.stage.state());
    const wanted = nameOf(choice);
    if (wanted !== this.#drawn) {
      this.#drawn = wanted;
      this.#shown = this.stage.scene.shown(choice);
      this.#tellStatistics(choice);
    }
    this.#show();
  }

  /** Goes along the text, or to the nearest token of the line above or below. */
  move(rows: number, columns: number): void {
    const from = this.#at ?? this.#spans.find((span) => span.classList.contains("outlined"));
    const steps = from?.closest("[dir=rtl]") ? -columns : columns;
    const next = from ? clamp(this.#spans.indexOf(from) + steps, this.#spans.length) : 0;
    const to = from && rows ? this.#beside(from, rows) : this.#spans[next];
    this.point(to);
    to.scrollIntoView({ block: "nearest" });
  }

  /** Pins what is looked at, in place of what is pinned or beside it, or unpins it. */
  press(withKey: boolean): void {
    const at = this.#placeOf(this.#at, this.#side);
    if (!at) return;
    const [side, token] = at;
    const add = withKey || this.stage.adds();
    const rest = add ? {} : { [otherSide(side)]: null };
    this.stage.change({ ...rest, [side]: choose(this.stage.state()[side], token, add) });
  }

  point(span: HTMLElement | null): void {
    this.#at = span;
    const at = this.#placeOf(span, this.#side);
    this.stage.look(at && { [at[0]]: at[1] });
    this.#show();
  }

  /** Looks at tokens as those that give, or as those that get. */
  #look(side: Side): void {
    if (side === this.#side) return;
    const { [this.#side]: pins } = this.stage.state();
    this.#side = side;
    this.stage.change({ [side]: pins, [otherSide(side)]: null });
    this.#show();
  }

  #beside(from: HTMLElement, rows: number): HTMLElement {
    const start = from.getClientRects()[0];
    let [nearest, least] = [from, Number.POSITIVE_INFINITY];
    for (const span of this.#spans) {
      const box = span.getClientRects()[0];
      const lines = Math.round((box.top - start.top) / start.height) * rows;
      const far = lines * 1e4 + Math.abs(box.left + box.right - start.left - start.right);
      if (lines > 0 && far < least) [nearest, least] = [span, far];
    }
    return nearest;
  }

  /** What a span stands for, on one side if it can, or on the other. */
  #placeOf(span: HTMLElement | null, first: Side): readonly [Side, number] | null {
    for (const side of [first, otherSide(first)]) {
      const token = span ? this.#spanOf[side].indexOf(span) : -1;
      if (this.#selection[side].includes(token)) return [side, token];
    }
    return null;
  }

  /** Shades by what is pinned, or else by what is pointed at, here or beside; tells of both. */
  #show(): void {
    const { scene, state, say, looked } = this.stage;
    const chosen = (tokens: Partial<Pick<State, Side>>): Selection => {
      const shown = (side: Side) =>
        listOf(tokens[side] ?? null).filter((token) => this.#selection[side].includes(token));
      return { query: shown("query"), key: shown("key") };
    };
    const pinned = chosen(state());
    const held = SIDES.find((side) => pinned[side].length);
    if (held) this.#side = held;
    const at = this.#placeOf(this.#at, held ? otherSide(held) : this.#side);
    const focus = at ? { ...pinned, [at[0]]: [at[1]] } : held ? pinned : chosen(looked() ?? {});
    this.#shade(held ? pinned : focus);
    const spans = (tokens: Selection) =>
      SIDES.flatMap((side) => tokens[side].map((token) => this.#spanOf[side][token]));
    const outlined = [...spans(pinned), ...spans(focus)];
    for (const span of this.#spans) span.classList.toggle("outlined", outlined.includes(span));
    this.#turn.press(this.#side);
    const layer = scene.layerName(choiceOf(state()));
    say(outlined.length ? describe(scene, layer, this.#shown, this.#selection, focus) : null);
  }

  #shade(focus: Selection): void {
    const { scene, scenes } = this.stage;
    const shades = new Map<HTMLElement, number | string>();
    const own = this.#weights(scene, focus);
    const all = scenes.flatMap((other) => (other === scene ? own : this.#weights(other, focus))?.weights ?? []);
    const largest = all.reduce((most: number, weight) => Math.max(most, Math.abs(weight ?? 0)), FLOOR);
    const shading = shadingOf(this.stage, largest);
    const { side, weights } = own ?? { side: "key", weights: [] };
    weights.forEach((weight, i) => {
      shades.set(this.#spanOf[side][this.#selection[side][i]], weight === null ? UNSEEN : placeOn(shading, weight));
    });
    const grey = weights.includes(null) ? `; grey: ${scene.unseen}` : "";
    this.#legend.replaceChildren(...legend(shading, `square-root scale, ${wordsOf(focus)}${grey}`, null, scene.signed));
    for (const span of this.#spans) {
      const shade = shades.get(span) ?? PLAIN;
      if (shade === (this.#painted.get(span) ?? PLAIN)) continue;
      this.#painted.set(span, shade);
      const colour = shading.scale[shade as number];
      span.classList.toggle(UNSEEN, shade === UNSEEN);
      span.style.background = colour ? toCss(colour) : "";
      span.style.color = colour ? toCss(inkOn(colour, shading.ink)) : "";
    }
  }

  /** What one of the scenes beside one another is shaded by; null where no head is chosen. */
  #weights(other: Scene, focus: Selection): Shades | null {
    const { scene, state } = this.stage;
    const tokens = (side: Side) =>
      other === scene
        ? focus[side]
        : (focus[side].flatMap((token) => asLooked({ [side]: token }, scene, other)[side] ?? []) as number[]);
    const [shown] = other.shown(fitted(choiceOf(state()), other));
    if (!shown) return null;
    const selection = select(other, state().filter);
    return shadesOf(shown.data, other.key.length, selection, { query: tokens("query"), key: tokens("key") });
  }
}

/** What a focus shades a text by. */
function wordsOf({ query, key }: Selection): string {
  const many = query.length > 1 || (!query.length && key.length > 1);
  const outlined = many ? "what the outlined tokens" : "what the outlined token";
  if (query.length) return `${outlined} give${many ? " in sum" : "s"}`;
  return key.length
    ? `${outlined} get${many ? " in sum" : "s"}`
    : "what a token gets, on average from those that may see it";
}
