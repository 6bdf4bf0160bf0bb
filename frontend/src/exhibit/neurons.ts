/** Bytes → the numbers of which a model makes its attention. Mirrors `attnviz_mkdocs/neurons.py` and its codec. */

import { readError, readHeader } from "../bytes/header.ts";
import { damaged, isRecord, parseSafetensors, type Tensor, type Tensors } from "../bytes/safetensors.ts";
import type { Attention, Exhibit } from "./exhibit.ts";
import { type HeadNeurons, type Summary, summarise, weights } from "./scores.ts";

/** Neurons of a head, at most; no model has so many, and a file that says so would keep the page busy for good. */
const LARGEST_HEAD = 2 ** 12;
const BIASES = ["distance", "key", "pair"] as const;

interface Bias {
  readonly layout: (typeof BIASES)[number];
  readonly values: Tensor;
  /** The row of each layer, -1 for none. */
  readonly ofLayer: readonly number[];
}

/** One head's numbers, and what they come to once that is worked out. */
interface Unpacked {
  readonly at: string;
  readonly head: HeadNeurons;
  summary: Summary | null;
}

/** The neurons of one attention, unpacked head by head when asked for. */
export class Scores {
  /** The head that was asked for last. */
  #kept: Unpacked | null = null;

  constructor(
    readonly attention: Attention,
    private readonly queries: Tensor,
    private readonly keys: Tensor,
    private readonly scale: Float32Array,
    private readonly softcap: Float32Array | null,
    private readonly sinks: Float32Array | null,
    private readonly bias: Bias | null,
    /** Largest absolute difference between the softmax of these numbers and a captured weight. */
    readonly error: number,
  ) {}

  /** Neurons of a query or a key. */
  get size(): number {
    return this.queries.shape[3];
  }

  /** The head of keys that a head reads; several may share one. */
  keyHead(head: number): number {
    return Math.floor((head * this.keys.shape[1]) / this.queries.shape[1]);
  }

  /** The heads that read the same keys as this one, itself included. */
  group(head: number): number[] {
    const shared = this.keyHead(head);
    return [...Array(this.queries.shape[1]).keys()].filter((other) => this.keyHead(other) === shared);
  }

  /** Whether something is added to scores for positions, in some layer at least. */
  get hasBias(): boolean {
    return this.bias !== null;
  }

  /** @param layer The model's own number. */
  head(layer: number, head: number): HeadNeurons {
    return this.#keep(layer, head).head;
  }

  /** What a whole head says of itself; takes a while where there are many tokens. */
  summary(layer: number, head: number): Summary {
    const kept = this.#keep(layer, head);
    kept.summary ??= summarise(kept.head, this.attention.head(layer, head).weights);
    return kept.summary;
  }

  /** The same if it was worked out before, or else null. */
  knownSummary(layer: number, head: number): Summary | null {
    return this.#keep(layer, head).summary;
  }

  #keep(layer: number, head: number): Unpacked {
    const at = `${layer}:${head}`;
    const kept = this.#kept?.at === at ? this.#kept : { at, head: this.#unpack(layer, head), summary: null };
    this.#kept = kept;
    return kept;
  }

  /** The queries of one head, row-major `[query, neuron]`. */
  queriesOf(layer: number, head: number): Float32Array {
    return part(this.queries, this.attention.layers.indexOf(layer) * this.queries.shape[1] + head);
  }

  #unpack(layer: number, head: number): HeadNeurons {
    const { masked } = this.attention.head(layer, head);
    const at = this.attention.layers.indexOf(layer);
    const heads = this.queries.shape[1];
    return {
      size: this.size,
      queries: this.queriesOf(layer, head),
      keys: part(this.keys, at * this.keys.shape[1] + this.keyHead(head)),
      scale: this.scale[at],
      softcap: this.softcap?.[at] ?? 0,
      sink: this.sinks?.[at * heads + head] ?? null,
      bias: this.#biasOf(at, head),
      masked,
    };
  }

  #biasOf(at: number, head: number): HeadNeurons["bias"] {
    const line = this.bias?.ofLayer[at] ?? -1;
    if (!this.bias || line < 0) return null;
    const { layout, values } = this.bias;
    const own = part(values, line * this.queries.shape[1] + head, 2);
    const [queries, keys] = [this.attention.query.length, this.attention.key.length];
    if (layout === "key") return (_, key) => own[key];
    if (layout === "distance") return (query, key) => own[key - query + queries - 1];
    return (query, key) => own[query * keys + key];
  }
}

/** The neurons of one exhibit. */
export class Neurons {
  constructor(private readonly attentions: ReadonlyMap<string, Scores>) {}

  of(attention: string): Scores | null {
    return this.attentions.get(attention) ?? null;
  }

