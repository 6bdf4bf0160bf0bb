/** Queries on the left, keys on the right, a line for each weight: the drawing of the head view and of an opened head. */

import { blend, DASHES, focusOpacity, type Rgb, rankOf, readableOn, toCss } from "../../drawing/colour.ts";
import { paintCurves } from "../../drawing/curves.ts";
import { element, place } from "../../drawing/dom.ts";
import { clamp, onPointer } from "../../drawing/interaction.ts";
import { speaker, tokenColumn } from "../../drawing/labels.ts";
import { LazyCanvases } from "../../drawing/lazy.ts";
import { legend } from "../../drawing/legend.ts";
import { FLOOR, formatCell, formatWeight } from "../../scene/format.ts";
import type { Look } from "../../scene/seen.ts";
import { type Selection, select } from "../../scene/selection.ts";
import { type Choice, nameOf } from "../../scene/shown.ts";
import { type Run, runsOf, SIDES, type Side } from "../../scene/tokens.ts";
import { choose, listOf } from "../../state.ts";
import { statisticsLine } from "../measured.ts";
import { largestDrawn, shadingOf } from "../shades.ts";
import type { Stage } from "../view.ts";
import { type Layout, layOut } from "./layout.ts";
import { FAINTEST, type Focus, leastDrawn, type ShownHead, type Strand, strands } from "./links.ts";
import { describe } from "./words.ts";

/** What is drawn, and in which colours; the colour of null is that of several heads in one. */
export interface Drawn extends Choice {
  readonly colour: (head: number | null) => Rgb;
}

interface Place {
  readonly side: Side;
  readonly row: number;
}

/** Lines are thinner where there are many. */
const LINE_WIDTH = { few: 1.9, many: 1.1, manyFrom: 2_000 };
/** Height of a band that lies under its token: what a badge leaves of the row. */
const UNDERLINE = 1 / 8;
/** A band's cell carries its head's number from this weight and from this width on. */
const NUMBERED = { weight: 0.1, width: 10 };
const NOTHING: Focus = { query: [], key: [] };

export class Bipartite {
  readonly #root: HTMLElement;
  readonly #columns: Record<Side, HTMLOListElement>;
  readonly #titles: Readonly<Record<Side, HTMLElement>>;
  readonly #speakers: readonly { readonly side: Side; readonly run: Run; readonly node: HTMLElement }[];
  readonly #note = element("p", { class: "note" });
  readonly #legend = element("div", { class: "legend" });
  readonly #selection: Selection;
  /** All lines, and those of the tokens that are looked at, with their bands. */
  readonly #all: Layer;
  readonly #focused: Layer;
  readonly #tellStatistics: (choice: Choice) => void;
  #layout!: Layout;
  #heads: readonly ShownHead[] = [];
  #layer = "";
  /** Weaker lines are left out where nothing is looked at. */
  #least = FAINTEST;
  #drawn = "";
  /** The one head that is shown for a while. */
  #only: number | null = null;
  /** The weight whose lines are opaque. */
  #strongest = 1;
  #drawnFocus = "";
  #hovered: Place | null = null;

  constructor(
    private readonly stage: Stage,
    private readonly drawn: () => Drawn,
    host: HTMLElement,
  ) {
    const { scene, signal } = stage;
    const selection = select(scene, stage.state().filter);
    this.#selection = selection;
    this.#columns = {
      query: tokenColumn("query", scene.query, selection.query),
      key: tokenColumn("key", scene.key, selection.key),
    };
    if (scene.hidden !== null) {
      this.#columns.key.children[selection.key.indexOf(scene.hidden)]?.classList.add("taken");
    }
    // All lines at once are as opaque as their weight: with a power they would cover one another.
    this.#all = new Layer(signal, (weight) => this.#strength(weight));
    this.#focused = new Layer(
      signal,
      (weight) => focusOpacity(this.#strength(weight)),
      (context, top, height) => this.#paintBands(context, top, height),
    );
    const layers = [this.#all.node, this.#focused.node];
    this.#root = element("div", { class: "bipartite" }, ...layers, this.#columns.query, this.#columns.key);
    this.#speakers = SIDES.flatMap((side) =>
      runsOf(scene[side], selection[side]).map((run) => ({ side, run, node: speaker(side, run) })),
    );
    this.#root.append(...this.#speakers.map(({ node }) => node));
    const { of } = scene.attention;
    this.#titles = { query: element("span", {}, of.query), key: element("span", {}, of.key) };
    const titles = element("div", { class: "sides" }, this.#titles.query, this.#titles.key);
    titles.hidden = of.query === of.key;
    host.append(titles, this.#root, this.#note, this.#legend);
    this.#tellStatistics = statisticsLine(stage, host);
    onPointer(this.#root, signal, {
      hit: (event) => this.#hit(event),
      point: (place) => this.#point(place),
      press: (add) => this.press(add),
    });
  }

