/** What is open: one query of one head, and what comes of its numbers. */

import type { Token } from "../../exhibit/exhibit.ts";
import type { Scores } from "../../exhibit/neurons.ts";
import { byShare, type HeadNeurons, keyCount, type Row, row, Shares, type Summary } from "../../exhibit/scores.ts";
import type { Scene } from "../../scene/scene.ts";
import { isWord, type Side, type Sides, tokenName } from "../../scene/tokens.ts";
import type { State } from "../../state.ts";

/** The pinned query if it is shown, or else the last word, or else the last that stands for something in the text. */
export function openedQuery({ query: tokens }: Sides, shown: readonly number[], pinned: number | null): number {
  if (pinned !== null && shown.includes(pinned)) return pinned;
  const last = (wanted: (token: Token) => boolean) => [...shown].reverse().find((i) => wanted(tokens[i]));
  return last(isWord) ?? last(({ special }) => !special) ?? shown[shown.length - 1];
}

export class Opened {
  readonly numbers: HeadNeurons;
  readonly row: Row;
  /** How much of what tells keys apart for this query each neuron brings. */
  readonly shares: Float64Array;

  constructor(
    readonly scores: Scores,
    private readonly scene: Scene,
    readonly layer: number,
    readonly head: number,
    readonly query: number,
  ) {
    this.numbers = scores.head(layer, head);
    this.row = row(this.numbers, query);
    this.shares = new Shares(this.numbers).add(query, this.row).values();
  }

  /** Of the whole head, once it is worked out. */
  get summary(): Summary | null {
    return this.scores.knownSummary(this.layer, this.head);
  }

  /** The largest difference from the attention of the other views that is no mistake. */
  get stated(): number {
    return this.scores.error + this.scene.attention.error;
  }

  /** What the other views show. */
  shown(key: number): number {
    return this.scene.head(this.layer, this.head).weights[this.query * keyCount(this.numbers) + key];
  }

  isMasked(key: number): boolean {
    return this.row.scores[key] === Number.NEGATIVE_INFINITY;
  }

  name(side: Side, index = this.query): string {
    return tokenName(this.scene, side, index);
  }

  /** The numbers of the query, and those of a key, a neuron each. */
  get vector(): Float32Array {
    return this.#part(this.numbers.queries, this.query);
  }

  keyVector(key: number): Float32Array {
    return this.#part(this.numbers.keys, key);
  }

  #part(vectors: Float32Array, i: number): Float32Array {
    const { size } = this.numbers;
    return vectors.subarray(i * size, (i + 1) * size);
  }

  /** Neurons in the order that is asked for. */
  order(by: State["order"]): number[] {
    if (by === "index") return [...this.shares.keys()];
    return byShare(by === "token" ? this.shares : this.scores.summary(this.layer, this.head).shares);
  }
}
