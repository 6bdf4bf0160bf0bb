/** Bytes that are damaged, or made by someone who means harm: refused in words, in little time and room, or read. */

import { describe, expect, test } from "vitest";
import { parseExhibit } from "../src/exhibit/exhibit.ts";
import { readAddress } from "../src/page/address.ts";
import { shapesOf } from "../src/scene/comparison.ts";
import { initialState, reduce } from "../src/state.ts";
import { fixture } from "./fixtures.ts";
import { Generator } from "./generator.ts";

const ROUNDS = 800;
const ODD: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 0.5, 2 ** 31, 2 ** 53, 1e308, "", " ", "x".repeat(5000), "\0", "\u202e"],
  ...["__proto__", "constructor", "self", "text", [], {}, [[]], [{}], [null], ["a", "b"], [1, 2], [2 ** 40, 2 ** 40]],
  ...[{ toString: null, valueOf: null }, { length: 5 }, JSON.parse('{"__proto__": {"a": 1}}'), "</script>"],
];

interface File {
  header: Record<string, unknown>;
  about: Record<string, unknown>;
  body: Uint8Array;
}

function open(raw: Uint8Array): File {
  const length = new DataView(raw.buffer, raw.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(raw.subarray(8, 8 + length)));
  return { header, about: JSON.parse(header.__metadata__.attnviz), body: raw.subarray(8 + length) };
}

function close({ header, about, body }: File): Uint8Array {
  const text = new TextEncoder().encode(
    JSON.stringify({ ...header, __metadata__: { attnviz: JSON.stringify(about) } }),
  );
  const raw = new Uint8Array(8 + text.length + body.length);
  new DataView(raw.buffer).setUint32(0, text.length, true);
  raw.set(text, 8);
  raw.set(body, 8 + text.length);
  return raw;
}

/** Changes a part of a tree: it is lost, renamed, doubled or replaced. */
function mutate(tree: Record<string, unknown> | unknown[], random: Generator): void {
  let at = tree as Record<string, unknown>;
  for (;;) {
    const keys = Object.keys(at);
    if (!keys.length) return;
    const key = random.of(keys);
    const part = at[key];
    if (typeof part === "object" && part !== null && random.below(4)) {
      at = part as Record<string, unknown>;
      continue;
    }
    const change = random.below(5);
    if (change === 0) Array.isArray(at) ? at.splice(Number(key), 1) : delete at[key];
    else if (change === 1 && Array.isArray(at)) at.push(part);
    else if (change === 1) at[`${key}s`] = part;
    else at[key] = structuredClone(random.of(ODD));
    return;
  }
}

/** All that a view asks of an exhibit; what it is asked must not fail. */
function ask(raw: Uint8Array): boolean {
  let exhibit: ReturnType<typeof parseExhibit>;
  try {
    exhibit = parseExhibit(raw);
  } catch (error) {
    expect(String(error)).toMatch(/^Error: .*Build the page again\.$/s);
    return false;
  }
  for (const { name, layers, heads } of exhibit.attentions) {
    const attention = exhibit.find(name);
    for (const weight of exhibit.attention(layers[layers.length - 1], heads - 1, name)) {
      expect(weight >= 0 && weight <= 1).toBe(true);
    }
    expect(attention.statistics(layers[0], 0)).toBeDefined();
  }
  return true;
}

describe.each(["full", "causal", "cross"])("the %s fixture", (name) => {
  const { raw } = fixture(name);

  test("with damaged bytes", () => {
    const random = new Generator(1);
    let read = 0;
    for (let round = 0; round < ROUNDS; round++) {
      let bytes = raw.slice();
      for (let change = random.below(4); change >= 0; change--) {
        bytes[random.below(bytes.length)] ^= 1 << random.below(8);
      }
      if (!random.below(4)) bytes = bytes.slice(0, random.below(bytes.length));
      read += ask(bytes) ? 1 : 0;
    }
    expect(read).toBeLessThan(ROUNDS);
  });

  test.each(["header", "about"] as const)("with a changed %s", (part) => {
    const random = new Generator(2);
    let read = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const file = open(raw.slice());
      for (let change = random.below(3); change >= 0; change--) mutate(file[part], random);
      read += ask(close(file)) ? 1 : 0;
    }
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(ROUNDS);
  });
});

