import { describe, expect, test } from "vitest";
import type { Attention } from "../src/exhibit/exhibit.ts";
import { fromHalf, parseNeurons } from "../src/exhibit/neurons.ts";

type Parts = Record<string, { dtype: "F16" | "F32"; shape: number[]; values: readonly number[] }>;

/** A safetensors file, put together by hand. */
function file(parts: Parts, about: object, kind = "neurons", format = 2): Uint8Array {
  const bodies = Object.values(parts).map(({ dtype, values }) =>
    dtype === "F32"
      ? new Uint8Array(Float32Array.from(values).buffer)
      : new Uint8Array(Uint16Array.from(values).buffer),
  );
  const header: Record<string, unknown> = { __metadata__: { attnviz: JSON.stringify({ format, kind, ...about }) } };
  let end = 0;
  Object.entries(parts).forEach(([name, { dtype, shape }], i) => {
    const start = end;
    end += bodies[i].length;
    header[name] = { dtype, shape, data_offsets: [start, end] };
  });
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setUint32(0, text.length, true);
  return Uint8Array.from([length, text, ...bodies].flatMap((part) => [...part]));
}

const range = (length: number, factor = 1) => Array.from({ length }, (_, i) => i * factor);

/** Two layers, numbered 4 and 8, four heads; three queries, two keys of their own. */
const exhibit = {
  attentions: [
    {
      name: "cross",
      layers: [4, 8],
      heads: 4,
      query: range(3),
      key: range(2),
      head: () => ({ weights: new Float32Array(6), masked: null }),
    } as unknown as Attention,
  ],
};

/** Two heads of keys for four heads of queries; five neurons. */
const parts = (): Parts => ({
  "cross.queries": { dtype: "F32", shape: [2, 4, 3, 5], values: range(120, 0.01) },
  "cross.keys": { dtype: "F32", shape: [2, 2, 2, 5], values: range(40, -0.01) },
  "cross.scale": { dtype: "F32", shape: [2], values: [0.5, 0.25] },
});
const about = (bias: object | null = null) => ({ attentions: [{ name: "cross", bias, error: 0.0006 }] });
const read = (given: Parts = parts(), header: object = about()) => parseNeurons(file(given, header), exhibit);

describe("what is read", () => {
  test("is each head's own, by the model's number of its layer", () => {
    const { queries, keys, scale, softcap, sink, bias, size } = read().of("cross")?.head(8, 3) ?? expect.fail();
    expect(size).toBe(5);
    expect(scale).toBe(0.25);
    expect([softcap, sink, bias]).toEqual([0, null, null]);
    expect([...queries].map((value) => Math.round(value * 100))).toEqual(range(15).map((i) => 105 + i));
    expect([...keys].map((value) => Math.round(value * -100))).toEqual(range(10).map((i) => 30 + i));
  });

  test("tells which heads share their keys", () => {
    const scores = read().of("cross");
    expect([0, 1, 2, 3].map((head) => scores?.keyHead(head))).toEqual([0, 0, 1, 1]);
    expect(scores?.group(2)).toEqual([2, 3]);
  });

  test("has soft caps, sinks and errors", () => {
    const scores = read({
      ...parts(),
      "cross.softcap": { dtype: "F32", shape: [2], values: [0, 50] },
      "cross.sinks": { dtype: "F32", shape: [2, 4], values: range(8) },
    }).of("cross");
    expect(scores?.head(4, 1)).toMatchObject({ softcap: 0, sink: 1 });
    expect(scores?.head(8, 1)).toMatchObject({ softcap: 50, sink: 5 });
    expect(scores?.error).toBe(0.0006);
  });

  test.each([
    ["distance", [1, 4, 4], (query: number, key: number) => 4 + (key - query + 2)],
    ["key", [1, 4, 2], (_: number, key: number) => 2 + key],
    ["pair", [1, 4, 3, 2], (query: number, key: number) => 6 + query * 2 + key],
  ])("has a bias by %s, in the layers that have one", (layout, shape, expected) => {
    const values = range(shape.reduce((a, b) => a * b));
    const given: Parts = { ...parts(), "cross.bias": { dtype: "F32", shape, values } };
    const scores = read(given, about({ layout, of_layer: [-1, 0] })).of("cross");
    expect(scores?.head(4, 1).bias).toBeNull();
    const { bias } = scores?.head(8, 1) ?? expect.fail();
    for (const query of range(3)) for (const key of range(2)) expect(bias?.(query, key)).toBe(expected(query, key));
  });

  test("is attention for scripts", () => {
    const neurons = read();
    const all = neurons.attention(4, 0, "cross");
    expect(all).toHaveLength(6);
    expect(all[0] + all[1]).toBeCloseTo(1, 6);
    expect(() => neurons.attention(4, 0, "self")).toThrow('no neurons of the attention "self"');
  });
});

