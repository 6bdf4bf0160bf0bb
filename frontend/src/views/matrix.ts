import { readableOn, scalePosition, toCss } from "../drawing/colour.ts";
import { element, pixelRatio, place, prepare } from "../drawing/dom.ts";
import { pool, type Shading, shade, UNSEEN } from "../drawing/heatmap.ts";
import { clamp, onKeys, onPointer } from "../drawing/interaction.ts";
import { fontOf } from "../drawing/labels.ts";
import { legend } from "../drawing/legend.ts";
import type { Head } from "../exhibit/track.ts";
import { FLOOR, formatCell, formatWeight, HIDDEN, MASKED } from "../scene/format.ts";
import { asColumns, type Selection, select } from "../scene/selection.ts";
import { labelOf, SIDES, type Side, tokenName } from "../scene/tokens.ts";
import { shownHead } from "../state.ts";
import { paintLabels, paintSpeakers } from "./matrix/labels.ts";
import { type Layout, layOut, PAD, SPACED } from "./matrix/layout.ts";
import type { Stage, View } from "./view.ts";

/** Cells from this size on show their value. */
const VALUED = 28;
const FONT = 12;

/** A row and a column, each where there is one. */
type Cell = { readonly [side in Side]: number | null };

/** One head as a matrix: a row for each query, a column for each key. */
export const matrixView: View = {
  name: "matrix",
  title: "Matrix",
  hint: "Rows are queries, columns keys; point at a cell for its weight, click to pin it.",
  description: "Attention of one head. Arrow keys choose a cell, Enter pins it, Escape unpins.",
  heads: "one",
  hasLayer: () => true,
  choice: {
    field: "scale",
    label: "Scale",
    options: { head: "this head", full: "0 – 1" },
    value: ({ scale }) => scale,
  },

  mount(stage) {
    const matrix = new Matrix(stage);
    onKeys(stage, {
      move: (rows, columns) => matrix.move(rows, columns),
      press: () => matrix.press(),
      cancel: () => stage.change({ query: null, key: null }),
      leave: () => matrix.point(null),
    });
    return () => matrix.update();
  },
};

class Matrix {
  readonly #root = element("div", { class: "matrix" });
  readonly #canvas = element("canvas");
  /** Bands and labels of the row and the column that are looked at. */
  readonly #bands = { query: element("div", { class: "band" }), key: element("div", { class: "band" }) };
  readonly #labels = { query: element("div", { class: "label query" }), key: element("div", { class: "label key" }) };
  readonly #legend = element("div", { class: "legend" });
  readonly #selection: Selection;
  readonly #layout: Layout;
  #at: Cell | null = null;
  #drawn = "";