describe("what would keep a page busy is refused at once", () => {
  type About = { tokens: Record<string, Record<string, unknown[]>>; attentions: Record<string, unknown>[] };
  const LONG = "x".repeat(200_000);
  const columns = (count: number, label: string, end: number) => ({
    label: Array(count).fill(label),
    start: Array(count).fill(0),
    end: Array(count).fill(end),
    ...Object.fromEntries(["special", "segment", "continues", "generated"].map((name) => [name, Array(count).fill(0)])),
    role: Array(count).fill(null),
  });
  const CASES: Record<string, (about: About & Record<string, unknown>, file: File) => void> = {
    "more tokens than any view shows": (about) => {
      about.tokens.text = columns(2 ** 13, "a", 1);
    },
    "many texts": (about) => {
      for (let i = 0; i < 20_000; i++) about.tokens[`t${i}`] = columns(0, "", 0);
    },
    "many notes": (about) => {
      about.notes = Array(100_000).fill("a");
    },
    "many packages": (about) => {
      (about.provenance as Record<string, unknown>).versions = Object.fromEntries(
        Array.from({ length: 100_000 }, (_, i) => [`p${i}`, "1"]),
      );
    },
    "a million heads": (about, file) => {
      const all = 2 ** 20;
      about.tokens.text = columns(1, "a", 1);
      about.attentions[0] = { ...about.attentions[0], shape: [1024, 1024, 1, 1], layers: [...Array(1024).keys()] };
      const levels = file.body.subarray(...(file.header.levels as { data_offsets: [number, number] }).data_offsets);
      file.body = new Uint8Array(levels.length + all).fill(1);
      file.body.set(levels);
      const size = levels.length;
      file.header = {
        levels: { dtype: "F32", shape: [size / 4], data_offsets: [0, size] },
        "self.codes": { dtype: "U8", shape: [1024, 1024, 1, 1], data_offsets: [size, size + all] },
        "self.top": { dtype: "U8", shape: [0], data_offsets: [size, size] },
      };
    },
    "a head of four thousand million weights": (about) => {
      about.tokens.text = columns(2 ** 16, "a", 1);
      about.attentions[0] = { ...about.attentions[0], shape: [1, 1, 2 ** 16, 2 ** 16], layers: [0] };
    },
    "a header without end": (about) => {
      about.text = "x".repeat(2 ** 25);
    },
  };

  test.each(Object.keys(CASES))("%s", (name) => {
    const file = open(fixture("full").raw);
    CASES[name](file.about as never, file);
    expect(() => parseExhibit(close(file))).toThrow("damaged");
  });

  test.each([
    ["tokens that all claim to be the whole of a long text", "x", 200_000],
    ["empty tokens at the end of a long text", "", 0],
  ])("%s", (_, label, end) => {
    const file = open(fixture("full").raw);
    const about = file.about as unknown as About & { text: string };
    const count = about.tokens.text.label.length;
    about.text = LONG;
    about.tokens.text = { ...columns(count, label, end), start: Array(count).fill(end ? 0 : LONG.length) };
    const { query } = parseExhibit(close(file)).attentions[0];
    expect(query.reduce((length, { before }) => length + before.length, 0)).toBeLessThanOrEqual(LONG.length + count);
  });
});

/** Nested as deep as a header has room for, which is deeper than it can be written again. */
const DEEP = 2 ** 23 - 2 ** 16;

test.each([
  ["format", "[".repeat(DEEP) + "]".repeat(DEEP)],
  ["format", JSON.stringify("x".repeat(2 ** 22))],
  ["kind", JSON.stringify("x".repeat(2 ** 22))],
  ["notes", `[${"[".repeat(DEEP)}${"]".repeat(DEEP)}]`],
  ["attentions", JSON.stringify([{ name: "x".repeat(2 ** 22) }])],
])("what is told of a %s that nobody can read is short", (place, value) => {
  const file = open(fixture("full").raw);
  const { [place as never]: _, ...about } = file.about as Record<string, unknown>;
  const text = JSON.stringify({ ...file.header, __metadata__: { attnviz: "@" } });
  const rest = JSON.stringify(about).slice(1);
  const bytes = new TextEncoder().encode(text.replace('"@"', () => JSON.stringify(`{"${place}":${value},${rest}`)));
  const raw = new Uint8Array(8 + bytes.length);
  new DataView(raw.buffer).setUint32(0, bytes.length, true);
  raw.set(bytes, 8);
  let told = "";
  try {
    parseExhibit(raw);
  } catch (error) {
    told = (error as Error).message;
  }
  expect(told).toMatch(/^(The data of this view is damaged|This view has format none)/);
  expect(told.length).toBeLessThan(300);
});

