import type { Exhibit, Token } from "./exhibit.ts";
import type { State } from "./state.ts";

/** The tokens that are shown on either side, as indices into the exhibit's. */
export interface Selection {
  readonly query: readonly number[];
  readonly key: readonly number[];
}

export function select({ query, key }: Exhibit, filter: State["filter"]): Selection {
  if (filter === "all") return { query: [...query.keys()], key: [...key.keys()] };
  const [from, to] = filter.split("-");
  return { query: ofSegment(query, from), key: ofSegment(key, to) };
}

function ofSegment(tokens: readonly Token[], name: string): number[] {
  const segment = name === "a" ? 0 : 1;
  return [...tokens.keys()].filter((i) => tokens[i].segment === segment);
}
