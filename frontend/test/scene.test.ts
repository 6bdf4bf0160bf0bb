import { describe, expect, test } from "vitest";
import { Attention, parseExhibit, type Token } from "../src/exhibit/exhibit.ts";
import type { Track } from "../src/exhibit/track.ts";
import { joinHead, joinTokens, wordStarts } from "../src/scene/join.ts";
import { AS_CAPTURED, Captured, canHideSink, hasWords } from "../src/scene/scene.ts";
import { withoutFirstKey } from "../src/scene/sink.ts";
import { FIXTURES, fixture, token } from "./fixtures.ts";

const piece = (label: string, more: Partial<Token> = {}) => token(label, { continues: true, ...more });

/** Three queries, four keys; the last two keys are one word, the last two queries another. */
const WEIGHTS = [0.5, 0.25, 0.25, 0, 0.125, 0.125, 0.25, 0.5, 0.75, 0.125, 0.125, 0];
const head = (weights: number[], masked: number[] | null = null) => ({
  weights: Float32Array.from(weights),
  masked: masked && Uint8Array.from(masked),
});

describe("words", () => {
  test("are neighbours of which the later continue the earlier; special tokens stay alone", () => {
    const tokens = [
      piece("first"),
      piece("ly"),
      token("[MASK]", { special: true, continues: true }),
      piece("after"),
      token("b"),
      piece("c", { segment: 1 }),
    ];
    expect(wordStarts(tokens)).toEqual([0, 2, 3, 4, 5]);
  });

  test("have the text of their pieces, and are the model's if a piece is", () => {
    const of = (number: number) => piece("中", { part: [number, 2] });
    const tokens = [token("slow"), piece("ly", { generated: true }), token("a"), of(1), of(2)];
    const words = joinTokens(tokens, wordStarts(tokens));
    expect(words.map(({ label }) => label)).toEqual(["slowly", "a中"]);
    expect(words.map(({ generated }) => generated)).toEqual([true, false]);
    expect(words.some(({ continues, part }) => continues || part)).toBe(false);
  });

  test("sum over keys, average over queries", () => {
    const joined = joinHead(head(WEIGHTS), [0, 1], [0, 1, 2], 4);
    expect([...joined.weights]).toEqual([0.5, 0.25, 0.25, 0.4375, 0.125, 0.4375]);
    expect(joined.masked).toBe(null);
  });

  test("are masked where all of their pieces are", () => {
    const masked = [0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 0, 1];
    expect([...(joinHead(head(WEIGHTS, masked), [0, 1], [0, 1, 2], 4).masked ?? [])]).toEqual([0, 0, 1, 0, 0, 0]);
  });

  test("average over the pieces that see anything", () => {
    const joined = joinHead(head([0, 0, 0.5, 0.5], [1, 1, 0, 0]), [0], [0, 1], 2);
    expect([...joined.weights]).toEqual([0.5, 0.5]);
  });

  /** The formula, written down once more and as plainly as can be. */
  function wordFormula(weights: Float32Array, queries: number[][], keys: number[][], count: number): number[] {
    return queries.flatMap((query) =>
      keys.map((key) => {
        const sums = query.map((q) => key.reduce((sum, k) => sum + weights[q * count + k], 0));
        return sums.reduce((sum, row) => sum + row, 0) / query.length;
      }),
    );
  }

  test.each(FIXTURES)("of the %s fixture follow the formula", (name) => {
    for (const attention of parseExhibit(fixture(name).raw).attentions) {
      const scene = new Captured(attention, { units: "words", sink: "shown" });
      const group = (tokens: readonly Token[]) =>
        wordStarts(tokens).map((start, i, all) =>
          Array.from({ length: (all[i + 1] ?? tokens.length) - start }, (_, j) => start + j),
        );
      const [queries, keys] = [group(attention.query), group(attention.key)];
      for (const layer of attention.layers) {
        const { weights } = scene.head(layer, 1);
        const expected = wordFormula(attention.head(layer, 1).weights, queries, keys, attention.key.length);
        expect(weights).toHaveLength(expected.length);
        weights.forEach((weight, i) => {
          expect(weight).toBeCloseTo(expected[i], 6);
        });
      }
    }
  });
});