/** What the package's own reader refuses, too: see `codec/exhibits.py` and `codec/headers.py`. */
describe("what no capture writes is refused", () => {
  type About = Record<string, never> & {
    tokens: { text: Record<string, unknown[]> };
    attentions: Record<string, unknown>[];
    provenance: Record<string, unknown>;
  };
  const HEADERS: Record<string, (about: About) => void> = {
    "a text that is a number": (about) => Object.assign(about, { text: 5 }),
    "a pair that is not said": (about) => Reflect.deleteProperty(about, "pair"),
    "notes that are no list": (about) => Object.assign(about, { notes: "A note." }),
    "a label that is a number": ({ tokens }) => Object.assign(tokens.text.label, { 1: 7 }),
    "a token that starts between characters": ({ tokens }) => Object.assign(tokens.text.start, { 1: 0.5 }),
    "a token that ends nowhere": ({ tokens }) => Object.assign(tokens.text.end, { 1: null }),
    "a token of a third segment": ({ tokens }) => Object.assign(tokens.text.segment, { 1: 2 }),
    "a flag that is a word": ({ tokens }) => Object.assign(tokens.text.special, { 1: "yes" }),
    "a speaker that is a number": ({ tokens }) => Object.assign(tokens.text.role, { 1: 1 }),
    "layers that are named twice": ({ attentions }) => Object.assign(attentions[0], { layers: [1, 1] }),
    "an error above 1": ({ attentions }) => Object.assign(attentions[0], { error: { largest: 1.5 } }),
    "a disagreement in words": ({ provenance }) => Object.assign(provenance, { disagreement: "none" }),
    "no fingerprint": ({ provenance }) => Reflect.deleteProperty(provenance, "fingerprint"),
    "versions that are a list": ({ provenance }) => Object.assign(provenance, { versions: [] }),
  };

  test.each(Object.keys(HEADERS))("%s", (name) => {
    const file = open(fixture("full").raw);
    HEADERS[name](file.about as never);
    expect(() => parseExhibit(close(file))).toThrow("damaged");
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -0.5, 2, 0.25])("a level that is %s", (level) => {
    for (const position of [1, 100, 262]) {
      const file = open(fixture("full").raw);
      const [start] = (file.header.levels as { data_offsets: [number, number] }).data_offsets;
      new DataView(file.body.buffer, file.body.byteOffset).setFloat32(start + 4 * position, level, true);
      expect(() => parseExhibit(close(file))).toThrow("its levels are not those of this format");
    }
  });

  test.each(["full", "causal"])("weights of a token that sum to more than 1, in the %s fixture", (name) => {
    const { raw } = fixture(name);
    const { header } = open(raw);
    // Any one code made the largest that stands for itself, 0.98: too much wherever the query gives the rest to others.
    const [start, end] = (header["self.codes"] as { data_offsets: [number, number] }).data_offsets;
    let refused = 0;
    for (let i = start; i < end; i++) {
      const file = open(raw.slice());
      if (file.body[i] === 255) continue;
      file.body[i] = 254;
      try {
        parseExhibit(close(file));
      } catch (error) {
        expect(String(error)).toMatch(/the weights of a token sum to 1\.\d\d/);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan((end - start) / 2);
  });

  test("a list that has two axes, and a place that has three ends", () => {
    const list = open(fixture("full").raw);
    const top = list.header["self.top"] as { shape: number[] };
    top.shape = [1, ...top.shape];
    expect(() => parseExhibit(close(list))).toThrow('"self.top" has the wrong size');
    const place = open(fixture("full").raw);
    (place.header.levels as { data_offsets: number[] }).data_offsets.push(9);
    expect(() => parseExhibit(close(place))).toThrow('"levels" cannot be read');
  });
});

test("any address leads to a state that a view can show, or nowhere", () => {
  const exhibit = parseExhibit(fixture("cross").raw);
  const { attentions } = exhibit;
  const shape = { views: ["head", "model", "matrix"], attentions: shapesOf([{ exhibit, name: "" }]), steps: 2 };
  const random = new Generator(3);
  const fields = ["view", "layer", "heads", "query", "key", "mass", "least", "step", "filter", "__proto__", "sink"];
  const values = [
    "",
    "0",
    "1,2",
    "999999999999999999999",
    "-1",
    "NaN",
    "1e9",
    "0,".repeat(99),
    "neuron",
    "%",
    "%00",
    "😀",
  ];
  for (let round = 0; round < ROUNDS; round++) {
    const parts = Array.from({ length: random.below(5) }, () => `${random.of(fields)}=${random.of(values)}`);
    const link = readAddress(`#attn:${random.of(["a/b", "%", "", "é"])}?${parts.join("&")}`);
    if (!link) continue;
    const start = initialState(shape, null);
    const state = reduce(start, link.state, shape);
    const of = attentions.find(({ name }) => name === state.attention);
    expect(of?.layers).toContain(state.layer);
    expect(state.heads.every((head) => head < (of?.heads ?? 0))).toBe(true);
    for (const [side, tokens] of [
      ["query", of?.query],
      ["key", of?.key],
    ] as const) {
      const chosen = state[side] === null ? [] : [state[side]].flat();
      expect(chosen.every((token) => token < (tokens?.length ?? 0))).toBe(true);
    }
  }
});
