/** What a text is shaded by: numbers only. */

import { contrast, type Rgb, readableOn } from "../../drawing/colour.ts";
import type { Head } from "../../exhibit/track.ts";
import type { Selection } from "../../scene/selection.ts";
import type { Side } from "../../scene/tokens.ts";

export interface Shades {
  /** Whose tokens are shaded. */
  readonly side: Side;
  /** Of each selected token its weight; none where it is masked. */
  readonly weights: readonly (number | null)[];
}

/**
 * With tokens in focus, what those give to each key, or what each query gives to them, in sum; without, what each key
 * gets, on average over the queries that may see it.
 */
export function shadesOf({ weights, masked }: Head, keyCount: number, selection: Selection, focus: Selection): Shades {
  const side = focus.query.length || !focus.key.length ? "key" : "query";
  const isFocused = focus.query.length + focus.key.length > 0;
  const others = side === "query" ? focus.key : isFocused ? focus.query : selection.query;
  const shades = selection[side].map((token) => {
    let [sum, seen] = [0, 0];
    for (const other of others) {
      const at = side === "key" ? other * keyCount + token : token * keyCount + other;
      if (masked?.[at]) continue;
      sum += weights[at];
      seen++;
    }
    return seen ? sum / (isFocused ? 1 : seen) : null;
  });
  return { side, weights: shades };
}

/** Of letters to what they stand on (WCAG 2, AA). */
const LEGIBLE = 4.5;

/** The ink that is legible on a shade: the page's own as long as it is. */
export const inkOn = (shade: Rgb, ink: Rgb): Rgb => (contrast(shade, ink) < LEGIBLE ? readableOn(shade) : ink);
