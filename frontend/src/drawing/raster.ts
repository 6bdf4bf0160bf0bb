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

export class Raster {
  /** Premultiplied red, green, blue, alpha; column-major, like all of it, for a curve's cuts are upright. */
  readonly #picture: Float32Array;
  readonly #rise: Float32Array;
  /** The column in which a curve has risen by `i / STEPS`. */
  readonly #column: Uint32Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.#picture = new Float32Array(width * height * 4);
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
    const { height } = this;
    const picture = this.#picture;
    const rise = this.#rise;
    const drop = to - from;
    const half = thickness / 2;
    const most = Math.min(1, thickness) * alpha;
    const [left, right] = this.#columns(from, drop, thickness + 1);
    for (let x = left; x < right; x++) {
      if (dash && x % (2 * dash) >= dash) continue;
      const slope = drop * (rise[x + 1] - rise[x]);
      const centre = from + drop * rise[x] + (slope - 1) / 2;
      // Half of the curve's upright cut through this column of pixels, and of its soft edge.
      const reach = half * Math.sqrt(1 + slope * slope) + 0.5;
      const first = Math.max(0, Math.ceil(centre - reach));
      const last = Math.min(height - 1, Math.floor(centre + reach));
      for (let y = first, at = (x * height + first) * 4; y <= last; y++, at += 4) {
        const ink = Math.min(most, (reach - Math.abs(y - centre)) * alpha);
        const rest = 1 - ink;
        picture[at] = red * ink + picture[at] * rest;
        picture[at + 1] = green * ink + picture[at + 1] * rest;
        picture[at + 2] = blue * ink + picture[at + 2] * rest;
        picture[at + 3] = ink + picture[at + 3] * rest;
      }
    }
  }

  /** The columns, the last exclusive, in which a curve may touch the raster. */
  #columns(from: number, drop: number, margin: number): [number, number] {
    if (Math.max(from, from + drop) < -margin || Math.min(from, from + drop) > this.height + margin) return [0, 0];
    if (Math.abs(drop) < 1) return [0, this.width];
    // A steep curve's cut is as high as its slope, twice the mean slope at most.
    const reach = margin * (1 + (2 * Math.abs(drop)) / this.width);
    const ends = [(-reach - from) / drop, (this.height + reach - from) / drop].sort((a, b) => a - b);
    const [first, last] = ends.map((rise) => Math.min(STEPS, Math.max(0, rise * STEPS)));
    return [this.#column[Math.floor(first)], this.#column[Math.ceil(last)] + 1];
  }

  /** The picture as `ImageData` takes it: row-major, not premultiplied. */
  bytes(): Uint8ClampedArray<ArrayBuffer> {
    const { width, height } = this;
    const picture = this.#picture;
    const bytes = new Uint8ClampedArray(width * height * 4);
    for (let x = 0, from = 0; x < width; x++) {
      for (let y = 0, to = x * 4; y < height; y++, from += 4, to += width * 4) {
        const alpha = picture[from + 3];
        if (alpha === 0) continue;
        bytes[to] = picture[from] / alpha;
        bytes[to + 1] = picture[from + 1] / alpha;
        bytes[to + 2] = picture[from + 2] / alpha;
        bytes[to + 3] = alpha * 255;
      }
    }
    return bytes;
  }

  /** Makes the raster blank again. */
  clear(): void {
    this.#picture.fill(0);
  }
}
