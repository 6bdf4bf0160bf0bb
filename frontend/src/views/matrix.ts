import { readableOn, toCss } from "../drawing/colour.ts";
import { isRecorder } from "../drawing/curves.ts";
import { element, paint, pixelRatio, place } from "../drawing/dom.ts";
import { BLANK, colourOf, pool, type Shading, shade, UNSEEN } from "../drawing/heatmap.ts";
import { clamp, onKeys, onPointer } from "../drawing/interaction.ts";
import { fontOf } from "../drawing/labels.ts";
import { legend } from "../drawing/legend.ts";
import { formatCell, formatValue } from "../scene/format.ts";
import { asColumns, type Selection, select } from "../scene/selection.ts";
import { choiceOf as asChosen, type Choice, joinsHeads, joinsLayers, nameOf, type Shown } from "../scene/shown.ts";
import { labelOf, SIDES, type Side, tokenName } from "../scene/tokens.ts";
import { asPins, listOf, type Pins, type State, shownHead } from "../state.ts";
import { paintLabels, paintSpeakers } from "./matrix/labels.ts";
import { type Layout, layOut, PAD, SPACED, SPARE } from "./matrix/layout.ts";
import { statisticsLine } from "./measured.ts";
import { largestDrawn, shadingOf } from "./shades.ts";
import type { Stage, View } from "./view.ts";
import { WALK, walk } from "./walk.ts";

/** Cells from this size on show their value. */
const VALUED = 28;
const FONT = 12;
/** A picture of more cells than this has them as pixels. */
const MOST_SHAPES = 64 ** 2;

/** A row and a column. */
type Cell = { readonly [side in Side]: number };

/** One head as a matrix: a row for each query, a column for each key. */
export const matrixView: View = {
  name: "matrix",
  title: "Matrix",
  hint: "Rows are queries, columns keys; point at a cell for its weight, click to pin it.",
  description: `Arrow keys choose a cell, Enter pins it, Shift with Enter adds it, Escape lets go. ${WALK}`,
  heads: "one",
  hasLayer: (state) => !joinsLayers(state),
  shows: choiceOf,
  own: {
    field: "scale",
    label: "Scale",
    options: { head: "to largest", full: "to 1" },
    isOffered: (_, { signed }) => !signed,
    value: ({ scale }) => scale,
  },

  mount(stage) {
    const matrix = new Matrix(stage);
    onKeys(stage, {
      move: (rows, columns) => matrix.move(rows, columns),
      press: (add) => matrix.press(add),
      cancel: () => stage.change({ query: null, key: null }),
      leave: () => matrix.point(null),
      ...walk(stage, () => shownHead(stage.state())),
    });
    return () => matrix.update();
  },
};

/** One head, or what several come to. */
function choiceOf(state: State): Choice {
  const heads = joinsHeads(state) && state.heads.length ? state.heads : [shownHead(state)];
  return { ...asChosen(state), heads };
}

class Matrix {
  readonly #root = element("div", { class: "matrix" });
  readonly #canvas = element("canvas");
  /** Bands and labels of the rows and columns that are looked at. */
  readonly #marks = element("div", {});
  readonly #legend = element("div", { class: "legend" });
  readonly #tellStatistics: (choice: Choice) => void;
  readonly #selection: Selection;
  readonly #layout: Layout;
  #shown!: Shown;
  #at: Cell | null = null;
  #drawn = "";

