import { describe, expect, test } from "vitest";
import { contrast, luminance, type Rgb, sequentialScale, signedScale } from "../src/drawing/colour.ts";
import { parseExhibit, type Token } from "../src/exhibit/exhibit.ts";
import { joinTokens, wordStarts } from "../src/scene/join.ts";
import { paragraphs, written } from "../src/views/text/flow.ts";
import { inkOn, shadesOf } from "../src/views/text/shades.ts";
import { ATTENTIONS, fixture, token } from "./fixtures.ts";

const said = (role: string | null) => token("x", { role });

test("each speaker and each text of a pair has a paragraph", () => {
  const tokens = [said(null), said("user"), said("user"), said(null), said("user"), token("y", { segment: 1 })];
  expect(paragraphs(tokens, [0, 1, 2, 3, 4, 5])).toEqual([
    { role: null, tokens: [0] },
    { role: "user", tokens: [1, 2] },
    { role: null, tokens: [3] },
    { role: "user", tokens: [4] },
    { role: null, tokens: [5] },
  ]);
  expect(paragraphs(tokens, [0, 3])).toEqual([{ role: null, tokens: [0, 3] }]);
});

test("a token stands as in its text, but for what would upset it", () => {
  expect(written(token("\n\n"))).toBe("\n\n");
  expect(written(token("  "))).toBe("  ");
  expect(written(token("cat"))).toBe("cat");
  expect(written(token("a\u202eb"))).toBe("aU+202Eb");
  expect(written(token(""))).toBe("∅");
});

test("the pieces of a character are the character, and small fractions", () => {
  const pieces = [1, 2, 3].map((number) => written(token("中", { part: [number, 3] })));
  expect(pieces).toEqual(["中", "²⁄₃", "³⁄₃"]);
});

describe("what stands between tokens", () => {
  /** The fixture's tokens, in their text. */
  const read = (name: string) => parseExhibit(fixture(name).raw).attentions[0].key;
  const joined = (tokens: readonly Token[]) =>
    tokens.map(({ before, label, part }) => before + (part && part[0] > 1 ? "" : label)).join("");

  test("is a space where no text says it, but not within words or around marks", () => {
    expect(joined(read("full"))).toBe("[CLS] slowly[SEP] fast[SEP]");
    expect(joined(read("chat"))).toBe("[BOS] slowly 中 yes");
  });

  test("is the same for words", () => {
    const tokens = read("full");
    expect(joined(joinTokens(tokens, wordStarts(tokens)))).toBe("[CLS] slowly[SEP] fast[SEP]");
  });
});

describe.each(ATTENTIONS)("%s %s", (name, of) => {
  const { raw, expected } = fixture(name);
  const attention = parseExhibit(raw).find(of);
  const { layers, shape, weights, masked } = expected[of];
  const [, , queries, keys] = shape;
  const selection = { query: [...Array(queries).keys()], key: [...Array(keys).keys()] };
  const shades = (focus: { query: number[]; key: number[] }) =>
    shadesOf(attention.head(layers[0], 0), keys, selection, focus);
  const seen = (pairs: readonly (readonly [number, number])[]) =>
    pairs.map(([query, key]) => query * keys + key).filter((at) => !masked[at]);
  const sum = (places: readonly number[]) => places.reduce((total, at) => total + weights[at], 0);

  const close = (found: readonly (number | null)[], wanted: readonly (number | null)[]) => {
    expect(found).toHaveLength(wanted.length);
    wanted.forEach((value, i) => {
      if (value === null) expect(found[i]).toBeNull();
      else expect(Math.abs((found[i] ?? Number.NaN) - value)).toBeLessThan(0.005);
    });
  };

  test("a key is shaded by what it gets on average from those that may see it", () => {
    const { side, weights: found } = shades({ query: [], key: [] });
    expect(side).toBe("key");
    const wanted = selection.key.map((key) => {
      const places = seen(selection.query.map((query) => [query, key]));
      return places.length ? sum(places) / places.length : null;
    });
    close(found, wanted);
  });

  test("queries in focus shade keys by what they give in sum", () => {
    const focus = [queries - 1, 1];
    const { side, weights: found } = shades({ query: focus, key: [] });
    expect(side).toBe("key");
    const wanted = selection.key.map((key) => {
      const places = seen(focus.map((query) => [query, key]));
      return places.length ? sum(places) : null;
    });
    close(found, wanted);
  });

  test("a key in focus shades queries by what they give to it", () => {
    const { side, weights: found } = shades({ query: [], key: [1] });
    expect(side).toBe("query");
    close(
      found,
      selection.query.map((query) => (masked[query * keys + 1] ? null : weights[query * keys + 1])),
    );
  });
});

test("only selected tokens count", () => {
  const head = { weights: Float32Array.of(0.5, 0.5, 0.25, 0.75), masked: null };
  expect([...shadesOf(head, 2, { query: [1], key: [0] }, { query: [], key: [] }).weights]).toEqual([0.25]);
});

/** Grounds and inks of Material, mkdocs and readthedocs, light and dark. */
const PAGES: readonly (readonly [name: string, ground: Rgb, ink: Rgb])[] = [
  ["Material", [255, 255, 255], [33, 33, 33]],
  ["slate", [30, 33, 41], [190, 193, 199]],
  ["mkdocs", [255, 255, 255], [51, 51, 51]],
  ["readthedocs", [252, 252, 252], [64, 64, 64]],
  ["black", [0, 0, 0], [255, 255, 255]],
];

test.each(PAGES)("letters on every shade are legible on %s", (_, ground, ink) => {
  const isDark = luminance(ground) < 0.5;
  for (const shade of [...sequentialScale(ground, isDark), ...signedScale(ground, isDark)]) {
    expect(contrast(shade, inkOn(shade, ink))).toBeGreaterThanOrEqual(4.5);
  }
  expect(inkOn(ground, ink)).toEqual(ink);
});

test("contrast is that of WCAG", () => {
  expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 6);
  expect(contrast([119, 119, 119], [255, 255, 255])).toBeCloseTo(4.48, 2);
});
