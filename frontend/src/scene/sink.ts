/** Many heads rest on the first token; without it the rest can be seen. */

import type { Head } from "../exhibit/track.ts";

/** The first key is taken away, and each row divided by what is left of it. A row with nothing left is all masked. */
export function withoutFirstKey({ weights, masked }: Head, keys: number): Head {
  const left = weights.slice();
  const unseen = masked ? masked.slice() : new Uint8Array(weights.length);
  for (let start = 0; start < left.length; start += keys) {
    const row = left.subarray(start, start + keys);
    row[0] = 0;
    unseen[start] = 1;
    const sum = row.reduce((sum, weight) => sum + weight, 0);
    if (sum === 0) unseen.fill(1, start, start + keys);
    else for (let key = 1; key < keys; key++) row[key] /= sum;
  }
  return { weights: left, masked: unseen };
}
