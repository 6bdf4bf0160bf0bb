import { element, pixelRatio, place } from "../drawing/dom.ts";
import { pool, shade } from "../drawing/heatmap.ts";
import { whenIdle } from "../drawing/idle.ts";
import { clamp, onKeys, onPointer } from "../drawing/interaction.ts";
import { LazyCanvases } from "../drawing/lazy.ts";
import { legend } from "../drawing/legend.ts";
import { Raster } from "../drawing/raster.ts";
import type { Statistic } from "../exhibit/statistics.ts";
import { FLOOR, formatValue } from "../scene/format.ts";
import { formatStatistic, type Place, ranked } from "../scene/ranking.ts";
import type { Scene } from "../scene/scene.ts";
import { asColumns, type Selection, select, strongestPair } from "../scene/selection.ts";
import { oneHead } from "../scene/shown.ts";
import { tokenName } from "../scene/tokens.ts";
import type { State } from "../state.ts";
import { Bipartite } from "./bipartite/bipartite.ts";
import { measure, rankedBy } from "./measured.ts";
import { largestDrawn, shadingOf } from "./shades.ts";
import type { Stage, View } from "./view.ts";

/** Up to here a thumbnail's lines are told apart. */
const MOST_TOKENS_AS_LINES = 48;
/** Weaker lines are not seen in a thumbnail. */
const FAINTEST = 0.01;
/** Room for the numbers of layers and heads, in CSS pixels. */
const MARGIN = 22;
const CELL = { least: 14, most: 72 };
/** Of a head in a ranking; less where there are many. */
const RANKED = { few: 48, many: 32, manyFrom: 300 };
/** How heads are arranged while their order is not known. */
const UNKNOWN = "unknown";
/** Between thumbnails; less where there is little room. */
const GAP = { narrow: 2, wide: 4, wideFrom: 28 };

/** Thumbnails beside one another: those of a layer, or some of a ranking. */
interface Row {
  readonly heads: readonly Place[];
  readonly node: HTMLElement;
}

/** A head in large, below its row. */
interface Detail {
  readonly place: Place;
  readonly node: HTMLElement;
  readonly drawing: Bipartite;
  close(): void;
}

/** All layers and heads at once; one of them opens. */
export const modelView: View = {
  name: "model",
  title: "Model",
  hint: "Each thumbnail is a head; click one to open it.",
  description: "All layers and heads. Arrow keys choose a head, Enter opens or closes it, Escape closes it.",
  heads: "none",
  hasLayer: (state) => state.head !== null,
  ranks: true,
  own: {
    field: "thumbnails",
    label: "Heads as",
    options: { lines: "lines", heatmap: "heat map" },
    isOffered: (_, { signed }) => !signed,
    value: (state, scene) => thumbnails(state, scene),
  },

  mount(stage) {
    const grid = new Grid(stage);
    onKeys(stage, {
      move: (layers, heads) => grid.move(layers, heads),
      press: () => grid.press(),
      cancel: () => stage.change({ head: null }),
      leave: () => grid.point(null),
    });
    return () => grid.update();
  },
};

function thumbnails({ thumbnails, filter }: State, scene: Scene): "lines" | "heatmap" {
  if (scene.signed) return "heatmap";
  if (thumbnails !== "auto") return thumbnails;
  const { query, key } = select(scene, filter);
  return Math.max(query.length, key.length) <= MOST_TOKENS_AS_LINES ? "lines" : "heatmap";
}

const isSame = (one: Place | null | undefined, other: Place): boolean =>
  one?.layer === other.layer && one.head === other.head;

class Grid {
  readonly #root = element("div", { class: "grid" });
  readonly #outline = element("div", { class: "outline" });
  readonly #count = element("p", { class: "count" });
  readonly #note = element("p", { class: "note" });
  readonly #legend = element("div", { class: "legend" });
  readonly #heads: readonly Place[];
  readonly #canvases: LazyCanvases;
  readonly #selection: Selection;
  /** The same for heat maps. */
  readonly #columns: Selection;
  #rows: Row[] = [];
  #cell = 0;
  #gap = 0;
  #margin = 0;
  /** How many heads are measured. */
  #known = 0;
  /** What the rows and what the thumbnails were made for. */
  #arranged: string | null = null;
  #drawn = "";
  #found: number | null = null;
  #at: Place | null = null;
  #open: Detail | null = null;
  /** The head that is pointed at, ready to be opened. */
  #ready: Detail | null = null;
  readonly #prepare = () => {
    if (this.#at && !isSame(this.#open?.place, this.#at)) this.#detailOf(this.#at).drawing.draw();
  };

