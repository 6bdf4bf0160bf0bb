/**
 * Lines → pixels. Thousands of faint, overlapping curves are drawn many times faster into an array than with canvas
 * strokes wherever the canvas has no GPU behind it.
 */

import type { Rgb } from "./colour.ts";

/** Slope with which a curve leaves its left end and arrives at its right one, so that neighbouring rows stay apart. */
export const LEVEL = 0.35;

function ease(t: number): number {
  return LEVEL * t + (1 - LEVEL) * t * t * (3 - 2 * t);
}

/** Steps in which a curve's columns are looked up by its height. */
const STEPS = 1024;
/** How many numbers a curve is kept as. */
const NUMBERS = 11;

export class Raster {
  readonly #rise: Float32Array;
  /** The column in which a curve has risen by `i / STEPS`. */
  readonly #column: Uint32Array;
  /** Of each curve eleven numbers, one after the other: objects take half as long again to draw. See `curve`. */
  #curves: number[] = [];

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.#rise = Float32Array.from({ length: width + 1 }, (_, x) => ease(x / width));
    this.#column = new Uint32Array(STEPS + 1);
    for (let step = 0, x = 0; step <= STEPS; step++) {
      while (x < width - 1 && this.#rise[x + 1] < step / STEPS) x++;
      this.#column[step] = x;
    }
  }

  /**
   * Draws a curve from `(0, from)` to `(width, to)`, lengths in pixels, over what is there.
   * @param dash Length of its dashes; 0 for none.
   */
  curve(from: number, to: number, thickness: number, [red, green, blue]: Rgb, alpha: number, dash = 0): void {
    const drop = to - from;
    const [left, right] = this.#columns(from, drop, thickness + 1);
    if (left === right) return;
    const most = Math.min(1, thickness) * alpha;
    this.#curves.push(left, right, from, drop, thickness / 2, most, alpha, dash, red, green, blue);
  }

  /** The columns, the last exclusive, in which a curve may touch the raster. */
  #columns(from: number, drop: number, margin: number): [number, number] {
    if (Math.max(from, from + drop) < -margin || Math.min(from, from + drop) > this.height + margin) return [0, 0];
    if (Math.abs(drop) < 1) return [0, this.width];
    // A steep curve's cut is as high as its slope, twice the mean slope at most.
    const reach = margin * (1 + (2 * Math.abs(drop)) / this.width);
    const enters = (drop > 0 ? -reach - from : this.height + reach - from) / drop;
    const leaves = (drop > 0 ? this.height + reach - from : -reach - from) / drop;
    const first = Math.floor(Math.max(0, enters) * STEPS);
    const last = Math.ceil(Math.min(1, leaves) * STEPS);
    return [this.#column[first], this.#column[last] + 1];
  }

  /** The picture as `ImageData` takes it: row-major, not premultiplied. */
  bytes(): Uint8ClampedArray<ArrayBuffer> {
    const { width, height } = this;
    const pixels = new Uint32Array(width * height);
    // Column by column, for a curve's cuts are upright: one column stays at hand while all curves cross it.
    const column = new Float64Array(height * 4);
    for (let x = 0; x < width; x++) {
      const [top, bottom] = this.#cut(x, column);
      for (let y = top, from = top * 4, to = top * width + x; y <= bottom; y++, from += 4, to += width) {
        const alpha = column[from + 3];
        if (alpha === 0) continue;
        const red = column[from] / alpha + 0.5;
        const green = column[from + 1] / alpha + 0.5;
        const blue = column[from + 2] / alpha + 0.5;
        // Alpha last, as all machines that show pages read four bytes.
        pixels[to] = ((alpha * 255 + 0.5) << 24) | (blue << 16) | (green << 8) | red;
      }
      column.fill(0, top * 4, (bottom + 1) * 4);
    }
    return new Uint8ClampedArray(pixels.buffer);
  }

  /** Draws what a column cuts of all curves: premultiplied red, green, blue, alpha. Returns the rows that have some. */
  #cut(x: number, column: Float64Array): [top: number, bottom: number] {
    const { height } = this;
    const curves = this.#curves;
    const risen = this.#rise[x];
    const rise = this.#rise[x + 1] - risen;
    let [top, bottom] = [height, -1];
    for (let i = 0; i < curves.length; i += NUMBERS) {
      if (x < curves[i] || x >= curves[i + 1]) continue;
      const dash = curves[i + 7];
      if (dash && (x / dash) & 1) continue;
      const slope = curves[i + 3] * rise;
      const centre = curves[i + 2] + curves[i + 3] * risen + (slope - 1) / 2;
      // Half of the curve's upright cut through this column of pixels, and of its soft edge.
      const reach = curves[i + 4] * Math.sqrt(1 + slope * slope) + 0.5;
      const most = curves[i + 5];
      const alpha = curves[i + 6];
      const red = curves[i + 8];
      const green = curves[i + 9];
      const blue = curves[i + 10];
      const first = Math.max(0, Math.ceil(centre - reach));
      const last = Math.min(height - 1, Math.floor(centre + reach));
      if (first < top) top = first;
      if (last > bottom) bottom = last;
      for (let y = first, at = first * 4; y <= last; y++, at += 4) {
        const ink = Math.min(most, (reach - Math.abs(y - centre)) * alpha);
        const rest = 1 - ink;
        column[at] = red * ink + column[at] * rest;
        column[at + 1] = green * ink + column[at + 1] * rest;
        column[at + 2] = blue * ink + column[at + 2] * rest;
        column[at + 3] = ink + column[at + 3] * rest;
      }
    }
    return [top, bottom];
  }

  /** Makes the raster blank again. */
  clear(): void {
    this.#curves = [];
  }
}
