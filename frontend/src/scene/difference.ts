/** What one scene gives more or less than another, pair of tokens by pair of tokens. */

import type { Attention, Token } from "../exhibit/exhibit.ts";
import type { Head } from "../exhibit/track.ts";
import { fitted } from "../state.ts";
import type { Pair } from "./align.ts";
import { isolate, UNPAIRED } from "./format.ts";
import type { Scene, Signs } from "./scene.ts";
import type { Selection } from "./selection.ts";
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
export class Difference implements Scene {
  readonly name: string;
  readonly parts: readonly [first: Scene, second: Scene];
  readonly attention: Attention;
  readonly query: readonly Token[];
  readonly key: readonly Token[];
  readonly layers: readonly number[];
  readonly heads: number;
  readonly hidden: number | null;
  readonly unseen: string | null;
  readonly signed: Signs;
  #last: { readonly name: string; readonly shown: readonly Shown[] } | null = null;

  constructor(
    private readonly first: Scene,
    private readonly second: Scene,
    private readonly pairs: Pairs,
  ) {
    this.parts = [first, second];
    this.name = `${isolate(first.name)} − ${isolate(second.name)}`;
    this.attention = first.attention;
    [this.query, this.key] = SIDES.map((side) => pairs[side].map((pair) => joined(first[side], second[side], pair)));
    ({ layers: this.layers, heads: this.heads } = reachOf(this.parts));
    const hidden = pairs.key.findIndex(([a, b]) => a === first.hidden && b === second.hidden);
    this.hidden = first.hidden === null || hidden < 0 ? null : hidden;
    const unpaired = SIDES.some((side) => pairs[side].some((pair) => pair.includes(null)));
    const words = [first.unseen ?? second.unseen, unpaired && UNPAIRED].filter(Boolean);
    this.unseen = words.join(" or ") || null;
    this.signed = {
      more: `more in ${isolate(first.name)}`,
      less: `more in ${isolate(second.name)}`,
      error: first.attention.error + second.attention.error,
    };
  }

  head(layer: number, head: number): Head {
    return this.#subtract(oneHead(layer, head), [head]).data;
  }

  shown(choice: Choice): readonly Shown[] {
    const name = nameOf(choice);
    if (this.#last?.name !== name) {
      this.#last = { name, shown: groupsOf(choice).map((heads) => this.#subtract(choice, heads)) };
    }
    return this.#last.shown;
  }

  /** A share of what a query gives is none of a difference. */
  #subtract(choice: Choice, heads: readonly number[]): Shown {
    const { query, key } = this.pairs;
    const [a, b] = this.parts.map((part) => part.shown(fitted({ ...choice, heads, mass: 1 }, part))[0]);
    const size = query.length * key.length;
    const [weights, minuend, subtrahend] = [new Float32Array(size), new Float32Array(size), new Float32Array(size)];
    const masked = new Uint8Array(size);
    let at = 0;
    for (const [fromA, fromB] of query) {
      for (const [toA, toB] of key) {
        if (fromA === null || fromB === null || toA === null || toB === null) masked[at] = 1;
        else {
          const inA = fromA * this.first.key.length + toA;
          const inB = fromB * this.second.key.length + toB;
          minuend[at] = a.data.weights[inA];
          subtrahend[at] = b.data.weights[inB];
          weights[at] = minuend[at] - subtrahend[at];
          // Where only one may see the key, the other gives it nothing.
          masked[at] = (a.data.masked?.[inA] ?? 0) & (b.data.masked?.[inB] ?? 0);
        }
        at++;
      }
    }
    return {
      head: heads.length === 1 ? heads[0] : null,
      name: both(a.name, b.name),
      data: { weights, masked },
      whole: null,
      parts: [minuend, subtrahend],
    };
  }

  layerName(choice: Choice): string {
    const [a, b] = this.parts.map((part) => part.layerName(fitted(choice, part)));
    return both(a, b);
  }

  why(tokens: Selection): string {
    const unpaired = (side: Side) =>
      tokens[side].length && tokens[side].every((i) => this.pairs[side][i].includes(null));
    if (SIDES.some(unpaired)) return UNPAIRED;
    return this.first.why({ query: [], key: tokens.key.flatMap((i) => this.pairs.key[i][0] ?? []) });
  }

  shownAt(side: Side, piece: number): number | null {
    const token = this.first.shownAt(side, piece);
    return this.pairs[side].findIndex(([a]) => a === token);
  }

  pieceAt(side: Side, shown: number): number | null {
    const [token] = this.pairs[side][shown];
    return token === null ? null : this.first.pieceAt(side, token);
  }
}

const both = (a: string, b: string): string => (a === b ? a : `${a} − ${b}`);

/** A pair as one token: "She/He" where one stands for the other. */
function joined(first: readonly Token[], second: readonly Token[], [a, b]: Pair): Token {
  const [one, other] = [a === null ? null : first[a], b === null ? null : second[b]];
  if (!one || !other || one.label === other.label) return (one ?? other) as Token;
  return { ...one, label: `${one.label}/${other.label}`, part: null };
}