  constructor(private readonly stage: Stage) {
    const { scene, body, signal } = stage;
    this.#selection = select(scene, stage.state().filter);
    this.#columns = asColumns(this.#selection, scene);
    this.#canvases = new LazyCanvases(signal);
    this.#heads = scene.layers.flatMap((layer) => Array.from({ length: scene.heads }, (_, head) => ({ layer, head })));
    this.#outline.hidden = true;
    body.append(this.#count, element("div", { class: "scroll" }, this.#root), this.#note, this.#legend);
    if (scene.signed) {
      const words = "square-root scale, the same for all heads";
      this.#legend.append(...legend(shadingOf(stage, this.#largest), words, scene.unseen, scene.signed));
    }
    onPointer<Place>(body, signal, {
      hit: (event) => this.#hit(event),
      point: (place) => this.point(place),
      press: () => this.press(),
    });
  }

  update(): void {
    const { thumbnails, head, layer, least } = this.stage.state();
    const by = rankedBy(this.stage.state(), this.stage.scene);
    if (by && !this.#known) this.#measure();
    const isKnown = this.#known === this.#heads.length;
    // While heads are measured, what is there stays; a grid would be of another height than the ranking.
    const wanted = by ? (isKnown ? `${by}:${least}` : (this.#arranged ?? UNKNOWN)) : "";
    if (wanted !== this.#arranged) {
      this.#arranged = wanted;
      this.#close();
      this.#canvases.clear();
      this.#rows = [];
      if (by && isKnown) this.#rank(by, least);
      else if (!by) this.#lay();
      this.#drawn = "";
    }
    if (thumbnails !== this.#drawn) {
      this.#drawn = thumbnails;
      this.#canvases.repaint();
    }
    this.#count.textContent = by && this.#ranking(by, least);
    this.#note.textContent = this.#key();
    if (head === null) {
      this.#close();
      this.#markChosen();
    } else if (!isSame(this.#open?.place, { layer, head })) this.#show({ layer, head });
    this.#open?.drawing.update();
    this.#showLook();
  }

  #measure(): void {
    let isLater = false;
    measure(this.stage.scene.attention, this.#heads, this.stage.signal, (known) => {
      this.#known = known;
      if (isLater) this.update();
    });
    isLater = true;
  }

  /** A row for each layer. */
  #lay(): void {
    const { scene, width } = this.stage;
    const room = (width - MARGIN) / scene.heads;
    const gap = room < GAP.wideFrom ? GAP.narrow : GAP.wide;
    this.#size(Math.floor(Math.max(CELL.least, Math.min(CELL.most, room - gap))), gap, MARGIN);
    const numbers = Array.from({ length: scene.heads }, (_, head) => element("span", {}, String(head)));
    this.#root.replaceChildren(element("div", { class: "columns", "aria-hidden": "true" }, ...numbers));
    scene.layers.forEach((layer, i) => {
      const heads = this.#heads.slice(i * scene.heads, (i + 1) * scene.heads);
      this.#add(heads, (canvas) => [element("span", {}, String(layer)), canvas]);
    });
    this.#root.append(this.#outline);
  }

  /** The heads in the order of a statistic, as many beside one another as there is room for. */
  #rank(by: Statistic, least: number | null): void {
    const heads = ranked(this.#heads, (place) => this.#valueOf(place, by), least);
    this.#size(this.#heads.length < RANKED.manyFrom ? RANKED.few : RANKED.many, GAP.wide, 0);
    const columns = Math.floor(this.stage.width / (this.#cell + this.#gap));
    this.#root.replaceChildren();
    for (let first = 0; first < heads.length; first += columns) {
      const row = heads.slice(first, first + columns);
      const names = row.map((place) => {
        const value = formatStatistic(by, this.#valueOf(place, by));
        return element("span", {}, `${place.layer}.${place.head}\n${value}`);
      });
      this.#add(row, (canvas) => [canvas, element("div", { class: "columns" }, ...names)]);
    }
    this.#root.append(this.#outline);
  }

  #size(cell: number, gap: number, margin: number): void {
    this.#cell = cell;
    this.#gap = gap;
    this.#margin = margin;
    place(this.stage.body, { "--cell": cell, "--gap": gap, "--margin": margin });
    place(this.#outline, { width: cell, height: cell });
  }

  #add(heads: readonly Place[], around: (canvas: HTMLElement) => HTMLElement[]): void {
    const canvas = element("canvas");
    const width = heads.length * (this.#cell + this.#gap);
    this.#canvases.add(canvas, width, this.#cell, (context) => this.#paintRow(context, heads));
    const node = element("div", { class: this.#margin ? "row" : "row ranked" }, ...around(canvas));
    this.#rows.push({ heads, node });
    this.#root.append(node);
  }

  #valueOf({ layer, head }: Place, by: Statistic): number {
    return this.stage.scene.attention.statistics(layer, head)[by] ?? 0;
  }

  /** How many heads there are in the ranking, and of what. */
  #ranking(by: Statistic, least: number | null): string {
    const all = this.#heads.length;
    if (this.#known < all) return `Measuring heads: ${this.#known} of ${all}.`;
    const shown = this.#rows.reduce((count, { heads }) => count + heads.length, 0);
    const atLeast = `have ${by} ≥ ${(least ?? 0).toFixed(2)}`;
    return `${least === null ? `All ${all} heads` : `${shown} of ${all} heads ${atLeast}`}, largest first.`;
  }

  move(rows: number, columns: number): void {
    const found = this.#find(this.#at ?? this.#open?.place);
    const row = this.#rows[found ? clamp(found.row + rows, this.#rows.length) : 0];
    if (!row) return;
    this.point(row.heads[found ? clamp(found.column + columns, row.heads.length) : 0]);
    this.#outline.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Opens the head that is pointed at, or closes it. */
  press(): void {
    if (!this.#at) return;
    const { layer, head } = this.#at;
    this.stage.change({ layer, head: isSame(this.#open?.place, this.#at) ? null : head });
  }

  #hit({ target, clientX }: MouseEvent): Place | null {
    if (!(target instanceof HTMLCanvasElement)) return null;
    const row = this.#rows.find(({ node }) => node === target.parentElement);
    return row?.heads[Math.floor((clientX - target.getBoundingClientRect().left) / (this.#cell + this.#gap))] ?? null;
  }

  /** Where a head is; null for one that is left out. */
  #find(place?: Place | null): { readonly row: number; readonly column: number } | null {
    const isIt = (other: Place) => isSame(place, other);
    const row = this.#rows.findIndex(({ heads }) => heads.some(isIt));
    return row < 0 ? null : { row, column: this.#rows[row].heads.findIndex(isIt) };
  }

  point(at: Place | null): void {
    this.#at = at;
    this.stage.look(at && { ...at });
    this.#showLook();
    if (at) whenIdle(this.#prepare, this.stage.signal);
  }

  /** The head that is pointed at in the drawing beside this one. */
  get #beside(): Place | null {
    const { layer, head } = this.stage.looked() ?? {};
    return layer === undefined || head == null ? null : { layer, head };
  }

  /** Outlines the head that is pointed at, here or beside, and tells of it. */
  #showLook(): void {
    const at = this.#at ?? this.#beside;
    const found = this.#find(at);
    this.#outline.hidden = !found;
    if (!at || !found) {
      if (this.#open) this.#open.drawing.update();
      else this.stage.say(null);
      return;
    }
    const left = this.#margin + found.column * (this.#cell + this.#gap);
    place(this.#outline, { left, top: this.#rows[found.row].node.offsetTop });
    this.stage.say(this.#describe(at));
  }

  #describe({ layer, head }: Place): string {
    const { scene } = this.stage;
    const choice = oneHead(layer, head);
    const [{ data, parts, name }] = scene.shown(choice);
    const width = scene.key.length;
    const best = strongestPair(this.#selection, data.weights, width);
    const pair = `${tokenName(scene, "query", best.query)} → ${tokenName(scene, "key", best.key)}`;
    const by = rankedBy(this.stage.state(), scene);
    const ranking = by ? ` · ${by} ${formatStatistic(by, this.#valueOf({ layer, head }, by))}` : "";
    const value = formatValue([data.weights, ...parts].map((weights) => weights[best.query * width + best.key]));
    const most = scene.signed ? "largest difference" : "most";
    return `${scene.layerName(choice)} · ${name}${ranking} · ${most}: ${pair} ${value}`;
  }

  /** How a thumbnail tells what has no weight from what has little. */
  #key(): string {
    const { scene, state } = this.stage;
    if (!scene.unseen || scene.signed) return "";
    const asLines = thumbnails(state(), scene) === "lines";
    return asLines ? `No line: ${scene.unseen}, or less than ${FAINTEST}.` : `Hatched: ${scene.unseen}.`;
  }

  #show(at: Place): void {
    this.#close();
    const detail = this.#detailOf(at);
    this.#ready = null;
    const found = this.#find(at);
    if (found) this.#rows[found.row].node.after(detail.node);
    else this.#root.prepend(detail.node);
    this.#mark(at);
    this.#open = detail;
  }

  /** The one that is ready, or another in its place. */
  #detailOf(at: Place): Detail {
    if (this.#ready && isSame(this.#ready.place, at)) return this.#ready;
    this.#ready?.close();
    this.#ready = this.#make(at);
    return this.#ready;
  }

  #make(at: Place): Detail {
    const { stage } = this;
    const { layer, head } = at;
    const closing = new AbortController();
    const { signal } = closing;
    stage.signal.addEventListener("abort", () => closing.abort(), { signal });
    const close = element("button", { type: "button", class: "close", "aria-label": "Close this head" }, "×");
    close.addEventListener("click", () => stage.change({ head: null }), { signal });
    const title = element("p", { class: "detail-title" }, `Layer ${layer} · head ${head}`, close);
    const node = place(element("div", { class: "detail" }, title), { width: stage.width });
    for (const type of ["pointermove", "click"]) {
      node.addEventListener(type, (event) => event.stopPropagation(), { signal });
    }
    node.addEventListener("pointerenter", () => this.point(null), { signal });
    const drawn = () => ({ ...oneHead(layer, head), colour: () => stage.theme.accent });
    const drawing = new Bipartite({ ...stage, signal }, drawn, node);
    return { place: at, node, drawing, close: () => closing.abort() };
  }

  #close(): void {
    this.#mark(null);
    this.#open?.close();
    this.#open?.node.remove();
    this.#open = null;
  }

  #mark(place: Place | null): void {
    for (const { node } of this.#rows) node.classList.remove("open");
    const found = this.#find(place);
    if (!found) return;
    const { node } = this.#rows[found.row];
    node.classList.add("open");
    node.style.setProperty("--open", String(found.column));
  }

  /** Marks the one head that other views show. */
  #markChosen(): void {
    const { layer, heads } = this.stage.state();
    if (heads.length === 1 && this.stage.scene.heads > 1) this.#mark({ layer, head: heads[0] });
  }

  #paintRow(context: CanvasRenderingContext2D, heads: readonly Place[]): void {
    const ratio = pixelRatio();
    const size = Math.round(this.#cell * ratio);
    const asLines = thumbnails(this.stage.state(), this.stage.scene) === "lines";
    const paint = asLines ? this.#lines(size, ratio) : this.#heatmap(size);
    heads.forEach((place, i) => {
      const x = i * (this.#cell + this.#gap);
      context.putImageData(new ImageData(paint(place), size, size), Math.round(x * ratio), 0);
    });
  }

  #lines(size: number, ratio: number): (place: Place) => Uint8ClampedArray<ArrayBuffer> {
    const { scene, theme } = this.stage;
    const { query: queries, key: keys } = this.#selection;
    const raster = new Raster(size, size);
    const row = (index: number, count: number) => ((index + 0.5) * size) / count;
    return ({ layer, head }) => {
      const { weights } = scene.head(layer, head);
      raster.clear();
      queries.forEach((query, q) => {
        const start = query * scene.key.length;
        keys.forEach((key, k) => {
          const weight = weights[start + key];
          if (weight < FAINTEST) return;
          raster.curve(row(q, queries.length), row(k, keys.length), ratio, theme.accent, weight);
        });
      });
      return raster.bytes();
    };
  }

  #heatmap(size: number): (place: Place) => Uint8ClampedArray<ArrayBuffer> {
    const { scene, scenes } = this.stage;
    const rows = Math.min(size, this.#columns.query.length);
    const columns = Math.min(size, this.#columns.key.length);
    const largest = (layer: number, head: number, cells: Float32Array) => {
      if (scene.signed) return this.#largest;
      if (scenes.length > 1) return largestDrawn(this.stage, oneHead(layer, head));
      return cells.reduce((most, weight) => Math.max(most, weight), FLOOR);
    };
    return ({ layer, head }) => {
      const cells = pool(scene.head(layer, head), scene.key.length, this.#columns, rows, columns);
      return shade(cells, rows, columns, size, size, 0, shadingOf(this.stage, largest(layer, head, cells)));
    };
  }

  /** Of all heads. */
  get #largest(): number {
    const { scene } = this.stage;
    const heads = [...Array(scene.heads).keys()];
    this.#found ??= Math.max(...scene.layers.map((layer) => largestDrawn(this.stage, { ...oneHead(layer, 0), heads })));
    return this.#found;
  }
}
