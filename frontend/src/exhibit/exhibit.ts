/** Bytes → one model on one input, as captured. Mirrors `attnviz_mkdocs/exhibit.py` and `codec/exhibits.py`. */

import { readError, readHeader } from "../bytes/header.ts";
import { damaged, isRecord, isShape, parseSafetensors, readText, type Tensors } from "../bytes/safetensors.ts";
import { type Statistics, statisticsOf } from "./statistics.ts";
import { type Head, Track } from "./track.ts";

/**
 * More than any model has; a file that says so would keep the page busy for good. Heads are those of all layers, and
 * texts the notes and the versions of packages.
 */
const MOST = { attentions: 8, sequences: 8, heads: 2 ** 15, tokens: 2 ** 12, texts: 64 };

export interface Token {
  readonly label: string;
  /** What stands in the text between it and the token before it: white space, mostly. */
  readonly before: string;
  /** Added by the tokenizer; stands for nothing in the text. */
  readonly special: boolean;
  /** 0 for the text, 1 for its pair. */
  readonly segment: number;
  /** Continues the word of the token before it. */
  readonly continues: boolean;
  /** Written by the model. */
  readonly generated: boolean;
  /** Who says it, in a chat. */
  readonly role: string | null;
  /** Which of how many pieces of one character it is, from 1; null for whole characters. */
  readonly part: readonly [number: number, of: number] | null;
}

/** One of the attentions that a model has: its self-attention, or a decoder's attention on an encoder. */
export class Attention {
  readonly heads: number;
  /** Some query may not see some key. */
  readonly hasMasked: boolean;
  readonly #statistics = new Map<string, Statistics>();

  constructor(
    readonly name: string,
    /** Names of the tokens that attend and of those attended to, such as "target" and "source". */
    readonly of: { readonly query: string; readonly key: string },
    readonly query: readonly Token[],
    readonly key: readonly Token[],
    /** The model's own number of each layer; hybrids skip some. */
    readonly layers: readonly number[],
    /** Largest absolute difference between a decoded and a captured weight. */
    readonly error: number,
    private readonly track: Track,
  ) {
    this.heads = track.shape[1];
    this.hasMasked = track.hasMasked;
  }

  /** Whether tokens of two segments are there, so that a filter makes sense. */
  get hasPair(): boolean {
    return [this.query, this.key].every((tokens) => new Set(tokens.map(({ segment }) => segment)).size === 2);
  }

  /**
   * One head of the layer with that number, shared and kept: for those who only read.
   * @throws RangeError: there is no such layer or head.
   */
  head(layer: number, head: number): Head {
    const at = this.layers.indexOf(layer);
    if (at < 0) throw new RangeError(`layer ${layer} does not exist: expected ${range(this.layers)}`);
    if (!Number.isInteger(head) || head < 0 || head >= this.heads) {
      throw new RangeError(`head ${head} does not exist: expected 0 to ${this.heads - 1}`);
    }
    return this.track.head(at, head);
  }

  /** Whether the tokens that look are those that are looked at. */
  get isSelf(): boolean {
    return this.of.query === this.of.key;
  }

  /**
   * What one head does, of pieces as they were captured; kept.
   * @throws RangeError: there is no such layer or head.
   */
  statistics(layer: number, head: number): Statistics {
    const name = `${layer}.${head}`;
    const known = this.#statistics.get(name) ?? statisticsOf(this.head(layer, head), this.key, this.isSelf);
    this.#statistics.set(name, known);
    return known;
  }
}

function range(layers: readonly number[]): string {
  const [first, last] = [layers[0], layers[layers.length - 1]];
  return last - first === layers.length - 1 ? `${first} to ${last}` : `one of ${layers.join(", ")}`;
}

export interface Provenance {
  readonly model: string;
  readonly source: string;
  readonly revision: string | null;
  readonly architecture: string;
  readonly dtype: string;
  readonly versions: Readonly<Record<string, string>>;
}

export class Exhibit {
  /** Of the first attention: how many layers and heads, and the labels of its tokens. */
  readonly layers: number;
  readonly heads: number;
  readonly tokens: { readonly query: string[]; readonly key: string[] };

