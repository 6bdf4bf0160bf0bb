/** Heads by what they do: their statistics in words, and heads in the order of one. */

import type { Statistic, Statistics } from "../exhibit/statistics.ts";
import { formatCell } from "./format.ts";

/** A head of a layer. */
export interface Place {
  readonly layer: number;
  readonly head: number;
}

/** What is measured of the attention that a query gives. */
export const MEANINGS: Readonly<Record<Statistic, string>> = {
  entropy: "how widely it is spread, in nats",
  distance: "how far it goes, in tokens",
  previous: "how much of it goes to the token before",
  next: "to the token after",
  self: "to the token itself",
  first: "to the first token",
  special: "to the model’s own marks, such as [SEP]",
};

/** Shares from here on say what a head is about. */
const TELLING = 0.5;

/** As many digits as tell heads apart: nats, tokens, or a share such as ".41". */
export function formatStatistic(name: Statistic, value: number): string {
  if (name === "entropy") return value.toFixed(2);
  return name === "distance" ? value.toFixed(1) : formatCell(value) || "0";
}

/** The largest that a statistic can be with so many keys; 1 where it can only be 0. */
export function mostOf(name: Statistic, keys: number): number {
  return (name === "entropy" ? Math.log(keys) : name === "distance" ? keys - 1 : 1) || 1;
}

/** Heads of at least some value, the largest first; equal ones stay in their order. */
export function ranked<T>(heads: readonly T[], score: (head: T) => number, least: number | null): T[] {
  return heads.filter((head) => score(head) >= (least ?? 0)).sort((a, b) => score(b) - score(a));
}

/** The statistics of one head, or which of several has the largest where that says something. */
export function describeHeads(heads: readonly (readonly [head: number, Statistics])[]): string {
  const [[, first]] = heads;
  const names = Object.keys(MEANINGS).filter((name) => name in first) as Statistic[];
  const part = (name: Statistic, value: number) =>
    `${name}\u00a0${formatStatistic(name, value)}${name === "entropy" ? "\u00a0nats" : ""}`;
  if (heads.length === 1) return names.map((name) => part(name, first[name] as number)).join(" · ");
  const parts = names.flatMap((name) => {
    const [[head, { [name]: value = 0 }]] = ranked(heads, ([, statistics]) => statistics[name] ?? 0, null);
    return name === "entropy" || (name !== "distance" && value >= TELLING)
      ? [`${part(name, value)} (head\u00a0${head})`]
      : [];
  });
  return `Largest of ${heads.length} heads: ${parts.join(" · ")}`;
}
