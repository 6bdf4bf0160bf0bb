/** What the views draw: one attention of an exhibit, as the reader's switches have it. Views know nothing of those. */

import type { Attention, Token } from "../exhibit/exhibit.ts";
import { Kept } from "../exhibit/kept.ts";
import type { Head } from "../exhibit/track.ts";
import type { State } from "../state.ts";
import { HIDDEN, MASKED } from "./format.ts";
import { joinHead, joinTokens, wordStarts } from "./join.ts";
import { combine, strongest } from "./reduce.ts";
import type { Selection } from "./selection.ts";
import { type Choice, groupsOf, headName, joinsLayers, layerName, nameOf, type Shown } from "./shown.ts";
import { withoutFirstKey } from "./sink.ts";
import type { Side, Sides } from "./tokens.ts";

export type Switches = Pick<State, "units" | "sink">;

/** The numbers as they were captured. */
export const AS_CAPTURED: Switches = { units: "pieces", sink: "shown" };

/** Its tokens are what is shown on either side, pieces or words. */
export interface Scene extends Sides {
  /** What readers call it beside another; empty where there is none. */
  readonly name: string;
  /** The scenes of captured attention that it is made of. */
  readonly parts: readonly Scene[];
  /** The attention that is shown; of a difference the first. */
  readonly attention: Attention;
  readonly layers: readonly number[];
  readonly heads: number;
  /** The key that is hidden from all, if there is one. */
  readonly hidden: number | null;
  /** What pairs are that have no weight; null where each has one. */
  readonly unseen: string | null;
  /** What weights of either sign mean; null where none is negative. */
  readonly signed: Signs | null;
  /** One head of the layer with that number; row-major over the shown tokens. */
  head(layer: number, head: number): Head;
  /** The heads that are chosen, or what they come to, in ascending order. */
  shown(choice: Choice): readonly Shown[];
  /** "Layer 5", or "Mean of 6 layers". */
  layerName(choice: Choice): string;
  /** Why no pair of these tokens has a weight. */
  why(tokens: Selection): string;
  /** The shown token that a piece of the state belongs to; null where none does. */
  shownAt(side: Side, piece: number): number | null;
  /** The first piece of a shown token, as the state counts them; null where that can't. */
  pieceAt(side: Side, shown: number): number | null;
}

export interface Signs {
  /** Whose weights are larger where the number is positive, and where it is negative. */
  readonly more: string;
  readonly less: string;
  /** Numbers up to this may come from rounding. */
  readonly error: number;
}

/** One attention, as it was captured. */
export class Captured implements Scene {
  readonly parts = [this];
  readonly signed = null;
  readonly query: readonly Token[];
  readonly key: readonly Token[];
  readonly layers: readonly number[];
  readonly heads: number;
  readonly hidden: number | null;
  readonly #withoutFirst: boolean;
  /** The first piece of each shown token; null where pieces are shown. */
  readonly #starts: { readonly [side in Side]: readonly number[] } | null;
  readonly #heads = new Kept<Head>();
  /** What several heads came to. */
  readonly #combined = new Kept<Head>();
  /** A drawing and what is said of it ask for the same. */
  #last: { readonly name: string; readonly shown: readonly Shown[] } | null = null;

  constructor(
    readonly attention: Attention,
    { units, sink }: Switches,
    readonly name = "",
  ) {
    const { query, key, layers, heads } = attention;
    this.layers = layers;
    this.heads = heads;
    this.#withoutFirst = sink === "hidden" && canHideSink(attention);
    this.#starts = units === "words" ? { query: wordStarts(query), key: wordStarts(key) } : null;
    this.query = this.#starts ? joinTokens(query, this.#starts.query) : query;
    this.key = this.#starts ? joinTokens(key, this.#starts.key) : key;
    // A word of which only the first piece is taken away stays.
    this.hidden = this.#withoutFirst && this.#wordOf("key", 1) > 0 ? 0 : null;
  }

  get unseen(): string | null {
    if (this.hidden !== null) return `${MASKED} or ${HIDDEN}`;
    return this.attention.hasMasked || this.#withoutFirst ? MASKED : null;
  }

  why({ key }: Selection): string {
    return key.length && key.every((token) => token === this.hidden) ? HIDDEN : MASKED;
  }

  layerName(choice: Choice): string {
    return layerName(choice, this.layers.length);
  }

  head(layer: number, head: number): Head {
    const captured = this.attention.head(layer, head);
    if (!this.#withoutFirst && !this.#starts) return captured;
    return this.#heads.get(this.layers.indexOf(layer) * this.heads + head, () => this.#switched(captured));
  }

  shown(choice: Choice): readonly Shown[] {
    const name = nameOf(choice);
    if (this.#last?.name !== name) this.#last = { name, shown: this.#choose(choice) };
    return this.#last.shown;
  }

  #choose(choice: Choice): Shown[] {
    const layers = joinsLayers(choice) ? this.layers : [choice.layer];
    return groupsOf(choice).map((group) => {
      const data = this.#combine(layers, group, choice.by);
      const name = headName(choice, group);
      const head = group.length === 1 ? group[0] : null;
      const shown = { head, name, data, whole: null, parts: [] };
      if (choice.mass >= 1) return shown;
      const weights = strongest(data.weights, this.key.length, choice.mass);
      return { ...shown, data: { ...data, weights }, whole: data.weights };
    });
  }

  #combine(layers: readonly number[], heads: readonly number[], by: Choice["by"]): Head {
    if (layers.length * heads.length === 1) return this.head(layers[0], heads[0]);
    const wanted = [by, layers, heads].join(":");
    return this.#combined.get(wanted, () => {
      return combine(
        layers.flatMap((layer) => heads.map((head) => this.head(layer, head))),
        by,
      );
    });
  }

  #switched(captured: Head): Head {
    const keys = this.attention.key.length;
    const head = this.#withoutFirst ? withoutFirstKey(captured, keys) : captured;
    return this.#starts ? joinHead(head, this.#starts.query, this.#starts.key, keys) : head;
  }

  shownAt(side: Side, piece: number): number | null {
    return this.#wordOf(side, piece);
  }

  #wordOf(side: Side, piece: number): number {
    const after = this.#starts?.[side].findIndex((start) => start > piece) ?? piece + 1;
    return (after < 0 ? this[side].length : after) - 1;
  }

  pieceAt(side: Side, shown: number): number | null {
    return this.#starts?.[side][shown] ?? shown;
  }
}

/** Whether some token continues a word, so that words are not the pieces. */
export function hasWords({ query, key }: Attention): boolean {
  return [query, key].some((tokens) => wordStarts(tokens).length < tokens.length);
}

/** A first token that drinks the scale is one of those that look. */
export function canHideSink({ of, key }: Attention): boolean {
  return of.query === of.key && key.length > 1;
}
