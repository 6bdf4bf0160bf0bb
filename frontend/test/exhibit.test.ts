import { describe, expect, test } from "vitest";
import { parseExhibit } from "../src/exhibit.ts";
import { FIXTURES, fixture } from "./fixtures.ts";

describe.each(FIXTURES)("the %s fixture", (name) => {
  const { raw, expected } = fixture(name);
  const exhibit = parseExhibit(raw);
  const [layers, heads, queries, keys] = expected.shape;
  const each = (visit: (layer: number, head: number, start: number) => void) => {
    for (let i = 0; i < layers * heads; i++) visit(Math.floor(i / heads), i % heads, i * queries * keys);
  };

  test("decodes to what was captured, within the stated errors", () => {
    let compared = 0;
    each((layer, head, start) => {
      exhibit.attention(layer, head).forEach((weight, i) => {
        const captured = expected.weights[start + i];
        const allowed = captured >= 0.001 ? Math.min(0.002, 0.1 * captured) : 0.001;
        expect(Math.abs(weight - captured)).toBeLessThanOrEqual(allowed + 1e-6);
        compared++;
      });
    });
    expect(compared).toBe(expected.weights.length);
  });

  test("tells masked from zero", () => {
    each((layer, head, start) => {
      const masked = expected.masked.slice(start, start + queries * keys);
      expect([...exhibit.masked(layer, head)]).toEqual(masked);
      masked.forEach((isMasked, i) => {
        if (isMasked) expect(exhibit.attention(layer, head)[i]).toBe(0);
      });
    });
  });

  test("has a token for each row and column", () => {
    expect(exhibit.layers).toBe(layers);
    expect(exhibit.heads).toBe(heads);
    expect(exhibit.tokens.query).toHaveLength(queries);
    expect(exhibit.tokens.key).toHaveLength(keys);
  });
});

test("some fixture has weights that look into `top`, and some that are too small to keep", () => {
  const weights = FIXTURES.flatMap((name) => fixture(name).expected.weights);
  expect(weights.some((weight) => weight > 0.985)).toBe(true);
  expect(weights.some((weight) => weight > 0 && weight < 0.001)).toBe(true);
});

test("tokens and provenance are as written", () => {
  const exhibit = parseExhibit(fixture("full").raw);
  expect(exhibit.tokens.query).toEqual(["[CLS]", "slow", "ly", "[SEP]", "fast", "[SEP]"]);
  expect(exhibit.query.map((token) => token.special)).toEqual([true, false, false, true, false, true]);
  expect(exhibit.query.map((token) => token.segment)).toEqual([0, 0, 0, 0, 1, 1]);
  expect(exhibit.query[2].continues).toBe(true);
  expect(exhibit.text).toBe("a text");
  expect(exhibit.pair).toBe("fast");
  expect(exhibit.provenance).toMatchObject({ model: "toy", dtype: "float32", versions: { torch: "2.13.0" } });
  expect(exhibit.error).toBeGreaterThan(0);
  expect(exhibit.error).toBeLessThanOrEqual(0.002);
});

test("what a script does to an array is not seen by the views", () => {
  const exhibit = parseExhibit(fixture("full").raw);
  const before = exhibit.attention(1, 2);
  exhibit.attention(1, 2).fill(9);
  exhibit.masked(1, 2).fill(9);
  expect(exhibit.attention(1, 2)).toEqual(before);
});

test.each([
  [-1, 0],
  [2, 0],
  [0, 3],
  [0, 0.5],
  [Number.NaN, 0],
])("layer %s, head %s is out of range", (layer, head) => {
  const exhibit = parseExhibit(fixture("full").raw);
  expect(() => exhibit.attention(layer, head)).toThrow(RangeError);
});

describe("damaged bytes", () => {
  const { raw } = fixture("causal");
  const words = /^(The data of this view is damaged|This view has format)/;

  /** Either it reads, or it says in words why not; never another kind of error. */
  function readsOrTells(bytes: Uint8Array): boolean {
    try {
      parseExhibit(bytes).attention(1, 1);
      return true;
    } catch (error) {
      expect((error as Error).message).toMatch(words);
      return false;
    }
  }

  test("cut off anywhere are refused", () => {
    for (let length = 0; length < raw.length; length++) expect(readsOrTells(raw.slice(0, length))).toBe(false);
  });

  test("with any byte changed are refused or read, nothing else", () => {
    let refused = 0;
    for (let at = 0; at < raw.length; at++) {
      for (const flip of [1, 0x80]) {
        const bytes = raw.slice();
        bytes[at] ^= flip;
        if (!readsOrTells(bytes)) refused++;
      }
    }
    expect(refused).toBeGreaterThan(raw.length / 4);
  });

  /** The same file with another header. */
  function withHeader(change: (header: string) => string): Uint8Array {
    const length = new DataView(raw.buffer, raw.byteOffset).getUint32(0, true);
    const header = new TextEncoder().encode(change(new TextDecoder().decode(raw.subarray(8, 8 + length))));
    const bytes = new Uint8Array(8 + header.length + raw.length - 8 - length);
    new DataView(bytes.buffer).setUint32(0, header.length, true);
    bytes.set(header, 8);
    bytes.set(raw.subarray(8 + length), 8 + header.length);
    return bytes;
  }

  test("an unchanged header is read", () => {
    expect(readsOrTells(withHeader((header) => header))).toBe(true);
  });

  test.each([
    ["shapes that do not fit the bytes", (h: string) => h.replaceAll("[2,3,21]", "[2,3,22]")],
    ["shapes whose product is no number", (h: string) => h.replaceAll("[2,3,21]", "[9007199254740991,3,21]")],
    ["negative shapes", (h: string) => h.replaceAll("[2,3,21]", "[-2,-3,21]")],
    ["more tokens than weights", (h: string) => h.replaceAll("[2,3,6,6]", "[2,3,9,9]")],
    ["another layout", (h: string) => h.replaceAll('\\"causal\\"', '\\"banded\\"')],
    ["a header that is no JSON", (h: string) => h.trimEnd().slice(0, -1)],
    ["a header that is no object", () => "[1]"],
    ["no header of ours", (h: string) => h.replaceAll('"attnviz"', '"other"')],
    ["a newer format", (h: string) => h.replaceAll('\\"format\\":1', '\\"format\\":2')],
  ])("%s are refused", (_, change) => {
    const bytes = withHeader(change);
    expect(bytes).not.toEqual(raw);
    expect(readsOrTells(bytes)).toBe(false);
  });
});
