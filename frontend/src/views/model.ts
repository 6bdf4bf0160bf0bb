import { element, pixelRatio, place } from "../drawing/dom.ts";
import { pool, shade } from "../drawing/heatmap.ts";
import { clamp, onKeys, onPointer } from "../drawing/interaction.ts";
import { LazyCanvases } from "../drawing/lazy.ts";
import { legend } from "../drawing/legend.ts";
import { Raster } from "../drawing/raster.ts";
import { formatValue } from "../scene/format.ts";
import type { Scene } from "../scene/scene.ts";
import { asColumns, type Selection, select } from "../scene/selection.ts";
import { oneHead } from "../scene/shown.ts";
import { tokenName } from "../scene/tokens.ts";
import type { State } from "../state.ts";
import { Bipartite } from "./bipartite/bipartite.ts";
import { largestDrawn, shadingOf } from "./shades.ts";
import type { Stage, View } from "./view.ts";

/** Up to here a thumbnail's lines are told apart. */
const MOST_TOKENS_AS_LINES = 48;
/** Weaker lines are not seen in a thumbnail. */
const FAINTEST = 0.01;
/** Room for the numbers of layers and heads, in CSS pixels. */
const MARGIN = 22;
const CELL = { least: 14, most: 72 };
/** Between thumbnails; less where there is little room. */
const GAP = { narrow: 2, wide: 4, wideFrom: 28 };

interface Place {
  readonly layer: number;
  readonly head: number;
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

class Grid {
  readonly #root = element("div", { class: "grid" });
  readonly #outline = element("div", { class: "outline" });
  readonly #note = element("p", { class: "note" });
  readonly #legend = element("div", { class: "legend" });
  readonly #rows: HTMLElement[] = [];
  readonly #canvases: LazyCanvases;
  readonly #selection: Selection;
  /** The same for heat maps. */
  readonly #columns: Selection;
  readonly #cell: number;
  readonly #gap: number;
  #drawn = "";
  #found: number | null = null;
  #at: Place | null = null;
  #open: Detail | null = null;