  /** Draws what the state says, and tells of it. */
  update(): void {
    if (!this.draw()) this.#all.paint();
    this.#showFocus();
  }

  /** Draws the lines if others are wanted than before, and returns whether; in the document or before it is there. */
  draw(): boolean {
    const { colour, ...choice } = this.drawn();
    const wanted = nameOf(choice);
    if (wanted !== this.#drawn) {
      const { scene } = this.stage;
      this.#heads = scene.shown(choice).map((shown) => {
        const hasHue = shown.head !== null && !scene.signed;
        const dash = hasHue ? DASHES[rankOf(shown.head, choice.heads)] : 0;
        return { ...shown, colour: this.#colours(colour(shown.head)), dash };
      });
      this.#strongest = scene.signed ? largestDrawn(this.stage, choice) : 1;
      this.#layer = scene.layerName(choice);
      this.#layout = this.#place();
      this.#least = leastDrawn(this.#heads, scene.key.length, this.#selection);
      this.#legend.hidden = !this.#heads.length;
      if (scene.signed && this.#heads.length) {
        const shading = shadingOf(this.stage, this.#strongest);
        this.#legend.replaceChildren(...legend(shading, "", null, scene.signed));
      }
      this.#note.textContent = this.#least > FAINTEST ? `Lines below ${formatWeight(this.#least)} are not drawn.` : "";
      this.#tellStatistics(choice);
    }
    const peeked = this.stage.peeked();
    const only = this.#heads.some(({ head }) => head === peeked) ? peeked : null;
    if (wanted === this.#drawn && only === this.#only) return false;
    this.#drawn = wanted;
    this.#only = only;
    this.#all.draw(this.#strands(NOTHING, this.#least), this.#layout);
    return true;
  }

  /** A head has one colour; numbers of either sign have those of the ends of their scale. */
  #colours(colour: Rgb): (weight: number) => Rgb {
    const { scene, theme } = this.stage;
    const [less, more] = scene.signed ? [theme.signed[0], theme.signed[theme.signed.length - 1]] : [colour, colour];
    return (weight) => (weight < 0 ? less : more);
  }

  /** How strongly a weight is inked, 0 to 1. */
  #strength(weight: number): number {
    return Math.min(1, Math.abs(weight) / this.#strongest);
  }

