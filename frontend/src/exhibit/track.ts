/** Codes → weights: the attention of all layers and heads, decoded head by head when asked for. */

import { damaged } from "../bytes/safetensors.ts";
import { Kept } from "./kept.ts";

/** Code of a key that the query may not see. */
const MASKED = 0;
/** Code that says: look into `top`. */
const ESCAPE = 255;
/** What the weights of a token may sum to: 1, what half precision rounds, and what codes are off by. */
const LARGEST_SUM = 1.05 * 1.1;
/** The levels of the format, which is the same in all files, as `Math.imul` makes a number of their bytes. */
const LEVELS = 685_728_907;

const isOfFormat = (levels: Float32Array): boolean =>
  new Uint8Array(levels.buffer).reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, 0) === LEVELS;

/** 1 where a key stands after its query, row-major `[query, key]`. */
function maskOfLater(tokens: number): Uint8Array {
  const masked = new Uint8Array(tokens * tokens);
  for (let query = 0; query < tokens; query++) masked.fill(1, query * tokens + query + 1, (query + 1) * tokens);
  return masked;
}

/** One head's attention. */
export interface Head {
  /** Row-major `[query, key]`; masked is 0. */
  readonly weights: Float32Array;
  /** 1 where a query may not see a key, row-major `[query, key]`; null where all see all. */
  readonly masked: Uint8Array | null;
}

export class Track {
  /** Some query may not see some key. */
  readonly hasMasked: boolean;
  readonly #decoded = new Kept<Head>();
  /** How many codes before head `i` look into `top`. */
  readonly #escapes: Uint32Array;
  /** What a causal layout leaves out, as `Head.masked`; null where that is nothing. Heads share it. */
  readonly #later: Uint8Array | null;

  constructor(
    readonly shape: readonly [layers: number, heads: number, queries: number, keys: number],
    /** Only pairs whose key doesn't stand after its query have a code. */
    readonly causal: boolean,
    private readonly codes: Uint8Array,
    private readonly top: Uint8Array,
    private readonly levels: Float32Array,
  ) {
    const [layers, heads, queries, keys] = shape;
    if (!isOfFormat(levels)) throw damaged("its levels are not those of this format");
    for (const entry of top) if (ESCAPE + entry >= levels.length) throw damaged("a code names no level");
    this.#escapes = new Uint32Array(layers * heads + 1);
    const sums = new Float64Array(queries);
    let [escapes, smallest] = [0, ESCAPE];
    for (let head = 0, i = 0; head < layers * heads; head++) {
      sums.fill(0);
      for (let key = 0; key < keys; key++) {
        for (let query = causal ? key : 0; query < queries; query++) {
          const code = codes[i++];
          sums[query] += code === ESCAPE ? levels[ESCAPE + top[escapes++]] : levels[code];
          if (code < smallest) smallest = code;
        }
      }
      // Whoever wrote the file: no softmax gives more.
      for (const sum of sums) if (sum > LARGEST_SUM) throw damaged(`the weights of a token sum to ${sum.toFixed(2)}`);
      this.#escapes[head + 1] = escapes;
    }
    this.#later = causal && keys > 1 ? maskOfLater(keys) : null;
    this.hasMasked = smallest === MASKED || this.#later !== null;
    if (escapes !== top.length) throw damaged(`${escapes} codes look into a list of ${top.length}`);
  }

  /** The head at a position; `layer` counts the track's own layers. */
  head(layer: number, head: number): Head {
    const index = layer * this.shape[1] + head;
    return this.#decoded.get(index, () => this.#decode(index));
  }

  #decode(index: number): Head {
    const [, , queries, keys] = this.shape;
    const { codes, levels, top, causal } = this;
    const weights = new Float32Array(queries * keys);
    let masked: Uint8Array | null = null;
    let i = (codes.length / (this.shape[0] * this.shape[1])) * index;
    let next = this.#escapes[index];
    for (let key = 0; key < keys; key++) {
      const first = causal ? key : 0;
      for (let query = first, at = first * keys + key; query < queries; query++, at += keys) {
        const code = codes[i++];
        if (code === MASKED) {
          masked ??= this.#later?.slice() ?? new Uint8Array(weights.length);
          masked[at] = 1;
          continue;
        }
        weights[at] = code === ESCAPE ? levels[ESCAPE + top[next++]] : levels[code];
      }
    }
    return { weights, masked: masked ?? this.#later };
  }
}
