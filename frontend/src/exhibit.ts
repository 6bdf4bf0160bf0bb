/** Bytes → numbers: one model on one input, as captured. Mirrors `attnviz_mkdocs/exhibit.py` and `codec.py`. */

import { damaged, isRecord, isShape, parseJson, parseSafetensors, type Tensors } from "./safetensors.ts";

const FORMAT = 1;
/** Code of a key that the query may not see. */
const MASKED = 0;
/** Code that says: look into `top`. */
const ESCAPE = 255;
/** Decoded heads are kept up to this many weights; a tab with long texts must not grow without end. */
const KEPT_WEIGHTS = 2 ** 23;

export interface Token {
  readonly label: string;
  /** Added by the tokenizer; stands for nothing in the text. */
  readonly special: boolean;
  /** 0 for the text, 1 for its pair. */
  readonly segment: number;
  /** Continues the word of the token before it. */
  readonly continues: boolean;
}

/** One head's attention. */
export interface Head {
  /** Row-major `[query, key]`; masked is 0. */
  readonly weights: Float32Array;
  /** 1 where a query may not see a key, row-major `[query, key]`; null where all see all. */
  readonly masked: Uint8Array | null;
}

export interface Provenance {
  readonly model: string;
  readonly source: string;
  readonly revision: string | null;
  readonly architecture: string;
  readonly dtype: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** Attention of all layers and heads as 8-bit codes, decoded head by head when asked for. */
class Track {
  readonly #decoded = new Map<number, Head>();
  /** How many codes before head `i` look into `top`. */
  readonly #escapes: Uint32Array;

  constructor(
    readonly shape: readonly [number, number, number, number],
    private readonly causal: boolean,
    private readonly codes: Uint8Array,
    private readonly top: Uint8Array,
    private readonly levels: Float32Array,
  ) {
    const heads = shape[0] * shape[1];
    const size = codes.length / heads;
    this.#escapes = new Uint32Array(heads + 1);
    let [escapes, largest] = [0, 0];
    for (let head = 0, i = 0; head < heads; head++) {
      for (const end = i + size; i < end; i++) {
        const code = codes[i];
        if (code === ESCAPE) escapes++;
        else if (code > largest) largest = code;
      }
      this.#escapes[head + 1] = escapes;
    }
    if (escapes !== top.length) throw damaged(`${escapes} codes look into a list of ${top.length}`);
    for (const entry of top) largest = Math.max(largest, ESCAPE + entry);
    if (largest >= levels.length) throw damaged(`a code names level ${largest} of ${levels.length}`);
    if (!levels.every((level) => level >= 0 && level <= 1)) throw damaged("a level is not a probability");
  }

  head(layer: number, head: number): Head {
    const index = layer * this.shape[1] + head;
    let decoded = this.#decoded.get(index);
    if (!decoded) {
      decoded = this.#decode(index);
      this.#decoded.set(index, decoded);
      for (const oldest of this.#decoded.keys()) {
        if (this.#decoded.size * decoded.weights.length <= KEPT_WEIGHTS || oldest === index) break;
        this.#decoded.delete(oldest);
      }
    }
    return decoded;
  }

  #decode(index: number): Head {
    const [, , queries, keys] = this.shape;
    const { codes, levels, top, causal } = this;
    const weights = new Float32Array(queries * keys);
    const masked = new Uint8Array(queries * keys);
    let i = (codes.length / (this.shape[0] * this.shape[1])) * index;
    let next = this.#escapes[index];
    let hidden = 0;
    for (let key = 0; key < keys; key++) {
      const first = causal ? key : 0;
      for (let query = 0; query < first; query++) masked[query * keys + key] = 1;
      hidden += first;
      for (let query = first, at = first * keys + key; query < queries; query++, at += keys) {
        const code = codes[i++];
        if (code === MASKED) {
          masked[at] = 1;
          hidden++;
          continue;
        }
        weights[at] = code === ESCAPE ? levels[ESCAPE + top[next++]] : levels[code];
      }
    }
    return { weights, masked: hidden ? masked : null };
  }
}

export class Exhibit {
  readonly layers: number;
  readonly heads: number;
  /** Labels of the tokens that attend and of those attended to. */
  readonly tokens: { readonly query: string[]; readonly key: string[] };