  constructor(private readonly stage: Stage) {
    const { body, signal, scene } = stage;
    this.#selection = asColumns(select(scene, stage.state().filter), scene);
    this.#root.append(this.#canvas, ...Object.values(this.#bands), ...Object.values(this.#labels));
    body.append(element("div", { class: "scroll" }, this.#root, this.#legend));
    this.#layout = layOut(scene, this.#selection, stage.width, this.#root);
    const { width, height, left, top, cell, mirrored } = this.#layout;
    const { query, key } = this.#selection;
    place(this.#root, { width, height });
    place(this.#canvas, { width, height });
    place(this.#bands.query, { left, width: key.length * cell, height: cell });
    place(this.#bands.key, { top, width: cell, height: query.length * cell });
    place(this.#labels.query, mirrored ? { left: left + key.length * cell + PAD } : { right: width - left + PAD });
    place(this.#labels.key, { bottom: height - top + PAD });
    place(this.#legend, { width }).style.paddingLeft = `${left}px`;
    onPointer<Cell>(this.#root, signal, {
      hit: (event) => this.#hit(event),
      point: (cell) => this.point(cell),
      press: () => this.press(),
    });
  }

  update(): void {
    const { layer, scale } = this.stage.state();
    const wanted = `${layer}:${this.#headIndex}:${scale}`;
    if (wanted !== this.#drawn) {
      this.#drawn = wanted;
      this.#paint();
    }
    this.point(this.#at);
  }

  move(rows: number, columns: number): void {
    const at = this.#at ?? this.#pinned();
    const { query, key } = this.#selection;
    this.point({
      query: clamp((at.query ?? -Math.max(0, rows)) + rows, query.length),
      key: clamp((at.key ?? -Math.max(0, columns)) + columns, key.length),
    });
    for (const side of SIDES) this.#labels[side].scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  press(): void {
    if (this.#at?.query == null || this.#at.key == null) return;
    const query = this.#selection.query[this.#at.query];
    const key = this.#selection.key[this.#at.key];
    const state = this.stage.state();
    const pinned = state.query === query && state.key === key;
    this.stage.change(pinned ? { query: null, key: null } : { query, key });
  }

  /** Crosshair and labels on the cell that is looked at, or else on what is pinned. */
  point(cell: Cell | null): void {
    this.#at = cell;
    const at = cell ?? this.#pinned();
    const { left, top, cell: size } = this.#layout;
    for (const side of SIDES) {
      const i = at[side];
      this.#bands[side].hidden = this.#labels[side].hidden = i === null;
      if (i === null) continue;
      place(this.#bands[side], side === "query" ? { top: top + i * size } : { left: left + i * size });
      place(this.#labels[side], side === "query" ? { top: top + (i + 0.5) * size } : { left: left + (i + 0.5) * size });
      this.#labels[side].textContent = labelOf(this.stage.scene[side][this.#selection[side][i]]);
    }
    this.stage.say(this.#describe(at));
  }

  get #headIndex(): number {
    return shownHead(this.stage.state());
  }

  get #head(): Head {
    return this.stage.scene.head(this.stage.state().layer, this.#headIndex);
  }

  #hit({ clientX, clientY }: MouseEvent): Cell | null {
    const { left, top, cell } = this.#layout;
    const box = this.#root.getBoundingClientRect();
    const query = Math.floor((clientY - box.top - top) / cell);
    const key = Math.floor((clientX - box.left - left) / cell);
    const inside = (i: number, side: Side) => i >= 0 && i < this.#selection[side].length;
    return inside(query, "query") && inside(key, "key") ? { query, key } : null;
  }

  #pinned(): Cell {
    const state = this.stage.state();
    const row = (side: Side) => {
      const i = this.#selection[side].indexOf(state[side] ?? -1);
      return i < 0 ? null : i;
    };
    return { query: row("query"), key: row("key") };
  }

  #describe(at: Cell): string | null {
    if (at.query === null || at.key === null) return null;
    const { scene } = this.stage;
    const query = this.#selection.query[at.query];
    const key = this.#selection.key[at.key];
    const { weights, masked } = this.#head;
    const i = query * scene.key.length + key;
    const pair = `${tokenName(scene, "query", query)} → ${tokenName(scene, "key", key)}`;
    const value = key === scene.hidden ? HIDDEN : masked?.[i] ? MASKED : formatWeight(weights[i]);
    return `Layer ${this.stage.state().layer} · head ${this.#headIndex} · ${pair} ${value}`;
  }

  #paint(): void {
    const { width, height, cell } = this.#layout;
    const { scene, theme, state } = this.stage;
    const { query, key } = this.#selection;
    const cells = pool(this.#head, scene.key.length, this.#selection, query.length, key.length);
    const full = state().scale === "full";
    const largest = full ? 1 : cells.reduce((most, weight) => Math.max(most, weight), FLOOR);
    const shading: Shading = { scale: theme.scale, largest, ink: theme.ink };
    const context = prepare(this.#canvas, width, height);
    this.#paintCells(context, cells, shading);
    context.font = fontOf(this.#root, FONT);
    paintLabels(context, this.#layout, scene, this.#selection, theme);
    context.font = fontOf(this.#root, 11);
    paintSpeakers(context, this.#layout, scene, this.#selection, theme);
    if (cell >= VALUED) this.#paintValues(context, cells, shading);
    this.#legend.replaceChildren(
      ...legend(
        shading,
        full ? "the same for all heads" : "of this head",
        cells.includes(UNSEEN) ? scene.unseen : null,
      ),
    );
  }

  #paintCells(context: CanvasRenderingContext2D, cells: Float32Array, shading: Shading): void {
    const { left, top, cell } = this.#layout;
    const { query, key } = this.#selection;
    const ratio = pixelRatio();
    const [width, height] = [key.length * cell * ratio, query.length * cell * ratio].map(Math.round);
    const gap = cell >= SPACED ? 1 : 0;
    const bytes = shade(cells, query.length, key.length, width, height, gap, shading);
    context.putImageData(new ImageData(bytes, width, height), Math.round(left * ratio), Math.round(top * ratio));
  }

  #paintValues(context: CanvasRenderingContext2D, cells: Float32Array, { scale, largest }: Shading): void {
    const { left, top, cell } = this.#layout;
    const columns = this.#selection.key.length;
    context.font = fontOf(this.#root, 11);
    context.textAlign = "center";
    context.textBaseline = "middle";
    cells.forEach((weight, i) => {
      if (weight === UNSEEN) return;
      context.fillStyle = toCss(readableOn(scale[Math.round(255 * scalePosition(weight, largest))]));
      const x = left + ((i % columns) + 0.5) * cell;
      context.fillText(formatCell(weight), x - 0.5, top + (Math.floor(i / columns) + 0.5) * cell);
    });
  }
}