  /** Moves the keyboard's look: up and down by rows, left to the queries, right to the keys. */
  move(rows: number, columns: number): void {
    const at = this.#hovered ?? this.#pinned() ?? { side: "query", row: Math.min(0, -rows) };
    const side = columns ? (columns < 0 ? "query" : "key") : at.side;
    const row = clamp(at.row + rows, this.#selection[side].length);
    this.#point({ side, row });
    this.#columns[side].children[row]?.scrollIntoView({ block: "nearest" });
  }

  /** Pins what is looked at, in place of what is pinned or beside it, or unpins it. */
  press(withKey: boolean): void {
    if (!this.#hovered) return;
    const add = withKey || this.stage.adds();
    const { side, row } = this.#hovered;
    this.stage.change({ [side]: choose(this.stage.state()[side], this.#selection[side][row], add) });
  }

  leave(): void {
    this.#point(null);
  }

  #pinned(): Place | null {
    const state = this.stage.state();
    for (const side of SIDES) {
      const row = this.#selection[side].findIndex((token) => listOf(state[side]).includes(token));
      if (row >= 0) return { side, row };
    }
    return null;
  }

  #hit({ clientX, clientY }: MouseEvent): Place | null {
    const { left, top } = this.#root.getBoundingClientRect();
    const { lines, rowHeight } = this.#layout;
    const x = clientX - left;
    const side = x < lines.left ? "query" : x > lines.right ? "key" : null;
    const row = Math.floor((clientY - top) / rowHeight);
    return side && row >= 0 && row < this.#selection[side].length ? { side, row } : null;
  }

  #point(place: Place | null): void {
    if (place?.side === this.#hovered?.side && place?.row === this.#hovered?.row) return;
    this.#hovered = place;
    this.stage.look(this.#look);
    this.#showFocus();
  }

  /** The token that is pointed at. */
  get #look(): Look | null {
    return this.#hovered && { [this.#hovered.side]: this.#selection[this.#hovered.side][this.#hovered.row] };
  }

  #place(): Layout {
    const { scene, width, body } = this.stage;
    const layout = layOut(scene, this.#selection, this.#heads.length, width, body);
    place(this.#root, { width, height: layout.height, "--row": layout.rowHeight, "--token-size": layout.fontSize });
    for (const side of SIDES) {
      const column = { left: layout.tokens[side], width: layout.tokens.width };
      place(this.#columns[side], column);
      place(this.#titles[side], column);
    }
    for (const { side, run, node } of this.#speakers) {
      const { rowHeight, speakers } = layout;
      place(node, { left: speakers[side], top: run.from * rowHeight, height: (run.to - run.from + 1) * rowHeight });
    }
    return layout;
  }

  #strands(focus: Focus, least: number): Strand[] {
    const keyCount = this.stage.scene.key.length;
    const all = strands(this.#heads, keyCount, this.#selection, focus, this.#layout.rowHeight, least);
    return all.filter((_, i) => this.#isDrawn(this.#heads[i]));
  }

  #isDrawn({ head }: ShownHead): boolean {
    return this.#only === null || head === this.#only;
  }

  /** What is looked at: hovered first, here or beside, else pinned. */
  #focus(): Focus {
    const tokens = { ...this.stage.state(), ...(this.#look ?? this.stage.looked()) };
    const shown = (side: Side) => listOf(tokens[side]).filter((token) => this.#selection[side].includes(token));
    return { query: shown("query"), key: shown("key") };
  }

  #showFocus(): void {
    const focus = this.#focus();
    const focused = focus.query.length + focus.key.length > 0;
    const wanted = `${this.#drawn};${focus.query};${focus.key}`;
    // What was pointed at is often pinned next, and looks no different.
    if (focused && wanted !== this.#drawnFocus) {
      this.#drawnFocus = wanted;
      this.#focused.draw(this.#strands(focus, FAINTEST), this.#layout);
    }
    this.#root.classList.toggle("focused", focused);
    this.#markTokens(focus);
    const { scene } = this.stage;
    const heads = this.#heads.filter((head) => this.#isDrawn(head));
    this.stage.say(focused ? describe(scene, this.#layer, heads, this.#selection, focus) : null);
  }

  #markTokens(focus: Focus): void {
    const state = this.stage.state();
    for (const side of SIDES) {
      const tokens = this.#columns[side].children;
      this.#selection[side].forEach((index, row) => {
        const { classList } = tokens[row];
        classList.toggle("looked-at", focus[side].includes(index));
        classList.toggle("pinned", listOf(state[side]).includes(index));
        classList.toggle("unseen", this.#isUnseen(side, index, focus));
      });
    }
  }

  /** Whether no shown head links a token to those that are looked at. */
  #isUnseen(side: Side, index: number, focus: Focus): boolean {
    if (side === bandSide(focus) && this.#heads.length) {
      const pairs = this.#pairs(index, focus);
      return pairs.length > 0 && this.#heads.every(({ data }) => pairs.every((at) => data.masked?.[at]));
    }
    return false;
  }

  /** Places, in a head's weights, of the pairs of a token with those of the other side that are looked at. */
  #pairs(index: number, { query, key }: Focus): number[] {
    const keyCount = this.stage.scene.key.length;
    return query.length ? query.map((query) => query * keyCount + index) : key.map((key) => index * keyCount + key);
  }

  /** The other side's tokens get a cell a head: its column is the head, its shade the weight. */
  #paintBands(context: CanvasRenderingContext2D, top: number, height: number): void {
    const focus = this.#focus();
    const { rowHeight, bands, inside } = this.#layout;
    const { ground, ink } = this.stage.theme;
    const faint = toCss(ink, 0.05);
    const side = bandSide(focus);
    const single = this.#heads.length === 1;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = this.#layout.numberFont;
    this.#selection[side].forEach((index, row) => {
      const y = row * rowHeight - top;
      if (y + rowHeight < 0 || y > height) return;
      const pairs = this.#pairs(index, focus);
      this.#heads.forEach((shown, i) => {
        const { head, data, colour } = shown;
        if (pairs.every((at) => data.masked?.[at])) return;
        const sum = pairs.reduce((sum, at) => sum + data.weights[at], 0);
        // Shades of sums are those of their means, which end at 1 like single weights.
        const weight = sum / pairs.length;
        const opacity = focusOpacity(this.#strength(weight));
        const [bar, below] = inside ? [rowHeight * UNDERLINE, 0] : [rowHeight - 2, 1];
        const box = [bands[side] + i * bands.cell, y + rowHeight - below - bar, bands.cell - 1, bar] as const;
        context.fillStyle = faint;
        context.fillRect(...box);
        if (Math.abs(weight) < FLOOR || !this.#isDrawn(shown)) return;
        context.fillStyle = toCss(colour(weight), opacity);
        context.fillRect(...box);
        const isNumbered = this.#strength(weight) >= NUMBERED.weight && bands.cell >= NUMBERED.width;
        const label = single ? formatCell(sum, this.stage.scene.signed !== null) : isNumbered ? String(head) : "";
        if (!label || inside) return;
        context.fillStyle = toCss(readableOn(blend(ground, colour(weight), opacity)));
        context.fillText(label, box[0] + box[2] / 2, y + rowHeight / 2 + 0.5);
      });
    });
  }
}

/** The side whose tokens tell what they have to do with those that are looked at. */
const bandSide = ({ query }: Focus): Side => (query.length ? "key" : "query");

/** Lines on canvases, cut into strips so that what is out of the window costs nothing. */
class Layer {
  readonly node = element("div", { class: "layer" });
  readonly #canvases: LazyCanvases;
  #strands: readonly Strand[] = [];
  #layout: Layout | null = null;

  constructor(
    signal: AbortSignal,
    private readonly opacity: (weight: number) => number,
    private readonly paintMore: (context: CanvasRenderingContext2D, top: number, height: number) => void = () => {},
  ) {
    this.#canvases = new LazyCanvases(signal);
  }

  draw(strands: readonly Strand[], layout: Layout): void {
    this.#strands = strands;
    if (layout !== this.#layout) this.#cut(layout);
    this.#canvases.repaint();
  }

  /** Paints what has come into the window since. */
  paint(): void {
    this.#canvases.paint();
  }

  #cut(layout: Layout): void {
    this.#layout = layout;
    this.#canvases.clear();
    this.node.replaceChildren();
    this.#canvases.addStrips(this.node, layout.width, layout.height, (context, top, height) => {
      this.#paintLines(context, layout, top, height);
      this.paintMore(context, top, height);
    });
  }

  #paintLines(context: CanvasRenderingContext2D, { lines }: Layout, top: number, height: number): void {
    const count = this.#strands.reduce((sum, strand) => sum + strand.lines.length, 0);
    if (!count) return;
    const thickness = count < LINE_WIDTH.manyFrom ? LINE_WIDTH.few : LINE_WIDTH.many;
    paintCurves(context, { left: lines.left, width: lines.right - lines.left, height }, (curve) => {
      for (const { colour, dash, lines } of this.#strands) {
        for (const [from, to, weight] of lines) {
          curve(from - top, to - top, thickness, colour(weight), this.opacity(weight), dash);
        }
      }
    });
  }
}
