/** From queries and keys to attention, for one head; formulas only. */

/** What one head makes its attention of. */
export interface HeadNeurons {
  /** Neurons of a query or a key. */
  readonly size: number;
  /** After rotary embedding, row-major `[query, neuron]` and `[key, neuron]`. */
  readonly queries: Float32Array;
  readonly keys: Float32Array;
  readonly scale: number;
  /** Scores are kept within ± this; 0 where they are not. */
  readonly softcap: number;
  /** The score of a sink, which takes part in the softmax and whose weight no token gets. */
  readonly sink: number | null;
  /** What is added for positions; null where nothing is. */
  readonly bias: ((query: number, key: number) => number) | null;
  /** 1 where a query may not see a key, row-major `[query, key]`; null where all see all. */
  readonly masked: Uint8Array | null;
}

/** One query against all keys, an entry for each key. */
export interface Row {
  /** q·k */
  readonly dots: Float64Array;
  /** scale · q·k, within the soft cap. */
  readonly capped: Float64Array;
  /** With the bias; -∞ for a masked key. What the softmax gets. */
  readonly scores: Float64Array;
  /** The softmax. */
  readonly weights: Float64Array;
  /** What the sink takes of it. */
  readonly sink: number;
}

export const keyCount = ({ keys, size }: HeadNeurons): number => keys.length / size;
export const queryCount = ({ queries, size }: HeadNeurons): number => queries.length / size;

/** `s = scale·(q·k)`; `s = softcap·tanh(s / softcap)`; `s += bias`; the softmax over the keys that are seen and the sink. */
export function row(head: HeadNeurons, query: number): Row {
  const { size, queries, keys, scale, softcap, bias, masked } = head;
  const count = keyCount(head);
  const dots = new Float64Array(count);
  const capped = new Float64Array(count);
  const scores = new Float64Array(count);
  const from = query * size;
  for (let key = 0, at = 0; key < count; key++) {
    let dot = 0;
    for (let i = 0; i < size; i++) dot += queries[from + i] * keys[at++];
    dots[key] = dot;
    const scaled = scale * dot;
    capped[key] = softcap ? softcap * Math.tanh(scaled / softcap) : scaled;
    const isMasked = masked?.[query * count + key];
    scores[key] = isMasked ? Number.NEGATIVE_INFINITY : capped[key] + (bias?.(query, key) ?? 0);
  }
  return { dots, capped, scores, ...softmax(scores, head.sink) };
}

function softmax(scores: Float64Array, sink: number | null): { weights: Float64Array; sink: number } {
  const most = scores.reduce((most, score) => Math.max(most, score), sink ?? Number.NEGATIVE_INFINITY);
  // A query that may see nothing attends to nothing.
  if (most === Number.NEGATIVE_INFINITY) return { weights: new Float64Array(scores.length), sink: 0 };
  const weights = scores.map((score) => Math.exp(score - most));
  const last = sink === null ? 0 : Math.exp(sink - most);
  const total = weights.reduce((sum, weight) => sum + weight, last);
  return { weights: weights.map((weight) => weight / total), sink: last / total };
}

/** The softmax of every query, row-major `[query, key]`. */
export function weights(head: HeadNeurons): Float32Array {
  const count = keyCount(head);
  const all = new Float32Array(queryCount(head) * count);
  for (let query = 0; query * count < all.length; query++) all.set(row(head, query).weights, query * count);
  return all;
}

/**
 * How much of what tells keys apart each neuron brings.
 *
 * With `c_jd = scale·q_d·k_jd` and `s_j = Σ_d c_jd`, over the keys `j` that the query sees:
 * `share_d = cov_j(c_jd, s_j) / var_j(s_j)`. Covariances add up, so shares sum to 1; a neuron that adds the same to
 * all keys has none, as the softmax doesn't heed it; one that works against the others has a negative share.
 * Over several queries, covariances and variances are summed before they are divided. All are 0 where no query tells
 * any keys apart. The soft cap and the bias come after the sum over neurons and have no part in this.
 */
export class Shares {
  readonly #covariances: Float64Array;
  #variance = 0;

  constructor(private readonly head: HeadNeurons) {
    this.#covariances = new Float64Array(head.size);
  }

  add(query: number, { dots, scores }: Row): this {
    const { size, queries, keys, scale } = this.head;
    let [seen, sum] = [0, 0];
    for (let key = 0; key < dots.length; key++) {
      if (scores[key] === Number.NEGATIVE_INFINITY) continue;
      seen++;
      sum += dots[key];
    }
    const spread = new Float64Array(size);
    for (let key = 0; key < dots.length; key++) {
      if (scores[key] === Number.NEGATIVE_INFINITY) continue;
      const deviation = (scale * (dots[key] - sum / seen)) / seen;
      this.#variance += deviation * deviation * seen;
      for (let i = 0, at = key * size; i < size; i++) spread[i] += deviation * keys[at++];
    }
    for (let i = 0; i < size; i++) this.#covariances[i] += scale * queries[query * size + i] * spread[i];
    return this;
  }

  /** An entry for each neuron. */
  values(): Float64Array {
    return this.#covariances.map((covariance) => (this.#variance > 0 ? covariance / this.#variance : 0));
  }
}

/** What a whole head says of itself. */
export interface Summary {
  /** Which neurons drive the head; see `Shares`. */
  readonly shares: Float64Array;
  /** Largest difference between the softmax of these numbers and the attention that is shown. */
  readonly difference: number;
}

/** @param shown The attention that is shown, row-major `[query, key]`. */
export function summarise(head: HeadNeurons, shown: Float32Array): Summary {
  const shares = new Shares(head);
  let difference = 0;
  for (let query = 0, at = 0; query < queryCount(head); query++) {
    const current = row(head, query);
    shares.add(query, current);
    for (const weight of current.weights) difference = Math.max(difference, Math.abs(weight - shown[at++]));
  }
  return { shares: shares.values(), difference };
}

/** Neurons in the order of how much they bring, most first. */
export function byShare(shares: Float64Array): number[] {
  return [...shares.keys()].sort((a, b) => shares[b] - shares[a]);
}