  constructor(private readonly stage: Stage) {
    const { scene, width, body, signal } = stage;
    this.#selection = select(scene, stage.state().filter);
    this.#columns = asColumns(this.#selection, scene);
    const room = (width - MARGIN) / scene.heads;
    this.#gap = room < GAP.wideFrom ? GAP.narrow : GAP.wide;
    this.#cell = Math.floor(Math.max(CELL.least, Math.min(CELL.most, room - this.#gap)));
    this.#canvases = new LazyCanvases(signal);
    const step = this.#cell + this.#gap;
    this.#root.style.setProperty("--cell", `${this.#cell}px`);
    this.#root.style.setProperty("--gap", `${this.#gap}px`);
    const heads = Array.from({ length: scene.heads }, (_, head) => element("span", {}, String(head)));
    this.#root.append(element("div", { class: "columns", "aria-hidden": "true" }, ...heads));
    for (const layer of scene.layers) {
      const canvas = element("canvas");
      this.#canvases.add(canvas, scene.heads * step, this.#cell, (context) => this.#paintRow(context, layer));
      const row = element("div", { class: "row" }, element("span", {}, String(layer)), canvas);
      this.#rows.push(row);
      this.#root.append(row);
    }
    place(this.#outline, { width: this.#cell, height: this.#cell });
    this.#outline.hidden = true;
    this.#root.append(this.#outline);
    body.append(element("div", { class: "scroll" }, this.#root), this.#note, this.#legend);
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
    const { thumbnails, head, layer } = this.stage.state();
    if (thumbnails !== this.#drawn) {
      this.#drawn = thumbnails;
      this.#note.textContent = this.#key();
      this.#canvases.repaint();
    }
    const { place } = this.#open ?? {};
    if (head === null) {
      this.#close();
      this.#markChosen();
    } else if (place?.layer !== layer || place.head !== head) this.#show({ layer, head });
    this.#open?.drawing.update();
    this.#showLook();
  }

  move(layers: number, heads: number): void {
    const { scene } = this.stage;
    const at = this.#at ?? this.#open?.place;
    const row = at ? clamp(scene.layers.indexOf(at.layer) + layers, scene.layers.length) : 0;
    this.point({ layer: scene.layers[row], head: at ? clamp(at.head + heads, scene.heads) : 0 });
    this.#outline.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Opens the head that is pointed at, or closes it. */
  press(): void {
    if (!this.#at) return;
    const { layer, head } = this.#at;
    const open = this.#open?.place;
    this.stage.change({ layer, head: open?.layer === layer && open.head === head ? null : head });
  }

  #hit({ target, clientX }: MouseEvent): Place | null {
    if (!(target instanceof HTMLCanvasElement)) return null;
    const layer = this.stage.scene.layers[this.#rows.indexOf(target.parentElement as HTMLElement)];
    const head = Math.floor((clientX - target.getBoundingClientRect().left) / (this.#cell + this.#gap));
    return layer !== undefined && head >= 0 && head < this.stage.scene.heads ? { layer, head } : null;
  }

  #row(layer: number): HTMLElement {
    return this.#rows[this.stage.scene.layers.indexOf(layer)];
  }

  point(at: Place | null): void {
    this.#at = at;
    this.stage.look(at && { ...at });
    this.#showLook();
  }

  /** The head that is pointed at in the drawing beside this one, if there is one here. */
  get #beside(): Place | null {
    const { layer, head } = this.stage.looked() ?? {};
    const { scene } = this.stage;
    if (layer === undefined || head == null) return null;
    return scene.layers.includes(layer) && head < scene.heads ? { layer, head } : null;
  }

  /** Outlines the head that is pointed at, here or beside, and tells of it. */
  #showLook(): void {
    const at = this.#at ?? this.#beside;
    this.#outline.hidden = !at;
    if (!at) {
      if (this.#open) this.#open.drawing.update();
      else this.stage.say(null);
      return;
    }
    const row = this.#row(at.layer);
    place(this.#outline, { left: MARGIN + at.head * (this.#cell + this.#gap), top: row.offsetTop });
    this.stage.say(this.#describe(at));
  }

  #describe({ layer, head }: Place): string {
    const { scene } = this.stage;
    const choice = oneHead(layer, head);
    const [{ data, parts, name }] = scene.shown(choice);
    const width = scene.key.length;
    const { query: queries, key: keys } = this.#selection;
    let best = { weight: -1, query: 0, key: 0 };
    for (const query of queries) {
      for (const key of keys) {
        const weight = Math.abs(data.weights[query * width + key]);
        if (weight > best.weight) best = { weight, query, key };
      }
    }
    const pair = `${tokenName(scene, "query", best.query)} → ${tokenName(scene, "key", best.key)}`;
    const value = formatValue([data.weights, ...parts].map((weights) => weights[best.query * width + best.key]));
    const most = scene.signed ? "largest difference" : "most";
    return `${scene.layerName(choice)} · ${name} · ${most}: ${pair} ${value}`;
  }

  /** How a thumbnail tells what has no weight from what has little. */
  #key(): string {
    const { scene, state } = this.stage;
    if (!scene.unseen || scene.signed) return "";
    const asLines = thumbnails(state(), scene) === "lines";
    return asLines ? `No line: ${scene.unseen}, or less than ${FAINTEST}.` : `Hatched: ${scene.unseen}.`;
  }

  #show(place: Place): void {
    this.#close();
    const { stage } = this;
    const { layer, head } = place;
    const closing = new AbortController();
    const { signal } = closing;
    stage.signal.addEventListener("abort", () => closing.abort(), { signal });
    const close = element("button", { type: "button", class: "close", "aria-label": "Close this head" }, "×");
    close.addEventListener("click", () => stage.change({ head: null }), { signal });
    const title = element("p", { class: "detail-title" }, `Layer ${layer} · head ${head}`, close);
    const detail = element("div", { class: "detail" }, title);
    for (const type of ["pointermove", "click"]) {
      detail.addEventListener(type, (event) => event.stopPropagation(), { signal });
    }
    detail.addEventListener("pointerenter", () => this.point(null), { signal });
    this.#row(layer).after(detail);
    const drawn = () => ({ ...oneHead(layer, head), colour: () => stage.theme.accent });
    const drawing = new Bipartite({ ...stage, signal }, drawn, detail);
    this.#mark(place, true);
    this.#open = { place, node: detail, drawing, close: () => closing.abort() };
  }

  #close(): void {
    if (!this.#open) return;
    this.#mark(this.#open.place, false);
    this.#open.close();
    this.#open.node.remove();
    this.#open = null;
  }

  #mark({ layer, head }: Place, open: boolean): void {
    const row = this.#row(layer);
    row.classList.toggle("open", open);
    row.style.setProperty("--open", String(head));
  }

  /** Marks the one head that other views show. */
  #markChosen(): void {
    const { layer, heads } = this.stage.state();
    for (const row of this.#rows) row.classList.remove("open");
    if (heads.length === 1 && this.stage.scene.heads > 1) this.#mark({ layer, head: heads[0] }, true);
  }

  #paintRow(context: CanvasRenderingContext2D, layer: number): void {
    const ratio = pixelRatio();
    const size = Math.round(this.#cell * ratio);
    const asLines = thumbnails(this.stage.state(), this.stage.scene) === "lines";
    const paint = asLines ? this.#lines(size, ratio) : this.#heatmap(size);
    for (let head = 0; head < this.stage.scene.heads; head++) {
      const x = head * (this.#cell + this.#gap);
      context.putImageData(new ImageData(paint({ layer, head }), size, size), Math.round(x * ratio), 0);
    }
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
    const { scene } = this.stage;
    const rows = Math.min(size, this.#columns.query.length);
    const columns = Math.min(size, this.#columns.key.length);
    return ({ layer, head }) => {
      const cells = pool(scene.head(layer, head), scene.key.length, this.#columns, rows, columns);
      const largest = scene.signed ? this.#largest : largestDrawn(this.stage, oneHead(layer, head));
      return shade(cells, rows, columns, size, size, 0, shadingOf(this.stage, largest));
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
