/** Pieces → words, as Clark et al. 2019 do it (arXiv 1906.04341, section 4.1). */

import type { Token } from "../exhibit/exhibit.ts";
import type { Head } from "../exhibit/track.ts";

/** The first piece of each word. Special tokens are words of their own. */
export function wordStarts(tokens: readonly Token[]): number[] {
  return [...tokens.keys()].filter((i) => {
    const { continues, special, segment } = tokens[i];
    const before = tokens[i - 1];
    return !before || !continues || special || before.special || before.segment !== segment;
  });
}

/** Words that start at `starts`, as tokens. */
export function joinTokens(tokens: readonly Token[], starts: readonly number[]): Token[] {
  return starts.map((start, word) => {
    const pieces = tokens.slice(start, starts[word + 1]);
    if (pieces.length === 1) return pieces[0];
    // The pieces of one character carry the whole of it, each.
    const label = pieces.map(({ label, part }) => (part && part[0] > 1 ? "" : label)).join("");
    return { ...pieces[0], label, generated: pieces.some(({ generated }) => generated), continues: false, part: null };
  });
}

/**
 * Attention from words to words: what the pieces of a key get is summed, what the pieces of a query give is averaged,
 * over those that see anything. With `A` from pieces to pieces, `W[i, j] = mean over q in i (sum over k in j (A[q, k]))`,
 * so a word's row sums to 1 again. A word is masked where all of its pieces are.
 */
export function joinHead(
  { weights, masked }: Head,
  queryStarts: readonly number[],
  keyStarts: readonly number[],
  keys: number,
): Head {
  const [rows, columns] = [queryStarts.length, keyStarts.length];
  const joined = new Float32Array(rows * columns);
  const unseen = masked && new Uint8Array(rows * columns).fill(1);
  const queries = weights.length / keys;
  const column = new Uint32Array(keys);
  keyStarts.forEach((start, word) => {
    column.fill(word, start);
  });
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    let seeing = 0;
    for (let query = queryStarts[row]; query < (queryStarts[row + 1] ?? queries); query++) {
      let sees = false;
      for (let key = 0, at = query * keys; key < keys; key++, at++) {
        if (masked?.[at]) continue;
        sees = true;
        sums[column[key]] += weights[at];
        if (unseen) unseen[row * columns + column[key]] = 0;
      }
      if (sees) seeing++;
    }
    for (let word = 0; word < columns; word++) joined[row * columns + word] = sums[word] / Math.max(1, seeing);
  }
  return { weights: joined, masked: unseen };
}