  constructor(
    readonly text: string | null,
    readonly pair: string | null,
    /** What the decoder of an encoder-decoder model reads. */
    readonly target: string | null,
    /** Sentences that a reader must know to read the numbers. */
    readonly notes: readonly string[],
    /** The first is shown first. */
    readonly attentions: readonly Attention[],
    readonly provenance: Provenance,
  ) {
    const [{ query, key, layers, heads }] = attentions;
    this.layers = layers.length;
    this.heads = heads;
    this.tokens = { query: query.map(({ label }) => label), key: key.map(({ label }) => label) };
  }

  /** Largest absolute difference between a decoded and a captured weight. */
  get error(): number {
    return Math.max(...this.attentions.map(({ error }) => error));
  }

  /**
   * The attention of that name; the first where none is named.
   * @throws RangeError: there is no such attention.
   */
  find(name: string = this.attentions[0].name): Attention {
    const found = this.attentions.find((attention) => attention.name === name);
    if (found) return found;
    const names = this.attentions.map((attention) => attention.name).join(", ");
    throw new RangeError(`attention "${name}" does not exist: expected one of ${names}`);
  }

  /**
   * Decoded attention, row-major `[query, key]`; masked is 0. The caller's own copy.
   * @param layer the model's own number of it.
   * @param name which attention, such as "cross"; the first where none is named.
   * @throws RangeError: there is no such layer, head or attention.
   */
  attention(layer: number, head: number, name?: string): Float32Array {
    return this.find(name).head(layer, head).weights.slice();
  }

  /** 1 where a query may not see a key, row-major `[query, key]`. The caller's own copy. */
  masked(layer: number, head: number, name?: string): Uint8Array {
    const { masked, weights } = this.find(name).head(layer, head);
    return masked ? masked.slice() : new Uint8Array(weights.length);
  }
}

/** @throws Error: the bytes are not an exhibit, are damaged, or are of another format; in words for the reader. */
export function parseExhibit(raw: Uint8Array): Exhibit {
  const tensors = parseSafetensors(raw);
  const header = readHeader(tensors, "attention");
  const { tokens, attentions, provenance, notes } = header;
  if (!isRecord(tokens) || !isRecord(provenance)) throw damaged("its header is not complete");
  if (!Array.isArray(attentions) || !attentions.length || attentions.length > MOST.attentions) {
    throw damaged("it holds no attention");
  }
  if (Object.keys(tokens).length > MOST.sequences) throw damaged("it has too many texts");
  const [text, pair, target] = [header.text, header.pair, header.target].map(readOptional);
  const sequences = new Map(
    Object.entries(tokens).map(([name, columns]) => [
      name,
      readTokens(columns, name === "target" ? [target] : [text, pair]),
    ]),
  );
  const levels = tensors.f32("levels");
  const names = attentions.map((about) => isRecord(about) && about.name && readText(about.name));
  if (names.some((name, i) => !name || names.indexOf(name) < i)) throw damaged("its attentions have no names");
  return new Exhibit(
    text,
    pair,
    target,
    readTexts(notes),
    attentions.map((about) => readAttention(about, sequences, levels, tensors)),
    readProvenance(provenance),
  );
}

function readAttention(
  about: unknown,
  sequences: ReadonlyMap<string, readonly Token[]>,
  levels: Float32Array,
  tensors: Tensors,
): Attention {
  if (!isRecord(about)) throw damaged("it holds no attention");
  const { shape, layout, layers } = about;
  const name = readText(about.name);
  const of = { query: readText(about.query), key: readText(about.key) };
  const [query, key] = [sequences.get(of.query), sequences.get(of.key)];
  if (!query || !key) throw damaged(`the tokens of attention "${name}" are missing`);
  if (!isShape(shape) || shape.length !== 4 || shape.includes(0)) throw damaged(`attention "${name}" has no shape`);
  const [layerCount, heads, queries, keys] = shape;
  if (queries !== query.length || keys !== key.length) throw damaged(`attention "${name}" does not fit the tokens`);
  if (!isAscending(layers) || layers.length !== layerCount)
    throw damaged(`attention "${name}" does not fit its layers`);
  if (layerCount * heads > MOST.heads || Math.max(queries, keys) > MOST.tokens) {
    throw damaged(`attention "${name}" claims the shape ${shape.join(" × ")}`);
  }
  const causal = layout === "causal";
  if (causal ? queries !== keys : layout !== "full") throw damaged(`attention "${name}" has no known layout`);
  const packed = causal ? [layerCount, heads, (queries * (queries + 1)) / 2] : [layerCount, heads, keys, queries];
  const track = new Track(
    [layerCount, heads, queries, keys],
    causal,
    tensors.u8(`${name}.codes`, packed),
    tensors.u8(`${name}.top`, null),
    levels,
  );
  const error = readError(isRecord(about.error) && about.error.largest);
  return new Attention(name, of, query, key, layers, error, track);
}

