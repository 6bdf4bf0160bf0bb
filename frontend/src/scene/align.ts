/** Two sequences of tokens, the same beside the same. */

import type { Token } from "../exhibit/exhibit.ts";

/** A token of the first and its counterpart in the second, by their places; null where there is none. */
export type Pair = readonly [first: number | null, second: number | null];

type Tokens = readonly Pick<Token, "label" | "special" | "segment">[];

/**
 * Pairs equal tokens, as many as can be without crossing (a longest common subsequence). What stands between two such
 * pairs is paired one to one if it is as many tokens on either side: the one is written for the other. The rest has no
 * counterpart. Each token comes once, in order.
 */
export function align(first: Tokens, second: Tokens): Pair[] {
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  for (const [a, b] of [...equals(first, second), [first.length, second.length]]) {
    const replaced = a - i === b - j;
    while (i < a) pairs.push([i++, replaced ? j++ : null]);
    while (j < b) pairs.push([null, j++]);
    if (a < first.length) pairs.push([i++, j++]);
  }
  return pairs;
}

/** The pairs of a longest common subsequence. */
function equals(first: Tokens, second: Tokens): [number, number][] {
  const same = (i: number, j: number) => {
    const [a, b] = [first[i], second[j]];
    return a.label === b.label && a.special === b.special && a.segment === b.segment;
  };
  // What both begin and end with needs no table.
  const most = Math.min(first.length, second.length);
  let [start, tail] = [0, 0];
  while (start < most && same(start, start)) start++;
  while (tail < most - start && same(first.length - 1 - tail, second.length - 1 - tail)) tail++;
  const [rows, columns] = [first.length - tail - start, second.length - tail - start];
  // How many pairs there are from a place in the first and one in the second on.
  const width = columns + 1;
  const pairs = new Uint32Array((rows + 1) * width);
  for (let at = rows * width - 2; at >= 0; at--) {
    const column = at % width;
    if (column === columns) continue;
    pairs[at] = same(start + Math.floor(at / width), start + column)
      ? pairs[at + width + 1] + 1
      : Math.max(pairs[at + width], pairs[at + 1]);
  }
  const found: [number, number][] = Array.from({ length: start }, (_, i) => [i, i]);
  for (let i = 0, j = 0; i < rows && j < columns; ) {
    if (same(start + i, start + j)) found.push([start + i++, start + j++]);
    else if (pairs[(i + 1) * width + j] >= pairs[i * width + j + 1]) i++;
    else j++;
  }
  for (let i = tail; i > 0; i--) found.push([first.length - i, second.length - i]);
  return found;
}
