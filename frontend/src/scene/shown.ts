/** What a drawing shows of a scene: single heads, or what several come to; all of it, or the strongest. */

import type { Head } from "../exhibit/track.ts";
import type { State } from "../state.ts";

/** What a reader chooses of a scene. */
export type Choice = Pick<State, "layer" | "heads" | "reduce" | "by" | "mass">;

export interface Shown {
  /** Its number; null for what several heads come to. */
  readonly head: number | null;
  /** "head 7", "mean of 12 heads". */
  readonly name: string;
  readonly data: Head;
  /** The weights before all but the strongest were hidden; null where nothing was. */
  readonly whole: Float32Array | null;
  /** Of a difference the weights that it is taken of, pair by pair; else none. */
  readonly parts: readonly Float32Array[];
}

export const choiceOf = ({ layer, heads, reduce, by, mass }: State): Choice => ({ layer, heads, reduce, by, mass });

/** One head, as it is. */
export const oneHead = (layer: number, head: number): Choice => ({
  layer,
  heads: [head],
  reduce: "none",
  by: "mean",
  mass: 1,
});

/** A choice as a name: the same for what is drawn alike. */
export const nameOf = ({ layer, heads, reduce, by, mass }: Choice): string =>
  [layer, heads, reduce, by, mass].join(":");

export const joinsHeads = ({ reduce }: Pick<State, "reduce">): boolean => reduce === "heads" || reduce === "all";
export const joinsLayers = ({ reduce }: Pick<State, "reduce">): boolean => reduce === "layers" || reduce === "all";

/** The chosen heads, ascending: together where they become one. */
export function groupsOf(choice: Choice): number[][] {
  const heads = [...choice.heads].sort((a, b) => a - b);
  return joinsHeads(choice) && heads.length ? [heads] : heads.map((head) => [head]);
}

/** "Layer 5", or "Mean of 6 layers". */
export function layerName(choice: Pick<Choice, "layer" | "reduce" | "by">, layers: number): string {
  return joinsLayers(choice)
    ? `${choice.by === "max" ? "Maximum" : "Mean"} of ${layers} layers`
    : `Layer ${choice.layer}`;
}

/** "head 7", or "maximum of 12 heads". */
export function headName({ by }: Pick<Choice, "by">, heads: readonly number[]): string {
  return heads.length === 1 ? `head ${heads[0]}` : `${by === "max" ? "maximum" : "mean"} of ${heads.length} heads`;
}

/** How much of a query's attention is hidden, as a share of it. */
export function hiddenShare({ data: { weights }, whole }: Shown, query: number, keys: number): number {
  if (!whole) return 0;
  const sum = (of: Float32Array) =>
    of.subarray(query * keys, (query + 1) * keys).reduce((sum, weight) => sum + weight, 0);
  const all = sum(whole);
  return all ? 1 - sum(weights) / all : 0;
}
