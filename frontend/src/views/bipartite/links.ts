/** Which lines stand for which weights: numbers only. */

import type { Rgb } from "../../drawing/colour.ts";
import type { Selection } from "../../scene/selection.ts";
import type { Shown } from "../../scene/shown.ts";
import type { Side } from "../../scene/tokens.ts";

/** Weaker lines are not seen. */
export const FAINTEST = 0.005;
/** More lines than this are not told apart; the weakest are left out, and the reader is told. */
const MOST_LINES = 6_000;

export interface ShownHead extends Shown {
  /** Of a weight: the head's, or that of its sign. */
  readonly colour: (weight: number) => Rgb;
  /** Length of its lines' dashes; 0 for none. */
  readonly dash: number;
}

/** Tokens that are looked at, as indices into the scene's; none of a side leaves all of it. */
export type Focus = Selection;

/** The lines of one head: where each starts and ends, in pixels from the top, and its weight. */
export interface Strand {
  readonly colour: ShownHead["colour"];
  readonly dash: number;
  readonly lines: readonly (readonly [from: number, to: number, weight: number])[];
}

/** The rows, as indices into a selection, that the focus leaves. */
export function rowsInFocus(selection: Selection, focus: Focus): Selection {
  const rows = (side: Side) => {
    return focus[side].length
      ? focus[side].map((index) => selection[side].indexOf(index))
      : [...selection[side].keys()];
  };
  return { query: rows("query"), key: rows("key") };
}

/** Lines of at least some weight. Each head has its own strand, so that heads that agree don't cover each other. */
export function strands(
  heads: readonly ShownHead[],
  keyCount: number,
  selection: Selection,
  focus: Focus,
  rowHeight: number,
  least: number,
): Strand[] {
  const rows = rowsInFocus(selection, focus);
  return heads.map(({ colour, dash, data: { weights } }, i) => {
    const middle = rowHeight * (0.5 + (i + 0.5 - heads.length / 2) * (0.5 / heads.length));
    const lines: [number, number, number][] = [];
    for (const q of rows.query) {
      const start = selection.query[q] * keyCount;
      for (const k of rows.key) {
        const weight = weights[start + selection.key[k]];
        if (Math.abs(weight) >= least) lines.push([q * rowHeight + middle, k * rowHeight + middle, weight]);
      }
    }
    return { colour, dash, lines };
  });
}

/** The weight below which lines are left out, so that there are not too many; in thousandths, rounded up. */
export function leastDrawn(heads: readonly ShownHead[], keyCount: number, selection: Selection): number {
  const lines = new Uint32Array(1001);
  for (const { data } of heads) {
    for (const query of selection.query) {
      for (const key of selection.key) lines[Math.floor(Math.abs(data.weights[query * keyCount + key]) * 1000)]++;
    }
  }
  let count = 0;
  for (let step = 1000; step > FAINTEST * 1000; step--) {
    count += lines[step];
    if (count > MOST_LINES) return (step + 1) / 1000;
  }
  return FAINTEST;
}