  constructor(
    readonly text: string,
    readonly pair: string | null,
    readonly query: readonly Token[],
    readonly key: readonly Token[],
    readonly provenance: Provenance,
    /** Largest absolute difference between a decoded and a captured weight. */
    readonly error: number,
    private readonly track: Track,
  ) {
    [this.layers, this.heads] = track.shape;
    this.tokens = { query: query.map((token) => token.label), key: key.map((token) => token.label) };
  }

  /** Whether tokens of two segments are there, so that a filter makes sense. */
  get hasPair(): boolean {
    return [this.query, this.key].every((tokens) => new Set(tokens.map(({ segment }) => segment)).size === 2);
  }

  /**
   * Decoded attention, row-major `[query, key]`; masked is 0. The caller's own copy.
   * @throws RangeError: there is no such layer or head.
   */
  attention(layer: number, head: number): Float32Array {
    return this.head(layer, head).weights.slice();
  }

  /** 1 where a query may not see a key, row-major `[query, key]`. The caller's own copy. */
  masked(layer: number, head: number): Uint8Array {
    const { masked, weights } = this.head(layer, head);
    return masked ? masked.slice() : new Uint8Array(weights.length);
  }

  /** One head, shared and kept: for the views, which only read. */
  head(layer: number, head: number): Head {
    within("layer", layer, this.layers);
    within("head", head, this.heads);
    return this.track.head(layer, head);
  }
}

function within(name: string, index: number, length: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= length) {
    throw new RangeError(`${name} ${index} does not exist: expected 0 to ${length - 1}`);
  }
}

/** @throws Error: the bytes are not an exhibit, are damaged, or are of a newer format; in words for the reader. */
export function parseExhibit(raw: Uint8Array): Exhibit {
  const tensors = parseSafetensors(raw);
  const header = parseJson(tensors.metadata.attnviz);
  if (header.format !== FORMAT) {
    throw new Error(`This view has format ${header.format}, the page's script reads ${FORMAT}. Build the page again.`);
  }
  const { tokens, tracks, provenance, text, pair } = header;
  if (!isRecord(tokens) || !isRecord(tracks) || !isRecord(provenance)) throw damaged("its header is not complete");
  const query = readTokens(tokens.query);
  const key = tokens.key === null ? query : readTokens(tokens.key);
  const about = tracks.attention;
  if (!isRecord(about)) throw damaged("it holds no attention");
  const error = isRecord(about.error) ? Number(about.error.largest) : Number.NaN;
  return new Exhibit(
    String(text),
    typeof pair === "string" ? pair : null,
    query,
    key,
    readProvenance(provenance),
    error,
    readTrack("attention", about, tensors, query.length, key.length),
  );
}

function readTrack(
  name: string,
  about: Record<string, unknown>,
  tensors: Tensors,
  queries: number,
  keys: number,
): Track {
  const { shape, layout } = about;
  if (!isShape(shape) || shape.length !== 4 || shape.includes(0)) throw damaged(`track "${name}" has no shape`);
  const [layers, heads] = shape;
  if (shape[2] !== queries || shape[3] !== keys) throw damaged(`track "${name}" does not fit the tokens`);
  const causal = layout === "causal";
  if (causal ? queries !== keys : layout !== "full") throw damaged(`track "${name}" has no known layout`);
  const packed = causal ? [layers, heads, (queries * (queries + 1)) / 2] : [layers, heads, keys, queries];
  return new Track(
    [layers, heads, queries, keys],
    causal,
    tensors.u8(`${name}.codes`, packed),
    tensors.u8(`${name}.top`, null),
    tensors.f32(`${name}.levels`),
  );
}

function readTokens(columns: unknown): Token[] {
  if (!isRecord(columns)) throw damaged("it holds no tokens");
  const { label, special, segment, continues } = columns;
  const all = [label, special, segment, continues];
  if (!Array.isArray(label) || !all.every((column) => Array.isArray(column) && column.length === label.length)) {
    throw damaged("its tokens are not complete");
  }
  const [, specials, segments, continuing] = all as unknown[][];
  return label.map((text, i) => ({
    label: String(text),
    special: Boolean(specials[i]),
    segment: segments[i] === 1 ? 1 : 0,
    continues: Boolean(continuing[i]),
  }));
}

function readProvenance(about: Record<string, unknown>): Provenance {
  const versions = isRecord(about.versions) ? about.versions : {};
  return {
    model: String(about.model),
    source: String(about.source),
    revision: typeof about.revision === "string" ? about.revision : null,
    architecture: String(about.architecture),
    dtype: String(about.dtype),
    versions: Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, String(version)])),
  };
}
