/** What a head does, in numbers. */

import type { Token } from "./exhibit.ts";
import type { Head } from "./track.ts";

export const STATISTICS = ["entropy", "distance", "previous", "next", "self", "first", "special"] as const;
export type Statistic = (typeof STATISTICS)[number];
/** Where tokens look at others than themselves, only some make sense. */
export type Statistics = { readonly [name in Statistic]?: number };
const OF_OTHERS: readonly Statistic[] = ["entropy", "first", "special"];

/** Whether an attention's heads have that statistic. */
export const isOffered = (name: Statistic, { isSelf }: { readonly isSelf: boolean }): boolean =>
  isSelf || OF_OTHERS.includes(name);

/**
 * With `A` from query `i` on key `j`, means over the queries that see any key of
 * - `entropy`: `−Σ_j A_ij ln A_ij`, in nats (Clark et al. 2019, arXiv 1906.04341)
 * - `distance`: `Σ_j A_ij |i − j|`, in tokens (Vig 2019, arXiv 1906.05714)
 * - `previous`, `next`, `self`, `first`: `A_i,i−1` of all but the first query, `A_i,i+1` of all but the last, `A_ii`, `A_i0`
 * - `special`: `Σ_j A_ij` over the model's own marks
 */
export function statisticsOf({ weights, masked }: Head, keys: readonly Token[], isSelf: boolean): Statistics {
  const columns = keys.length;
  const queries = weights.length / columns;
  const isSpecial = Uint8Array.from(keys, ({ special }) => Number(special));
  let [entropy, distance, previous, next, self, first, special] = [0, 0, 0, 0, 0, 0, 0];
  let [rows, later, earlier] = [0, 0, 0];
  for (let i = 0, start = 0; i < queries; i++, start += columns) {
    let sees = false;
    for (let j = 0, at = start; j < columns; j++, at++) {
      if (masked?.[at]) continue;
      sees = true;
      const weight = weights[at];
      if (weight === 0) continue;
      entropy -= weight * Math.log(weight);
      distance += weight * Math.abs(i - j);
      if (isSpecial[j]) special += weight;
    }
    if (!sees) continue;
    rows++;
    self += weights[start + i];
    first += weights[start];
    if (i > 0) {
      previous += weights[start + i - 1];
      later++;
    }
    if (i < queries - 1) {
      next += weights[start + i + 1];
      earlier++;
    }
  }
  const mean = (sum: number, count = rows) => sum / Math.max(1, count);
  const all: Readonly<Record<Statistic, number>> = {
    entropy: mean(entropy),
    distance: mean(distance),
    previous: mean(previous, later),
    next: mean(next, earlier),
    self: mean(self),
    first: mean(first),
    special: mean(special),
  };
  return Object.fromEntries(STATISTICS.filter((name) => isOffered(name, { isSelf })).map((name) => [name, all[name]]));
}
