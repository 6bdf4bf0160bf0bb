/** What one scene gives more or less than another, pair of tokens by pair of tokens. */

import type { Attention, Token } from "../exhibit/exhibit.ts";
import { fitted } from "../state.ts";
import type { Pair } from "./align.ts";
import { isolate, UNPAIRED } from "./format.ts";
import type { Scene } from "./scene.ts";
import { type Choice, groupsOf, nameOf, oneHead, type Shown } from "./shown.ts";
import { SIDES, type Side } from "./tokens.ts";

export type Pairs = { readonly [side in Side]: readonly Pair[] };

/** The layers and heads that one of them has at least. */
export const reachOf = (of: readonly Pick<Attention, "layers" | "heads">[]) => ({
  layers: [...new Set(of.flatMap(({ layers }) => layers))].sort((a, b) => a - b),
  heads: Math.max(...of.map(({ heads }) => heads)),
});

/**
 * The first less the second. Heads and layers that become one do so in each of them before. A layer or a head that one
 * of them lacks is its nearest. Tokens are pairs; those without a counterpart have no weights.
 */
export function difference(first: Scene, second: Scene, pairs: Pairs): Scene {
  const parts = [first, second];
  const [query, key] = SIDES.map((side) => pairs[side].map((pair) => joined(first[side], second[side], pair)));
  const names = parts.map(({ name }) => isolate(name));
  const isUnpaired = (side: Side, token: number) => pairs[side][token].includes(null);
  const unpaired = SIDES.some((side) => pairs[side].some((_, token) => isUnpaired(side, token)));
  const unseen = [first.unseen ?? second.unseen, unpaired ? UNPAIRED : null].filter((word) => word !== null);

  function subtract(choice: Choice, heads: readonly number[]): Shown {
    // A share of what a query gives is none of a difference.
    const [a, b] = parts.map((part) => part.shown(fitted({ ...choice, heads, mass: 1 }, part))[0]);
    const size = query.length * key.length;
    const [weights, minuend, subtrahend] = [0, 0, 0].map(() => new Float32Array(size));
    const masked = new Uint8Array(size).fill(1);
    let at = 0;
    for (const [fromA, fromB] of pairs.query) {
      for (const [toA, toB] of pairs.key) {
        if (fromA !== null && fromB !== null && toA !== null && toB !== null) {
          const inA = fromA * first.key.length + toA;
          const inB = fromB * second.key.length + toB;
          minuend[at] = a.data.weights[inA];
          subtrahend[at] = b.data.weights[inB];
          weights[at] = minuend[at] - subtrahend[at];
          // Where only one may see the key, the other gives it nothing.
          masked[at] = (a.data.masked?.[inA] ?? 0) & (b.data.masked?.[inB] ?? 0);
        }
        at++;
      }
    }
    const head = heads.length === 1 ? heads[0] : null;
    return { head, name: both(a.name, b.name), data: { weights, masked }, whole: null, parts: [minuend, subtrahend] };
  }

  let last: { readonly name: string; readonly shown: readonly Shown[] } | null = null;
  return {
    name: names.join(" − "),
    parts,
    attention: first.attention,
    query,
    key,
    ...reachOf(parts),
    hidden: first.hidden === null ? null : pairs.key.findIndex(([one]) => one === first.hidden),
    unseen: unseen.join(" or ") || null,
    signed: {
      more: `more in ${names[0]}`,
      less: `more in ${names[1]}`,
      error: first.attention.error + second.attention.error,
    },
    head: (layer, head) => subtract(oneHead(layer, head), [head]).data,
    shown(choice) {
      const name = nameOf(choice);
      if (last?.name !== name) last = { name, shown: groupsOf(choice).map((heads) => subtract(choice, heads)) };
      return last.shown;
    },
    layerName(choice) {
      const [a, b] = parts.map((part) => part.layerName(fitted(choice, part)));
      return both(a, b);
    },
    why(tokens) {
      const areUnpaired = (side: Side) => tokens[side].length && tokens[side].every((token) => isUnpaired(side, token));
      if (SIDES.some(areUnpaired)) return UNPAIRED;
      return first.why({ query: [], key: tokens.key.flatMap((token) => pairs.key[token][0] ?? []) });
    },
    shownAt(side, piece) {
      const token = first.shownAt(side, piece);
      return pairs[side].findIndex(([one]) => one === token);
    },
    pieceAt(side, shown) {
      const [token] = pairs[side][shown];
      return token === null ? null : first.pieceAt(side, token);
    },
  };
}

const both = (a: string, b: string): string => (a === b ? a : `${a} − ${b}`);

/** A pair as one token: "She/He" where one stands for the other. */
function joined(first: readonly Token[], second: readonly Token[], [a, b]: Pair): Token {
  const [one, other] = [a === null ? null : first[a], b === null ? null : second[b]];
  if (!one || !other || one.label === other.label) return (one ?? other) as Token;
  return { ...one, label: `${one.label}/${other.label}`, part: null };
}