function readTexts(values: unknown): string[] {
  if (!Array.isArray(values) || values.length > MOST.texts) throw damaged("it has no notes, or too many");
  return values.map(readText);
}

const readOptional = (value: unknown): string | null => (value === null ? null : readText(value));

function isAscending(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n, i) => Number.isSafeInteger(n) && n > (i ? value[i - 1] : -1));
}

const isText = (value: unknown): value is string => typeof value === "string";
const isWhole = (value: unknown): boolean => Number.isInteger(value);

/** What is said of each token, a list for each, and what it may be. */
const COLUMNS: Readonly<Record<string, (value: unknown) => boolean>> = {
  label: isText,
  start: isWhole,
  end: isWhole,
  special: isWhole,
  segment: (value) => value === 0 || value === 1,
  continues: isWhole,
  generated: isWhole,
  role: (value) => value === null || isText(value),
};

interface Columns {
  readonly label: readonly string[];
  readonly role: readonly (string | null)[];
  readonly [column: string]: readonly unknown[];
}

function areColumns(columns: Record<string, unknown>): columns is Columns {
  const { label } = columns;
  return Object.entries(COLUMNS).every(([name, isValid]) => {
    const values = columns[name];
    return Array.isArray(values) && values.length === (label as unknown[]).length && values.every(isValid);
  });
}

/** Tokens of a text, or of a text and its pair. */
function readTokens(columns: unknown, texts: readonly (string | null)[]): Token[] {
  if (!isRecord(columns) || !areColumns(columns)) throw damaged("its tokens are not complete");
  const { label, start, end, special, segment, continues, generated, role } = columns;
  if (label.length > MOST.tokens) throw damaged(`a text of it has ${label.length} tokens`);
  const parts = readParts(start, end);
  const signs = texts.map((text) => [...(text ?? "")]);
  const ends = texts.map(() => 0);
  return label.map((text, i) => {
    const about = {
      label: text,
      special: Boolean(special[i]),
      segment: Number(segment[i]),
      continues: Boolean(continues[i]),
    };
    const [from, to, of] = [Number(start[i]), Number(end[i]), about.segment];
    // Looked up only where it can be: a file may say of every token that it is the whole of a long text.
    const canBe = from >= 0 && to >= from && to - from <= about.label.length;
    const isPlaced = canBe && signs[of]?.slice(from, to).join("") === about.label;
    // Where no text says what stands between tokens, a space does.
    const space = i && !about.special && !about.continues ? " " : "";
    const before = isPlaced ? signs[of].slice(ends[of], from).join("") : space;
    if (isPlaced) ends[of] = Math.max(ends[of], to);
    return { ...about, before, generated: Boolean(generated[i]), role: role[i], part: parts[i] };
  });
}

/** Neighbours that stand for the same characters are pieces of one. */
function readParts(start: readonly unknown[], end: readonly unknown[]): Token["part"][] {
  const parts: Token["part"][] = start.map(() => null);
  for (let from = 0, to = 1; from < start.length; from = to++) {
    while (to < start.length && start[to] === start[from] && end[to] === end[from]) to++;
    if (to - from === 1 || start[from] === -1 || start[from] === end[from]) continue;
    for (let i = from; i < to; i++) parts[i] = [i - from + 1, to - from];
  }
  return parts;
}

function readProvenance(about: Record<string, unknown>): Provenance {
  const { versions, disagreement } = about;
  if (!isRecord(versions) || typeof disagreement !== "number") throw damaged("it does not say where it comes from");
  readTexts(Object.values(versions));
  const [model, source, architecture, dtype] = ["model", "source", "architecture", "dtype", "fingerprint", "asked"].map(
    (name) => readText(about[name]),
  );
  const revision = readOptional(about.revision);
  return { model, source, revision, architecture, dtype, versions: versions as Record<string, string> };
}