describe("what is refused", () => {
  const changed = (name: string, change: object): Parts => ({
    ...parts(),
    [name]: { ...parts()["cross.scale"], ...parts()[name], ...change },
  });
  const without = (name: string): Parts => Object.fromEntries(Object.entries(parts()).filter(([key]) => key !== name));

  test.each<[string, Parts, object, string]>([
    ["neurons of an attention that is not there", parts(), { attentions: [{ name: "self" }] }, "another exhibit"],
    ["a header without attentions", parts(), {}, "not complete"],
    ["no word on how exact they are", parts(), { attentions: [{ name: "cross", bias: null }] }, "how exact"],
    ["attentions that are no records", parts(), { attentions: [7] }, "another exhibit"],
    [
      "an attention that stands there twice",
      parts(),
      { attentions: [...about().attentions, ...about().attentions] },
      "another exhibit",
    ],
    [
      "a head of more neurons than there are",
      {
        "cross.queries": { dtype: "F32", shape: [2, 4, 3, 5000], values: range(120_000, 0.01) },
        "cross.keys": { dtype: "F32", shape: [2, 2, 2, 5000], values: range(40_000, 0.01) },
        "cross.scale": { dtype: "F32", shape: [2], values: [0.5, 0.25] },
      },
      about(),
      "5000 neurons",
    ],
    ["missing queries", without("cross.queries"), about(), '"cross" are missing'],
    ["queries of other tokens", changed("cross.queries", { shape: [2, 4, 5, 3] }), about(), "do not fit"],
    ["keys of other neurons", changed("cross.keys", { shape: [2, 2, 4, 5] }), about(), "wrong size"],
    ["keys with three heads", changed("cross.keys", { shape: [2, 3, 2, 5], values: range(60) }), about(), "3 heads"],
    ["a scale for one layer", changed("cross.scale", { shape: [1], values: [1] }), about(), "do not fit"],
    ["an infinite scale", changed("cross.scale", { values: [1, 1 / 0] }), about(), "not all numbers"],
    ["a bias of no known kind", parts(), about({ layout: "angle", of_layer: [0, 0] }), "its bias has no known layout"],
    ["a bias that is missing", parts(), about({ layout: "key", of_layer: [0, 0] }), "missing"],
  ])("%s", (_, given, header, words) => {
    expect(() => read(given, header)).toThrow(words);
  });

  test("a bias of a row that is not there", () => {
    const given: Parts = { ...parts(), "cross.bias": { dtype: "F32", shape: [1, 4, 2], values: range(8) } };
    for (const rows of [[0, 1], [0], [0, 0.5], [-2, 0], "00"]) {
      expect(() => read(given, about({ layout: "key", of_layer: rows }))).toThrow("which layer");
    }
  });

  test("a half that is no number", () => {
    const values = Array(120).fill(0x3c00);
    values[77] = 0xfe00;
    const given = changed("cross.queries", { dtype: "F16", values });
    expect(() => read(given)).toThrow("not all numbers");
  });

  test("another kind of file, and another format", () => {
    expect(() => parseNeurons(file(parts(), about(), "attention"), exhibit)).toThrow("it holds attention, not neurons");
    expect(() => parseNeurons(file(parts(), about(), "neurons", 3), exhibit)).toThrow("format 3");
  });

  test("a file that ends anywhere", () => {
    const whole = file(parts(), about());
    for (let end = 0; end < whole.length; end += 7) {
      expect(() => parseNeurons(whole.subarray(0, end), exhibit)).toThrow("Build the page again");
    }
  });
});

test("half precision is read as IEEE 754 has it", () => {
  const known: [number, number][] = [
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
  ];
  for (const [bits, value] of known) expect(fromHalf(bits)).toBe(value);
});