describe("the first token", () => {
  test("is taken away and the rest of each row made 1 again", () => {
    const { weights, masked } = withoutFirstKey(head(WEIGHTS), 4);
    const third = 0.125 / 0.875;
    [0, 0.5, 0.5, 0, 0, third, 2 * third, 4 * third, 0, 0.5, 0.5, 0].forEach((expected, i) => {
      expect(weights[i]).toBeCloseTo(expected, 6);
    });
    expect([...(masked ?? [])]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
  });

  test("leaves nothing of a row that had only it", () => {
    const { weights, masked } = withoutFirstKey(head([1, 0, 0.5, 0.5], [0, 1, 0, 0]), 2);
    expect([...weights]).toEqual([0, 0, 0, 1]);
    expect([...(masked ?? [])]).toEqual([1, 1, 1, 0]);
  });

  test("of a word goes, and the rest of the word stays", () => {
    const attention = parseExhibit(fixture("causal").raw).find();
    const scene = (units: "pieces" | "words") => new Captured(attention, { units, sink: "hidden" });
    expect(scene("words").hidden).toBe(0);
    expect(scene("pieces").hidden).toBe(0);
    expect(new Captured(attention, AS_CAPTURED).hidden).toBe(null);
    const { name, of, query, layers, error } = attention;
    const oneWord = [token("a"), piece("b"), ...query.slice(2)];
    const joined = new Attention(name, of, query, oneWord, layers, error, { shape: [2, 3, 6, 6] } as unknown as Track);
    expect(new Captured(joined, { units: "words", sink: "hidden" }).hidden).toBe(null);
  });

  test("goes before words are joined", () => {
    const attention = parseExhibit(fixture("full").raw).find();
    const scene = new Captured(attention, { units: "words", sink: "hidden" });
    const left = withoutFirstKey(attention.head(1, 2), attention.key.length);
    const starts = wordStarts(attention.query);
    expect(scene.head(1, 2)).toEqual(joinHead(left, starts, starts, attention.key.length));
    const columns = scene.key.length;
    for (let row = 0; row < scene.query.length; row++) {
      const sum = scene
        .head(1, 2)
        .weights.slice(row * columns, (row + 1) * columns)
        .reduce((a, b) => a + b);
      expect(sum).toBeCloseTo(1, 5);
    }
  });

  test("of a source is no sink of its target", () => {
    const exhibit = parseExhibit(fixture("cross").raw);
    expect(exhibit.attentions.map(canHideSink)).toEqual([false, true, true]);
    const cross = exhibit.find("cross");
    expect(new Captured(cross, { units: "pieces", sink: "hidden" }).head(0, 0)).toBe(cross.head(0, 0));
  });
});

test("with no switch on, a scene is the attention itself", () => {
  const attention = parseExhibit(fixture("window").raw).find();
  const scene = new Captured(attention, AS_CAPTURED);
  expect(scene.head(8, 1)).toBe(attention.head(8, 1));
  expect([scene.query, scene.layers, scene.heads]).toEqual([attention.query, [4, 8], 3]);
});

test("tokens of the state are pieces, whatever is shown", () => {
  const attention = parseExhibit(fixture("full").raw).find(); // [CLS] slow ly [SEP] fast [SEP]
  const words = new Captured(attention, { units: "words", sink: "shown" });
  expect([0, 1, 2, 3, 4, 5].map((i) => words.shownAt("query", i))).toEqual([0, 1, 1, 2, 3, 4]);
  expect([0, 1, 2, 3, 4].map((i) => words.pieceAt("query", i))).toEqual([0, 1, 3, 4, 5]);
  const pieces = new Captured(attention, AS_CAPTURED);
  expect([0, 5].map((i) => pieces.shownAt("key", i))).toEqual([0, 5]);
  expect(pieces.pieceAt("key", 5)).toBe(5);
});

test("words are offered where some token continues one", () => {
  expect(hasWords(parseExhibit(fixture("full").raw).find())).toBe(true);
  expect(hasWords({ query: [token("a"), token("b")], key: [piece("a")] } as never)).toBe(false);
});
