import { describe, expect, test } from "vitest";
import { parseExhibit } from "../src/exhibit/exhibit.ts";
import { ATTENTIONS, fixture } from "./fixtures.ts";

describe.each(ATTENTIONS)("of the %s fixture, the attention %s", (name, of) => {
  const { raw, expected } = fixture(name);
  const { shape, layers, weights, masked } = expected[of];
  const exhibit = parseExhibit(raw);
  const [, heads, queries, keys] = shape;
  const each = (visit: (layer: number, head: number, start: number) => void) => {
    for (let i = 0; i < layers.length * heads; i++) visit(layers[Math.floor(i / heads)], i % heads, i * queries * keys);
  };

  test("decodes to what was captured, within the stated errors", () => {
    let compared = 0;
    each((layer, head, start) => {
      exhibit.attention(layer, head, of).forEach((weight, i) => {
        const captured = weights[start + i];
        const allowed = captured >= 0.001 ? Math.min(0.002, 0.1 * captured) : 0.001;
        expect(Math.abs(weight - captured)).toBeLessThanOrEqual(allowed + 1e-6);
        expect(Math.abs(weight - captured)).toBeLessThanOrEqual(exhibit.find(of).error + 1e-6);
        compared++;
      });
    });
    expect(compared).toBe(weights.length);
  });

  test("tells masked from zero", () => {
    each((layer, head, start) => {
      const hidden = masked.slice(start, start + queries * keys);
      expect([...exhibit.masked(layer, head, of)]).toEqual(hidden);
      hidden.forEach((isMasked, i) => {
        if (isMasked) expect(exhibit.attention(layer, head, of)[i]).toBe(0);
      });
    });
  });

  test("has its layers, heads and tokens", () => {
    const attention = exhibit.find(of);
    expect(attention.layers).toEqual(layers);
    expect(attention.heads).toBe(heads);
    expect(attention.hasMasked).toBe(masked.includes(1));
    expect(attention.query).toHaveLength(queries);
    expect(attention.key).toHaveLength(keys);
  });
});

test("the first attention is the one that is shown first", () => {
  const exhibit = parseExhibit(fixture("cross").raw);
  expect(exhibit.attentions.map(({ name }) => name)).toEqual(["cross", "encoder", "decoder"]);
  expect(exhibit.attention(1, 2)).toEqual(exhibit.attention(1, 2, "cross"));
  expect([exhibit.layers, exhibit.heads]).toEqual([2, 3]);
  expect(exhibit.tokens.query).toEqual(["Das", "Haus", "[SEP]"]);
  expect(exhibit.tokens.key).toHaveLength(6);
  expect(exhibit.find().of).toEqual({ query: "target", key: "source" });
  expect(exhibit.error).toBe(Math.max(...exhibit.attentions.map(({ error }) => error)));
});

test("some fixture has weights that look into `top`, and some that are too small to keep", () => {
  const weights = ATTENTIONS.flatMap(([name, of]) => fixture(name).expected[of].weights);
  expect(weights.some((weight) => weight > 0.985)).toBe(true);
  expect(weights.some((weight) => weight > 0 && weight < 0.001)).toBe(true);
});

test("tokens and provenance are as written", () => {
  const exhibit = parseExhibit(fixture("full").raw);
  expect(exhibit.tokens.query).toEqual(["[CLS]", "slow", "ly", "[SEP]", "fast", "[SEP]"]);
  const { query, hasPair } = exhibit.find("self");
  expect(query.map((token) => token.special)).toEqual([true, false, false, true, false, true]);
  expect(query.map((token) => token.segment)).toEqual([0, 0, 0, 0, 1, 1]);
  expect(query[2].continues).toBe(true);
  expect(hasPair).toBe(true);
  expect(exhibit.notes).toEqual(["A note."]);
  expect(exhibit.text).toBe("a text");
  expect(exhibit.pair).toBe("fast");
  expect(exhibit.provenance).toMatchObject({ model: "toy", dtype: "float32", versions: { torch: "2.13.0" } });
  expect(exhibit.error).toBeGreaterThan(0);
  expect(exhibit.error).toBeLessThanOrEqual(0.002);
});

test("tokens tell who wrote them, and which piece of a character they are", () => {
  const { query, hasPair } = parseExhibit(fixture("chat").raw).find();
  expect(query.map(({ part }) => part)).toEqual([null, null, null, [1, 3], [2, 3], [3, 3], null]);
  expect(query.map(({ role }) => role)).toEqual([null, ...Array(5).fill("user"), "assistant"]);
  expect(query.map(({ generated }) => generated)).toEqual([...Array(6).fill(false), true]);
  expect(hasPair).toBe(false);
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

test("layers go by the model's own numbers", () => {
  const exhibit = parseExhibit(fixture("window").raw);
  expect(exhibit.attention(8, 0)).not.toEqual(exhibit.attention(4, 0));
  expect(() => exhibit.attention(0, 0)).toThrow("layer 0 does not exist: expected one of 4, 8");
  expect(() => exhibit.attention(4, 0, "cross")).toThrow('attention "cross" does not exist: expected one of self');
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
    ["a newer format", (h: string) => h.replaceAll('\\"format\\":2', '\\"format\\":3')],
    ["another kind of file", (h: string) => h.replaceAll('\\"kind\\":\\"attention\\"', '\\"kind\\":\\"neurons\\"')],
    ["more layers than weights", (h: string) => h.replaceAll('\\"layers\\":[0,1]', '\\"layers\\":[0,1,2]')],
    ["no word on how exact it is", (h: string) => h.replaceAll(/\\"largest\\":[^,}]*/g, '\\"largest\\":null')],
    ["a name that says nothing", (h: string) => h.replaceAll('\\"name\\":\\"self\\"', '\\"name\\":\\"\\"')],
    ["layers out of order", (h: string) => h.replaceAll('\\"layers\\":[0,1]', '\\"layers\\":[1,0]')],
    ["tokens of another name", (h: string) => h.replaceAll('\\"key\\":\\"text\\"', '\\"key\\":\\"past\\"')],
    [
      "no attention",
      (h: string) => h.replaceAll(/\\"attentions\\":\[.*\],\\"format/g, '\\"attentions\\":[],\\"format'),
    ],
  ])("%s are refused", (_, change) => {
    const bytes = withHeader(change);
    expect(bytes).not.toEqual(raw);
    expect(readsOrTells(bytes)).toBe(false);
  });
});
