import { describe, expect, test } from "vitest";
import { byShare, type HeadNeurons, row, Shares, summarise, weights } from "../src/exhibit/scores.ts";

const [QUERIES, KEYS, SIZE] = [4, 5, 3];

/** Numbers that look random and are the same on every run. */
const noise = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => 2 * Math.sin(seed + 12.9898 * i));

function head(given: Partial<HeadNeurons> = {}): HeadNeurons {
  return {
    size: SIZE,
    queries: noise(QUERIES * SIZE, 1),
    keys: noise(KEYS * SIZE, 2),
    scale: 0.5,
    softcap: 0,
    sink: null,
    bias: null,
    masked: null,
    ...given,
  };
}

/** The formula, written out: one weight, straight from its definition. */
function expected({ queries, keys, scale, softcap, sink, bias, masked }: HeadNeurons, query: number, key: number) {
  const score = (k: number) => {
    let s = 0;
    for (let d = 0; d < SIZE; d++) s += scale * queries[query * SIZE + d] * keys[k * SIZE + d];
    if (softcap) s = softcap * Math.tanh(s / softcap);
    s += bias ? bias(query, k) : 0;
    return masked?.[query * KEYS + k] ? 0 : Math.exp(s);
  };
  const total = [...Array(KEYS).keys()].reduce((sum, k) => sum + score(k), sink === null ? 0 : Math.exp(sink));
  return score(key) / total;
}

const later = Uint8Array.from({ length: QUERIES * KEYS }, (_, i) => Number(i % KEYS > Math.floor(i / KEYS)));

describe.each<[string, Partial<HeadNeurons>]>([
  ["plain", {}],
  ["masked", { masked: later }],
  ["with a bias", { bias: (query, key) => 0.3 * query - 0.2 * key * key }],
  ["with a soft cap", { softcap: 1.5 }],
  ["with a sink", { sink: 0.7 }],
  ["with all of them", { masked: later, bias: (_, key) => -key, softcap: 2, sink: -1 }],
])("a head %s", (_, given) => {
  const made = head(given);

  test("has the softmax of the formula", () => {
    const all = weights(made);
    expect(all).toHaveLength(QUERIES * KEYS);
    all.forEach((weight, i) => {
      expect(weight).toBeCloseTo(expected(made, Math.floor(i / KEYS), i % KEYS), 6);
    });
  });

  test("has rows that sum to 1 with their sink", () => {
    for (let query = 0; query < QUERIES; query++) {
      const { weights, sink } = row(made, query);
      expect(weights.reduce((sum, weight) => sum + weight, sink)).toBeCloseTo(1, 12);
      expect(sink > 0).toBe(made.sink !== null);
    }
  });

  test("has shares that sum to 1", () => {
    const several = summarise(made, weights(made)).shares;
    const one = new Shares(made).add(2, row(made, 2)).values();
    for (const shares of [one, several]) expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 10);
  });
});

test("large scores do not overflow", () => {
  const made = head({ scale: 1e4 });
  expect([...weights(made)].every((weight) => weight >= 0 && weight <= 1)).toBe(true);
});

test("a query that sees nothing attends to nothing, and has no share in anything", () => {
  const made = head({ masked: new Uint8Array(QUERIES * KEYS).fill(1) });
  expect([...weights(made)]).toEqual(Array(QUERIES * KEYS).fill(0));
  expect([...summarise(made, weights(made)).shares]).toEqual([0, 0, 0]);
});

test("a share is cov(c, s) / var(s) over the keys that are seen", () => {
  const made = head({ masked: later });
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value) / values.length;
  const cov = (a: number[], b: number[]) => mean(a.map((value, i) => value * b[i])) - mean(a) * mean(b);
  let variance = 0;
  const sums = [0, 0, 0];
  for (let query = 0; query < QUERIES; query++) {
    const seen = [...Array(query + 1).keys()];
    const part = (d: number) => seen.map((k) => 0.5 * made.queries[query * SIZE + d] * made.keys[k * SIZE + d]);
    const scores = seen.map((_, i) => part(0)[i] + part(1)[i] + part(2)[i]);
    const own = [0, 1, 2].map((d) => cov(part(d), scores));
    if (query > 0) {
      const shares = new Shares(made).add(query, row(made, query)).values();
      own.forEach((value, d) => {
        expect(shares[d]).toBeCloseTo(value / cov(scores, scores), 8);
      });
    }
    own.forEach((value, d) => {
      sums[d] += value;
    });
    variance += cov(scores, scores);
  }
  const { shares } = summarise(made, weights(made));
  sums.forEach((sum, d) => {
    expect(shares[d]).toBeCloseTo(sum / variance, 8);
  });
});

test("a neuron that adds the same to all keys has no share", () => {
  const keys = noise(KEYS * SIZE, 3);
  for (let key = 0; key < KEYS; key++) keys[key * SIZE + 1] = 5;
  const made = head({ keys });
  expect(summarise(made, weights(made)).shares[1]).toBeCloseTo(0, 12);
});

test("the summary finds the largest difference from what is shown", () => {
  const made = head();
  const shown = weights(made);
  shown[7] += 0.25;
  shown[11] -= 0.125;
  expect(summarise(made, shown).difference).toBeCloseTo(0.25, 6);
});

test("neurons are ordered by share, most first; the weakest works against the others", () => {
  expect(byShare(Float64Array.of(0.2, -0.3, 0.8, 0.3))).toEqual([2, 3, 0, 1]);
});
