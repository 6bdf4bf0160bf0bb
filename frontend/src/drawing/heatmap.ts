/** Weights → shaded cells, for a matrix as for a thumbnail. */

import type { Head } from "../exhibit/track.ts";
import type { Selection } from "../scene/selection.ts";
import { type Rgb, scalePosition } from "./colour.ts";

/** In a pooled grid: no query of the cell may see any of its keys. */
export const UNSEEN = -1;

/**
 * The shown part of a head as `rows × columns` cells, each the largest weight of the tokens that fall into it, so
 * that a narrow diagonal survives being made small. `UNSEEN` where all of them are masked.
 */
export function pool(
  { weights, masked }: Head,
  keyCount: number,
  { query: queries, key: keys }: Selection,
  rows: number,
  columns: number,
): Float32Array {
  const cells = new Float32Array(rows * columns).fill(UNSEEN);
  const column = Uint32Array.from(keys, (_, i) => Math.floor((i * columns) / keys.length));
  for (let q = 0; q < queries.length; q++) {
    const row = Math.floor((q * rows) / queries.length) * columns;
    const start = queries[q] * keyCount;
    for (let k = 0; k < keys.length; k++) {
      const at = start + keys[k];
      const cell = row + column[k];
      if (weights[at] > cells[cell] && !masked?.[at]) cells[cell] = weights[at];
    }
  }
  return cells;
}

export interface Shading {
  readonly scale: readonly Rgb[];
  readonly largest: number;
  /** Of the hatch that stands for masked. */
  readonly ink: Rgb;
}

/** Opacity of the hatch's lines, and the distance between them in pixels. */
const HATCH = { opacity: 56, every: 6 };

/** Draws pooled cells into an image, with a gap of clear pixels between them. */
export function shade(
  cells: Float32Array,
  rows: number,
  columns: number,
  width: number,
  height: number,
  gap: number,
  { scale, largest, ink }: Shading,
): Uint8ClampedArray<ArrayBuffer> {
  const bytes = new Uint8ClampedArray(width * height * 4);
  const pixels = new Uint32Array(bytes.buffer);
  const packed = Uint32Array.from(scale, (colour) => pack(colour, 255));
  const hatch = pack(ink, HATCH.opacity);
  const bounds = (length: number, count: number) =>
    Uint32Array.from({ length: count + 1 }, (_, i) => Math.round((i * length) / count));
  const xs = bounds(width, columns);
  const ys = bounds(height, rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const weight = cells[row * columns + column];
      if (weight === UNSEEN) {
        for (let y = ys[row]; y < ys[row + 1]; y++) {
          for (let x = xs[column]; x < xs[column + 1]; x++) {
            if ((x + y) % HATCH.every === 0) pixels[y * width + x] = hatch;
          }
        }
        continue;
      }
      const colour = packed[Math.round(255 * scalePosition(weight, largest))];
      for (let y = ys[row]; y < ys[row + 1] - gap; y++) {
        pixels.fill(colour, y * width + xs[column], y * width + xs[column + 1] - gap);
      }
    }
  }
  return bytes;
}

// Canvas pixels are bytes in the order red, green, blue, alpha; every browser's machine is little-endian.
function pack([red, green, blue]: Rgb, alpha: number): number {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