  /**
   * Attention as it comes of these numbers, row-major `[query, key]`.
   * @param layer The model's own number.
   * @param name Which attention, such as "cross"; the first where none is named.
   * @throws RangeError: there is no such layer, head or attention.
   */
  attention(layer: number, head: number, name: string = [...this.attentions.keys()][0]): Float32Array {
    const scores = this.of(name);
    if (!scores) throw new RangeError(`there are no neurons of the attention "${name}"`);
    return weights(scores.head(layer, head));
  }
}

/** @throws Error: the bytes are no neurons, are damaged, or belong to another exhibit; in words for the reader. */
export function parseNeurons(raw: Uint8Array, { attentions }: Pick<Exhibit, "attentions">): Neurons {
  const tensors = parseSafetensors(raw);
  const header = readHeader(tensors, "neurons");
  if (!Array.isArray(header.attentions)) throw damaged("its header is not complete");
  const known = new Map<string, Scores>();
  for (const about of header.attentions) {
    const attention = attentions.find(({ name }) => isRecord(about) && name === about.name);
    if (!attention || known.has(attention.name)) throw damaged("its neurons belong to another exhibit");
    known.set(attention.name, readScores(about, attention, tensors));
  }
  return new Neurons(known);
}

function readScores(about: Record<string, unknown>, attention: Attention, tensors: Tensors): Scores {
  const { name, heads, query, key } = attention;
  const layers = attention.layers.length;

  function find(what: string, shape: readonly (number | null)[]): Tensor | null {
    const tensor = tensors.find(`${name}.${what}`);
    if (!tensor) return null;
    const fits = tensor.shape.length === shape.length && shape.every((n, i) => n === null || n === tensor.shape[i]);
    if (!fits || !tensor.bytes.length) throw damaged(`the ${what} of "${name}" do not fit its attention`);
    if (tensor.dtype === "U8" || !areFinite(tensor)) throw damaged(`the ${what} of "${name}" are not all numbers`);
    return tensor;
  }
  function need(what: string, shape: readonly (number | null)[]): Tensor {
    const tensor = find(what, shape);
    if (!tensor) throw damaged(`the ${what} of "${name}" are missing`);
    return tensor;
  }
  const numbers = (tensor: Tensor | null) => tensor && part(tensor, 0, 0);

  const queries = need("queries", [layers, heads, query.length, null]);
  if (queries.shape[3] > LARGEST_HEAD) throw damaged(`its heads have ${queries.shape[3]} neurons`);
  const keys = need("keys", [layers, null, key.length, queries.shape[3]]);
  if (heads % keys.shape[1]) throw damaged(`${keys.shape[1]} heads of keys do not fit ${heads} heads`);
  return new Scores(
    attention,
    queries,
    keys,
    part(need("scale", [layers]), 0, 0),
    numbers(find("softcap", [layers])),
    numbers(find("sinks", [layers, heads])),
    isRecord(about.bias) ? readBias(about.bias, attention, need) : null,
    readError(about.error),
  );
}

function readBias(
  { layout, of_layer: ofLayer }: Record<string, unknown>,
  { heads, layers, query, key }: Attention,
  need: (what: string, shape: readonly (number | null)[]) => Tensor,
): Bias {
  const known = BIASES.find((name) => name === layout);
  if (!known) throw damaged("its bias has no known layout");
  const [queries, keys] = [query.length, key.length];
  const each = { distance: [queries + keys - 1], key: [keys], pair: [queries, keys] }[known];
  const values = need("bias", [null, heads, ...each]);
  const isRow = (row: unknown) => Number.isInteger(row) && (row as number) >= -1 && (row as number) < values.shape[0];
  if (!Array.isArray(ofLayer) || ofLayer.length !== layers.length || !ofLayer.every(isRow)) {
    throw damaged("its bias does not say which layer it is of");
  }
  return { layout: known, values, ofLayer };
}

/** The numbers at place `i` of a tensor's first `axes` axes; a copy, which is aligned. */
function part({ dtype, shape, bytes }: Tensor, i: number, axes = 2): Float32Array {
  const size = bytes.length / shape.slice(0, axes).reduce((count, length) => count * length, 1);
  const { buffer } = bytes.slice(i * size, (i + 1) * size);
  return dtype === "F16" ? Float32Array.from(new Uint16Array(buffer), fromHalf) : new Float32Array(buffer);
}

/** IEEE 754 half precision: a sign, 5 bits of exponent, 10 of fraction. */
export function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  const size = exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14;
  return bits & 0x8000 ? -size : size;
}

/** Whether no number is infinite or none: those have all bits of their exponent set. */
function areFinite({ dtype, bytes }: Tensor): boolean {
  const [size, high, low] = dtype === "F16" ? [2, 0x7c, 0] : [4, 0x7f, 0x80];
  for (let i = size - 1; i < bytes.length; i += size) {
    if ((bytes[i] & 0x7f) >= high && (bytes[i - 1] & low) === low) return false;
  }
  return true;
}
