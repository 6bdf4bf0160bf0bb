import { describe, expect, test } from "vitest";
import { parseExhibit, type Token } from "../src/exhibit/exhibit.ts";
import { STATISTICS, type Statistics, statisticsOf } from "../src/exhibit/statistics.ts";
import { describeHeads, formatStatistic, mostOf, ranked } from "../src/scene/ranking.ts";
import { ATTENTIONS, fixture, token } from "./fixtures.ts";

type Rows = readonly (readonly number[])[];

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The formulas, as plainly as can be; rows that see nothing are left out before. */
function plainly(
  rows: readonly { readonly i: number; readonly row: readonly number[] }[],
  n: number,
  keys: readonly Token[],
) {
  return {
    entropy: mean(rows.map(({ row }) => -sum(row.map((weight) => (weight ? weight * Math.log(weight) : 0))))),
    distance: mean(rows.map(({ i, row }) => sum(row.map((weight, j) => weight * Math.abs(i - j))))),
    previous: mean(rows.filter(({ i }) => i >= 1).map(({ i, row }) => row[i - 1])),
    next: mean(rows.filter(({ i }) => i < n - 1).map(({ i, row }) => row[i + 1])),
    self: mean(rows.map(({ i, row }) => row[i])),
    first: mean(rows.map(({ row }) => row[0])),
    special: mean(rows.map(({ row }) => sum(row.filter((_, j) => keys[j].special)))),
  };
}

/** Weights below 0.001 are decoded as 0, so a row's entropy and distance may lack a little of each key. */
const CLOSE = { entropy: 0.05, distance: 0.03 } as const;

describe.each(ATTENTIONS)("%s %s", (name, of) => {
  const { raw, expected } = fixture(name);
  const attention = parseExhibit(raw).find(of);
  const { layers, shape, weights } = expected[of];
  const [, heads, queries, keys] = shape;

  test("has the statistics of the captured weights", () => {
    layers.forEach((layer, at) => {
      for (let head = 0; head < heads; head++) {
        const start = (at * heads + head) * queries * keys;
        const rows = Array.from({ length: queries }, (_, i) => {
          return { i, row: weights.slice(start + i * keys, start + (i + 1) * keys) };
        });
        const wanted: Statistics = plainly(rows, queries, attention.key);
        const found = attention.statistics(layer, head);
        expect(Object.keys(found)).toEqual(of === "cross" ? ["entropy", "first", "special"] : [...STATISTICS]);
        for (const name of Object.keys(found) as (keyof Statistics)[]) {
          const allowed = name === "entropy" || name === "distance" ? CLOSE[name] : 0.0021 * keys;
          expect(Math.abs((found[name] as number) - (wanted[name] as number))).toBeLessThan(allowed);
        }
        expect(attention.statistics(layer, head)).toBe(found);
      }
    });
  });
});

const headOf = (rows: Rows, masked: Rows | null = null) => ({
  weights: Float32Array.from(rows.flat()),
  masked: masked && Uint8Array.from(masked.flat()),
});
const plain = (count: number) => Array.from({ length: count }, (_, i) => token(String(i)));

test("a head that looks at the token before scores 1", () => {
  const rows = Array.from({ length: 6 }, (_, i) =>
    Array.from({ length: 6 }, (_, j) => Number(j === Math.max(0, i - 1))),
  );
  expect(statisticsOf(headOf(rows), plain(6), true)).toEqual({
    entropy: 0,
    distance: 5 / 6,
    previous: 1,
    next: 0,
    self: 1 / 6,
    first: 2 / 6,
    special: 0,
  });
});

test("uniform attention has the entropy ln n", () => {
  const n = 16;
  const rows = Array.from({ length: n }, () => Array(n).fill(1 / n));
  const found = statisticsOf(headOf(rows), plain(n), true);
  expect(found.entropy).toBeCloseTo(Math.log(n), 12);
  expect(found.next).toBe(1 / n);
  expect(mostOf("entropy", n)).toBe(Math.log(n));
});

test("rows that see nothing enter no mean", () => {
  const keys = [token("[CLS]", { special: true }), token("a"), token("b")];
  const rows = [
    [1, 0, 0],
    [0, 0, 0],
    [0.25, 0.25, 0.5],
  ];
  const masked = [
    [0, 0, 0],
    [1, 1, 1],
    [0, 0, 0],
  ];
  const seen = [0, 2].map((i) => ({ i, row: rows[i] }));
  const found = statisticsOf(headOf(rows, masked), keys, true);
  for (const [name, wanted] of Object.entries(plainly(seen, 3, keys))) {
    expect(found[name as keyof Statistics], name).toBeCloseTo(wanted, 6);
  }
  expect(found.previous).toBe(0.25);
});

test("a head that sees nothing, or one token, has numbers", () => {
  expect(statisticsOf(headOf([[0]], [[1]]), plain(1), true).entropy).toBe(0);
  expect(statisticsOf(headOf([[1]]), plain(1), true)).toMatchObject({ entropy: 0, previous: 0, next: 0, self: 1 });
  expect(mostOf("distance", 1)).toBe(1);
});

describe("heads in order", () => {
  const heads = [0.2, 0.9, 0.2, 0.5].map((value, head) => ({ head, value }));
  const order = (least: number | null) => ranked(heads, ({ value }) => value, least).map(({ head }) => head);

  test("come with the largest first, equal ones as they were", () => {
    expect(order(null)).toEqual([1, 3, 0, 2]);
  });

  test("are left out below the least", () => {
    expect(order(0.5)).toEqual([1, 3]);
    expect(order(0.95)).toEqual([]);
  });
});

describe("in words", () => {
  const spread = { entropy: 1.234, distance: 2.06, previous: 0.81, next: 0.001, self: 0.05, first: 0.1, special: 0.12 };
  const plainSpaces = (text: string) => text.replaceAll("\u00a0", " ");

  test("one head has all of its statistics", () => {
    expect(plainSpaces(describeHeads([[3, spread]]))).toBe(
      "entropy 1.23 nats · distance 2.1 · previous .81 · next 0 · self .05 · first .10 · special .12",
    );
  });

  test("of several heads is told which is about something", () => {
    const other = { ...spread, entropy: 2, previous: 0.3, first: 0.95 };
    expect(
      plainSpaces(
        describeHeads([
          [3, spread],
          [7, other],
        ]),
      ),
    ).toBe("Largest of 2 heads: entropy 2.00 nats (head 7) · previous .81 (head 3) · first .95 (head 7)");
  });

  test("attention on other tokens has no distances", () => {
    const { entropy, first, special } = spread;
    expect(plainSpaces(describeHeads([[0, { entropy, first, special }]]))).toBe(
      "entropy 1.23 nats · first .10 · special .12",
    );
  });

  test("shares have no more digits than are known", () => {
    expect([0.5, 1, 0.001].map((value) => formatStatistic("previous", value))).toEqual([".50", "1", "0"]);
  });
});
