import type { Token } from "../exhibit/exhibit.ts";
import type { State } from "../state.ts";
import { isRightToLeft, type Sides } from "./tokens.ts";

/** The tokens that are shown on either side, as indices into the scene's. */
export interface Selection {
  readonly query: readonly number[];
  readonly key: readonly number[];
}

export function select({ query, key }: Sides, filter: State["filter"]): Selection {
  if (filter === "all") return { query: [...query.keys()], key: [...key.keys()] };
  const [from, to] = filter.split("-");
  return { query: ofSegment(query, from), key: ofSegment(key, to) };
}

function ofSegment(tokens: readonly Token[], name: string): number[] {
  const segment = name === "a" ? 0 : 1;
  return [...tokens.keys()].filter((i) => tokens[i].segment === segment);
}

/** The same with its keys as columns from left to right: a text that runs from right to left begins at the right. */
export function asColumns({ query, key }: Selection, sides: Sides): Selection {
  return { query, key: isRightToLeft(sides.key) ? [...key].reverse() : key };
}

/** The selected pair with the largest weight, whatever its sign, the first of several; `keyCount` are in a row. */
export function strongestPair({ query: queries, key: keys }: Selection, weights: Float32Array, keyCount: number) {
  let best = { weight: -1, query: 0, key: 0 };
  for (const query of queries) {
    for (const key of keys) {
      const weight = Math.abs(weights[query * keyCount + key]);
      if (weight > best.weight) best = { weight, query, key };
    }
  }
  return best;
}