  constructor(private readonly stage: Stage) {
    const { body, signal, scene } = stage;
    this.#selection = asColumns(select(scene, stage.state().filter), scene);
    this.#root.append(this.#canvas, this.#marks);
    body.append(element("div", { class: "scroll" }, this.#root, this.#legend));
    this.#tellStatistics = statisticsLine(stage, body);
    this.#layout = layOut(scene, this.#selection, stage.width, this.#root);
    const { width, height, left, label } = this.#layout;
    place(this.#root, { width, height, "--longest": label + SPARE });
    place(this.#canvas, { width, height });
    place(this.#legend, { width }).style.paddingLeft = `${left}px`;
    onPointer<Cell>(this.#root, signal, {
      hit: (event) => this.#hit(event),
      point: (cell) => this.point(cell),
      press: (add) => this.press(add),
    });
  }

  update(): void {
    const choice = this.#choice;
    const wanted = `${nameOf(choice)}:${this.stage.state().scale}`;
    if (wanted !== this.#drawn) {
      this.#drawn = wanted;
      this.#shown = this.stage.scene.shown(choice)[0];
      this.#paint();
      this.#tellStatistics(choice);
    }
    this.#showLook();
  }

  move(rows: number, columns: number): void {
    const [query, key] = SIDES.map((side) => this.#at?.[side] ?? this.#rows(this.stage.state())[side][0]);
    this.point({
      query: clamp((query ?? -Math.max(0, rows)) + rows, this.#selection.query.length),
      key: clamp((key ?? -Math.max(0, columns)) + columns, this.#selection.key.length),
    });
    for (const mark of this.#marks.children) mark.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  press(withKey: boolean): void {
    const look = this.#look;
    if (!look) return;
    const add = withKey || this.stage.adds();
    const { query, key } = this.stage.state();
    const isPinned = listOf(query).includes(look.query) && listOf(key).includes(look.key);
    const before = (pins: Pins) => (add ? listOf(pins) : []);
    if (isPinned && !add) this.stage.change({ query: null, key: null });
    else this.stage.change({ query: asPins([...before(query), look.query]), key: asPins([...before(key), look.key]) });
  }

  point(cell: Cell | null): void {
    this.#at = cell;
    this.stage.look(this.#look);
    this.#showLook();
  }

  /** The tokens that are pointed at. */
  get #look(): Cell | null {
    if (!this.#at) return null;
    const [query, key] = SIDES.map((side) => this.#selection[side][this.#at?.[side] ?? 0]);
    return { query, key };
  }

  /** Crosshair and labels on the cell that is looked at, here or beside, or else on what is pinned. */
  #showLook(): void {
    const at = this.#rows({ ...this.stage.state(), ...(this.#look ?? this.stage.looked()) });
    this.#marks.replaceChildren(...SIDES.flatMap((side) => at[side].flatMap((i) => this.#mark(side, i))));
    this.stage.say(this.#describe(at));
  }

  /** A band over a row or a column, and its label. */
  #mark(side: Side, i: number): HTMLElement[] {
    const { left, top, width, height, cell, mirrored } = this.#layout;
    const { query, key } = this.#selection;
    const band = element("div", { class: "band" });
    const label = element("div", { class: `label ${side}` }, labelOf(this.stage.scene[side][this.#selection[side][i]]));
    if (side === "query") {
      place(band, { left, top: top + i * cell, width: key.length * cell, height: cell });
      const edge = mirrored ? { left: left + key.length * cell + PAD } : { right: width - left + PAD };
      place(label, { top: top + (i + 0.5) * cell, ...edge });
    } else {
      place(band, { left: left + i * cell, top, width: cell, height: query.length * cell });
      place(label, { left: left + (i + 0.5) * cell, bottom: height - top + PAD });
    }
    return [band, label];
  }

  get #choice(): Choice {
    return choiceOf(this.stage.state());
  }

  #hit({ clientX, clientY }: MouseEvent): Cell | null {
    const { left, top, cell } = this.#layout;
    const box = this.#root.getBoundingClientRect();
    const query = Math.floor((clientY - box.top - top) / cell);
    const key = Math.floor((clientX - box.left - left) / cell);
    const inside = (i: number, side: Side) => i >= 0 && i < this.#selection[side].length;
    return inside(query, "query") && inside(key, "key") ? { query, key } : null;
  }

  /** Rows and columns of tokens. */
  #rows(tokens: Pick<State, Side>): Selection {
    const rows = (side: Side) =>
      listOf(tokens[side]).flatMap((token) => {
        const i = this.#selection[side].indexOf(token);
        return i < 0 ? [] : [i];
      });
    return { query: rows("query"), key: rows("key") };
  }

  #describe(at: Selection): string | null {
    if (!at.query.length || !at.key.length) return null;
    const { scene } = this.stage;
    const { data, whole, parts, name } = this.#shown;
    const tokens = (side: Side) => at[side].map((i) => this.#selection[side][i]);
    const names = SIDES.map((side) =>
      tokens(side)
        .map((i) => tokenName(scene, side, i))
        .join(" + "),
    );
    const pairs = tokens("query").flatMap((query) => tokens("key").map((key) => query * scene.key.length + key));
    const sum = (weights: Float32Array) => pairs.reduce((sum, i) => sum + weights[i], 0);
    const isUnseen = pairs.every((i) => data.masked?.[i]);
    const weight = formatValue([whole ?? data.weights, ...parts].map(sum));
    const said = pairs.length > 1 ? `${weight} in sum` : whole && !sum(data.weights) ? `${weight}, hidden` : weight;
    const value = isUnseen ? scene.why({ query: tokens("query"), key: tokens("key") }) : said;
    return `${scene.layerName(this.#choice)} · ${name} · ${names.join(" → ")} ${value}`;
  }

  #paint(): void {
    const { width, height, cell } = this.#layout;
    const { scene, scenes, theme, state } = this.stage;
    const { query, key } = this.#selection;
    const cells = pool(this.#shown.data, scene.key.length, this.#selection, query.length, key.length);
    const full = state().scale === "full";
    const shading = shadingOf(this.stage, full ? 1 : largestDrawn(this.stage, this.#choice));
    paint(this.#canvas, width, height, (context) => {
      this.#paintCells(context, cells, shading);
      context.font = fontOf(this.#root, FONT);
      paintLabels(context, this.#layout, scene, this.#selection, theme);
      context.font = fontOf(this.#root, 11);
      paintSpeakers(context, this.#layout, scene, this.#selection, theme);
      if (cell >= VALUED) this.#paintValues(context, cells, shading);
    });
    this.#legend.replaceChildren(
      ...legend(
        shading,
        `square-root scale, ${full ? "the same for all heads" : `of ${scenes.length > 1 ? "both" : this.#shown.head === null ? "this picture" : "this head"}`}`,
        cells.includes(UNSEEN) ? scene.unseen : null,
        scene.signed,
      ),
    );
  }

  #paintCells(context: CanvasRenderingContext2D, cells: Float32Array, shading: Shading): void {
    const { left, top, cell } = this.#layout;
    const { query, key } = this.#selection;
    const ratio = pixelRatio();
    const [width, height] = [key.length * cell * ratio, query.length * cell * ratio].map(Math.round);
    const gap = cell >= SPACED ? 1 : 0;
    const asShapes = isRecorder(context) && cells.length <= MOST_SHAPES;
    if (asShapes) {
      cells.forEach((weight, i) => {
        if (weight === UNSEEN) return;
        const [row, column] = [Math.floor(i / key.length), i % key.length];
        context.fillStyle = toCss(colourOf(shading, weight));
        context.fillRect(left + column * cell, top + row * cell, cell - gap, cell - gap);
      });
      if (!cells.includes(UNSEEN)) return;
    }
    const inImage = asShapes ? cells.map((weight) => (weight === UNSEEN ? weight : BLANK)) : cells;
    const bytes = shade(inImage, query.length, key.length, width, height, gap, shading);
    context.putImageData(new ImageData(bytes, width, height), Math.round(left * ratio), Math.round(top * ratio));
  }

  #paintValues(context: CanvasRenderingContext2D, cells: Float32Array, shading: Shading): void {
    const { left, top, cell } = this.#layout;
    const columns = this.#selection.key.length;
    context.font = fontOf(this.#root, 11);
    context.textAlign = "center";
    context.textBaseline = "middle";
    cells.forEach((weight, i) => {
      if (weight === UNSEEN) return;
      context.fillStyle = toCss(readableOn(colourOf(shading, weight)));
      const x = left + ((i % columns) + 0.5) * cell;
      context.fillText(
        formatCell(weight, this.stage.scene.signed !== null),
        x - 0.5,
        top + (Math.floor(i / columns) + 0.5) * cell,
      );
    });
  }
}
