/** Several heads → one, and of one only the strongest. */

import type { Head } from "../exhibit/track.ts";
import type { BYS } from "../state.ts";

/**
 * Mean or largest of several heads' weights, pair by pair. A pair is masked where it is in all of them; where only some
 * may see it, the others give it nothing. Rows of a mean add up to 1 again, those of a maximum to 1 or more.
 */
export function combine(heads: readonly Head[], by: (typeof BYS)[number]): Head {
  const size = heads[0].weights.length;
  const weights = new Float32Array(size);
  const masked = heads.every((head) => head.masked) ? new Uint8Array(size).fill(1) : null;
  for (const { weights: own, masked: unseen } of heads) {
    for (let at = 0; at < size; at++) {
      if (by === "mean") weights[at] += own[at] / heads.length;
      else if (own[at] > weights[at]) weights[at] = own[at];
      if (masked && !unseen?.[at]) masked[at] = 0;
    }
  }
  return { weights, masked };
}

/**
 * The strongest keys of each query that together make up a share of its attention, as few as will do; the others are 0.
 * Equal weights are taken from the first key on.
 */
export function strongest(weights: Float32Array, keys: number, mass: number): Float32Array {
  const left = new Float32Array(weights.length);
  for (let start = 0; start < weights.length; start += keys) {
    const row = weights.subarray(start, start + keys);
    const wanted = mass * row.reduce((sum, weight) => sum + weight, 0);
    const order = [...row.keys()].sort((a, b) => row[b] - row[a]);
    let sum = 0;
    for (const key of order) {
      // Decoded weights are rounded; a share is reached a rounding earlier, though never with nothing.
      if (sum && sum >= wanted - 1e-6) break;
      left[start + key] = row[key];
      sum += row[key];
    }
  }
  return left;
}
