/** Numbers → strips of cells and bars. */

import { signedPosition, toCss } from "../../drawing/colour.ts";
import { pixelRatio } from "../../drawing/dom.ts";
import { hatch } from "../../drawing/legend.ts";
import type { Theme } from "../../drawing/theme.ts";
import { formatAligned, formatShare, MASKED } from "../../scene/format.ts";
import type { Layout, Span } from "./layout.ts";
import type { Opened } from "./opened.ts";
import type { Shown } from "./table.ts";

/** Cells from this width on are set apart. */
const SPACED = 6;
/** How much of a strip is left where its key is masked. */
const MASKED_OPACITY = 0.3;
/** Room for a number, and between it and its bar. */
const NUMBER = 46;
const GAP = 7;
/** Height of a bar, and the place of its colour on the signed scale. */
const BAR = 8;
const BAR_INK = 0.45;

/** The colours of numbers of either sign. */
export class Ink {
  readonly #css: readonly string[];

  constructor(readonly theme: Theme) {
    this.#css = theme.signed.map((colour) => toCss(colour));
  }

  of(value: number, largest: number): string {
    const middle = (this.#css.length - 1) / 2;
    return this.#css[Math.round(middle * (1 + signedPosition(value, largest)))];
  }

  text(opacity = 1): string {
    return toCss(this.theme.ink, opacity);
  }
}

/** A row of cells, a neuron each, in the order that is shown. */
export function paintStrip(
  context: CanvasRenderingContext2D,
  numberOf: (neuron: number) => number,
  largest: number,
  order: readonly number[],
  { left, width, top, height }: Span & { readonly top: number; readonly height: number },
  ink: Ink,
): void {
  const ratio = pixelRatio();
  const snap = (x: number) => Math.round(x * ratio) / ratio;
  const cell = width / order.length;
  const gap = cell >= SPACED ? 1 : 0;
  order.forEach((neuron, i) => {
    const x = snap(left + i * cell);
    context.fillStyle = ink.of(numberOf(neuron), largest);
    context.fillRect(x, top, snap(left + (i + 1) * cell) - x - gap, height);
  });
}

interface Range {
  readonly least: number;
  readonly most: number;
}

/** Where colours end, at the head's largest numbers, and bars, at the query's. */
export interface Ends {
  readonly query: number;
  readonly key: number;
  readonly product: number;
  readonly score: Range;
  readonly bias: number;
  readonly weight: Range;
}

export function endsOf({ numbers: { queries, keys, size }, row }: Opened): Ends {
  const most = (vectors: Float32Array) => {
    const ends = new Float64Array(size);
    vectors.forEach((value, i) => {
      ends[i % size] = Math.max(ends[i % size], Math.abs(value));
    });
    return ends;
  };
  const [query, key] = [most(queries), most(keys)];
  const isSeen = (_: number, i: number) => row.scores[i] > Number.NEGATIVE_INFINITY;
  const seen = row.capped.filter(isSeen);
  const biases = row.scores.filter(isSeen).map((score, i) => Math.abs(score - seen[i]));
  return {
    query: Math.max(...query),
    key: Math.max(...key),
    product: Math.max(...query.map((end, neuron) => end * key[neuron])),
    score: { least: Math.min(0, ...seen), most: Math.max(0, ...seen) },
    bias: Math.max(0, ...biases),
    weight: { least: 0, most: Math.max(...row.weights) },
  };
}

/** A key's row, from `top` on: its strips, and what comes of them. */
export function paintRow(
  context: CanvasRenderingContext2D,
  { opened, order, ends }: Shown,
  at: number,
  /** Whether the row is named where it is masked; rows after such a one are not. */
  isNamed: boolean,
  layout: Layout,
  top: number,
  ink: Ink,
): void {
  const { vector: query, row } = opened;
  const key = opened.keyVector(at);
  const masked = opened.isMasked(at);
  const place = (band: Layout["key"]) => ({ ...band, top: top + band.top });
  const middle = top + layout.line;
  if (masked) context.globalAlpha = MASKED_OPACITY;
  paintStrip(context, (neuron) => key[neuron], ends.key, order, place(layout.key), ink);
  context.globalAlpha = 1;
  if (masked) {
    hatch(context, place(layout.product), ink.theme.ink);
    context.textAlign = "left";
    context.fillStyle = toCss(ink.theme.muted);
    if (isNamed) context.fillText(MASKED, layout.score.left, middle);
    return;
  }
  paintStrip(context, (neuron) => query[neuron] * key[neuron], ends.product, order, place(layout.product), ink);
  const [score, weight] = [row.capped[at], row.weights[at]];
  const colour = ink.of(Math.sign(score) * BAR_INK, 1);
  const largest = Math.max(-ends.score.least, ends.score.most);
  paintBar(context, formatAligned(score, largest), score, ends.score, layout.score, middle, colour, ink);
  if (layout.bias) {
    const right = layout.bias.left + layout.bias.width;
    paintNumber(context, formatAligned(row.scores[at] - score, ends.bias), right, middle, ink);
  }
  paintBar(context, formatShare(weight), weight, ends.weight, layout.weight, middle, toCss(ink.theme.accent), ink);
}

/** A number, and a bar from zero to the left or to the right. */
function paintBar(
  context: CanvasRenderingContext2D,
  text: string,
  value: number,
  { least, most }: Range,
  { left, width }: Span,
  middle: number,
  colour: string,
  ink: Ink,
): void {
  const unit = (width - NUMBER) / (most - least || 1);
  const zero = left + NUMBER - least * unit;
  paintNumber(context, text, left + NUMBER - GAP, middle, ink);
  context.fillStyle = colour;
  context.fillRect(zero, middle - BAR / 2, value * unit, BAR);
  context.fillStyle = ink.text(0.4);
  context.fillRect(zero - 0.5, middle - BAR / 2 - 2, 1, BAR + 4);
}

function paintNumber(context: CanvasRenderingContext2D, text: string, right: number, middle: number, ink: Ink): void {
  context.textAlign = "right";
  context.fillStyle = ink.text();
  context.fillText(text, right, middle + 0.5);
}
