/** Weights → shaded cells, for a matrix as for a thumbnail. */

import type { Head } from "../exhibit/track.ts";
import { FLOOR } from "../scene/format.ts";
import type { Selection } from "../scene/selection.ts";
import { type Rgb, signedPosition } from "./colour.ts";

/** In a pooled grid: no query of the cell may see any of its keys. No difference of two weights is as small. */
export const UNSEEN = -2;
/** A cell of which nothing is painted. */
export const BLANK = Number.NaN;

/**
 * The shown part of a head as `rows × columns` cells, each the largest weight of the tokens that fall into it, whatever
 * its sign, so that a narrow diagonal survives being made small. `UNSEEN` where all of them are masked.
 */
export function pool(
  { weights, masked }: Head,
  keyCount: number,
  { query: queries, key: keys }: Selection,
  rows: number,
  columns: number,
): Float32Array {
  const cells = new Float32Array(rows * columns).fill(UNSEEN);
  const ends = new Uint32Array(columns).map((_, column) => Math.ceil(((column + 1) * keys.length) / columns));
  for (let q = 0; q < queries.length; q++) {
    const row = Math.floor((q * rows) / queries.length) * columns;
    const start = queries[q] * keyCount;
    for (let column = 0, k = 0; column < columns; column++) {
      let cell = cells[row + column];
      let most = cell === UNSEEN ? -1 : Math.abs(cell);
      for (const end = ends[column]; k < end; k++) {
        const at = start + keys[k];
        const size = Math.abs(weights[at]);
        if (size <= most || masked?.[at]) continue;
        most = size;
        cell = weights[at];
      }
      cells[row + column] = cell;
    }
  }
  return cells;
}

/** The largest of the shown weights, whatever its sign. */
export function largestOf(head: Head, keyCount: number, selection: Selection): number {
  const [largest] = pool(head, keyCount, selection, 1, 1);
  return largest === UNSEEN ? FLOOR : Math.max(FLOOR, Math.abs(largest));
}

export interface Shading {
  /** 256 colours from nothing to the largest; of numbers of either sign as many again before them. */
  readonly scale: readonly Rgb[];
  readonly largest: number;
  /** Numbers up to this are painted as nothing. */
  readonly least: number;
  /** Of the hatch that stands for masked. */
  readonly ink: Rgb;
}

/** Where on a scale a number has its colour. */
export function placeOn({ scale, largest, least }: Shading, weight: number): number {
  const nothing = scale.length - 256;
  return Math.abs(weight) <= least ? nothing : nothing + Math.round(255 * signedPosition(weight, largest));
}

/** The colour of a number. */
export const colourOf = (shading: Shading, weight: number): Rgb => shading.scale[placeOn(shading, weight)];

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
  shading: Shading,
): Uint8ClampedArray<ArrayBuffer> {
  const bytes = new Uint8ClampedArray(width * height * 4);
  const pixels = new Uint32Array(bytes.buffer);
  const packed = packScale(shading.scale);
  const hatch = pack(shading.ink, HATCH.opacity);
  const bounds = (length: number, count: number) =>
    new Uint32Array(count + 1).map((_, i) => Math.round((i * length) / count));
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
      const colour = packed[placeOn(shading, weight)];
      for (let y = ys[row]; y < ys[row + 1] - gap; y++) {
        pixels.fill(colour, y * width + xs[column], y * width + xs[column + 1] - gap);
      }
    }
  }
  return bytes;
}

const scales = new WeakMap<readonly Rgb[], Uint32Array>();

/** Made once for a scale: a page has a thousand thumbnails of it. */
function packScale(scale: readonly Rgb[]): Uint32Array {
  const packed = scales.get(scale) ?? Uint32Array.from(scale, (colour) => pack(colour, 255));
  scales.set(scale, packed);
  return packed;
}

// Canvas pixels are bytes in the order red, green, blue, alpha; every browser's machine is little-endian.
function pack([red, green, blue]: Rgb, alpha: number): number {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
