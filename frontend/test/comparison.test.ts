import { describe, expect, test } from "vitest";
import { Attention, Exhibit, parseExhibit, type Token } from "../src/exhibit/exhibit.ts";
import type { Track } from "../src/exhibit/track.ts";
import { notes } from "../src/frame/notes.ts";
import { scenesOf, shapesOf } from "../src/scene/comparison.ts";
import { AS_CAPTURED, type Scene } from "../src/scene/scene.ts";
import { asChosen, asLooked, asSeen } from "../src/scene/seen.ts";
import type { Choice } from "../src/scene/shown.ts";
import { initialState, reduce, type State } from "../src/state.ts";
import { headView } from "../src/views/head.ts";
import { matrixView } from "../src/views/matrix.ts";
import { modelView } from "../src/views/model.ts";
import { fixture, token } from "./fixtures.ts";

/** Decoded weights differ from those of the fixture by this much each. */
const CLOSE = 2 * 0.0021;
const EACH: Choice = { layer: 0, heads: [0, 1, 2], reduce: "none", by: "mean", mass: 1 };

const exhibit = (name: string) => parseExhibit(fixture(name).raw);

/** An exhibit of whole weights, layer by layer and head by head. */
function made(
  labels: readonly (string | Token)[],
  weights: readonly (readonly number[][])[],
  source = "here",
): Exhibit {
  const tokens = labels.map((label) => (typeof label === "string" ? token(label) : label));
  const head = (layer: number, head: number) => ({ weights: Float32Array.from(weights[layer][head]), masked: null });
  const track = { shape: [weights.length, weights[0].length, tokens.length, tokens.length], hasMasked: false, head };
  const layers = [...weights.keys()];
  const of = { query: "text", key: "text" };
  const attention = new Attention("self", of, tokens, tokens, layers, 0.001, track as unknown as Track);
  const provenance = { model: source, source, revision: null, architecture: "", dtype: "", versions: {} };
  return new Exhibit(null, null, null, [], [attention], provenance);
}

const compared = (first: Exhibit, second: Exhibit) => [
  { name: "one", exhibit: first },
  { name: "two", exhibit: second },
];
const scenes = (
  first: Exhibit,
  second: Exhibit,
  comparison: State["comparison"],
  switches = AS_CAPTURED,
  attention = first.attentions[0].name,
) => scenesOf(compared(first, second), { attention, comparison }, switches);
const start = (first: Exhibit, second: Exhibit, views = ["head"]) =>
  initialState({ views, attentions: shapesOf(compared(first, second)), steps: 0 });

/** "the nurse She" in one layer and head, and with a word more in two layers of three heads. */
const SHE = made(["the", "nurse", "She"], [[[1, 0, 0, 0.5, 0.5, 0, 0.25, 0.5, 0.25]]]);
const row = (a: number, b: number, c: number, d: number) => [a, b, c, d];
const HEAD = [...row(1, 0, 0, 0), ...row(0.5, 0.5, 0, 0), ...row(0.5, 0.25, 0.25, 0), ...row(0.125, 0.125, 0.5, 0.25)];
const SAME = HEAD.map(() => 0.25);
const HE = made(
  ["the", "old", "nurse", "He"],
  [
    [SAME, SAME, SAME],
    [SAME, SAME, HEAD],
  ],
  "there",
);

describe("a difference of two texts", () => {
  const { expected: first } = fixture("full");
  const { expected: second } = fixture("causal");
  const [scene] = scenes(exhibit("full"), exhibit("causal"), "difference");

  test("has a token for each pair of counterparts, and for each that has none", () => {
    // [CLS] slow ly [SEP] fast [SEP] and The amber house fell slow ly
    const labels = ["[CLS]", "The", "amber", "house", "fell", "slow", "ly", "[SEP]", "fast", "[SEP]"];
    expect(scene.query.map(({ label }) => label)).toEqual(labels);
    expect(scene.query).toEqual(scene.key);
    expect(scene.unseen).toBe("masked or no counterpart");
    expect(scene.why({ query: [1], key: [] })).toBe("no counterpart");
    expect(scene.why({ query: [5], key: [1, 2] })).toBe("no counterpart");
    expect(scene.why({ query: [5], key: [6] })).toBe("masked");
  });

  test("is the first's weight less the second's, where both have the pair", () => {
    const weight = (numbers: typeof first, layer: number, head: number, query: number, key: number) =>
      numbers.self.weights[((layer * 3 + head) * 6 + query) * 6 + key];
    const width = scene.key.length;
    for (const layer of [0, 1]) {
      for (const head of [0, 1, 2]) {
        const { weights, masked } = scene.head(layer, head);
        expect(weights).toHaveLength(width * width);
        weights.forEach((found, at) => {
          const [query, key] = [Math.floor(at / width), at % width];
          const paired = [query, key].every((token) => token === 5 || token === 6);
          expect(masked?.[at]).toBe(paired ? 0 : 1);
          const [a, b] = [
            weight(first, layer, head, query - 4, key - 4),
            weight(second, layer, head, query - 1, key - 1),
          ];
          expect(Math.abs(found - (paired ? a - b : 0))).toBeLessThan(CLOSE);
        });
      }
    }
  });

  test("tells what it is taken of", () => {
    for (const { data, parts } of scene.shown({ ...EACH, layer: 1 })) {
      const [a, b] = parts;
      data.weights.forEach((weight, at) => {
        expect(a[at] - b[at]).toBeCloseTo(weight, 6);
      });
    }
  });

  test("may come from rounding, as far as both may", () => {
    const [one, two] = [exhibit("full").error, exhibit("causal").error];
    expect(scene.signed?.error).toBeCloseTo(one + two, 9);
    expect(scene.signed?.error).toBeGreaterThan(0);
    expect([scene.signed?.more, scene.signed?.less]).toEqual(["more in one", "more in two"]);
  });

  test("joins heads and layers in each before it subtracts", () => {
    const of = (numbers: typeof first, query: number, key: number, by: Choice["by"]) => {
      const all = [0, 1, 2, 3, 4, 5].map((head) => numbers.self.weights[(head * 6 + query) * 6 + key]);
      return by === "max" ? Math.max(...all) : all.reduce((sum, weight) => sum + weight, 0) / 6;
    };
    for (const by of ["mean", "max"] as const) {
      const [{ data, head, name }] = scene.shown({ ...EACH, reduce: "all", by, mass: 0.3 });
      expect(head).toBe(null);
      expect(name).toBe(`${by === "max" ? "maximum" : "mean"} of 3 heads`);
      for (const [query, key] of [
        [5, 5],
        [6, 5],
        [6, 6],
      ]) {
        const wanted = of(first, query - 4, key - 4, by) - of(second, query - 1, key - 1, by);
        expect(Math.abs(data.weights[query * 10 + key] - wanted)).toBeLessThan(CLOSE);
      }
    }
  });

  test("is of words where words are shown", () => {
    const [words] = scenes(exhibit("full"), exhibit("causal"), "difference", { units: "words", sink: "shown" });
    expect(words.query.map(({ label }) => label)).toContain("slowly");
    const at = words.query.findIndex(({ label }) => label === "slowly");
    expect([4, 5].map((piece) => words.shownAt("query", piece - 3))).toEqual([at, at]);
    expect(words.pieceAt("query", at)).toBe(1);
  });

  test("has no difference to itself", () => {
    const [scene] = scenes(exhibit("chat"), exhibit("chat"), "difference");
    expect(scene.query).toEqual(exhibit("chat").attentions[0].query);
    expect(Math.max(...scene.head(1, 2).weights.map(Math.abs))).toBe(0);
    expect([...(scene.head(1, 2).masked ?? [])]).toEqual([...exhibit("chat").masked(1, 2)]);
    expect(scene.unseen).toBe("masked");
  });
});

describe("two that have other layers and heads", () => {
  const [scene] = scenes(SHE, HE, "difference");

  test("are seen with what either has", () => {
    expect([scene.layers, scene.heads]).toEqual([[0, 1], 3]);
    expect(shapesOf(compared(SHE, HE))).toMatchObject([{ name: "self", layers: [0, 1], heads: 3, hasPair: false }]);
    expect(shapesOf([{ name: "", exhibit: SHE }])).toMatchObject([{ layers: [0], heads: 1 }]);
  });

  test("are compared by what comes nearest, and it is named", () => {
    expect(scene.query.map(({ label }) => label)).toEqual(["the", "old", "nurse", "She/He"]);
    const [{ data, name, head }] = scene.shown({ ...EACH, layer: 1, heads: [2] });
    expect([name, head]).toEqual(["head 0 − head 2", 2]);
    expect(scene.layerName({ ...EACH, layer: 1 })).toBe("Layer 0 − Layer 1");
    expect(scene.layerName({ ...EACH, reduce: "all" })).toBe("Mean of 1 layers − Mean of 2 layers");
    expect([...data.weights]).toEqual([
      ...row(0, 0, 0, 0),
      ...row(0, 0, 0, 0),
      ...row(0, 0, 0.25, 0),
      ...row(0.125, 0, 0, 0),
    ]);
    expect([...(data.masked ?? [])]).toEqual([
      ...row(0, 1, 0, 0),
      ...row(1, 1, 1, 1),
      ...row(0, 1, 0, 0),
      ...row(0, 1, 0, 0),
    ]);
  });

  test("show the nearest layer, and of the heads those they have", () => {
    const state = reduce(
      start(SHE, HE),
      { layer: 1, heads: [1, 2], head: 2 },
      {
        views: ["head"],
        attentions: shapesOf(compared(SHE, HE)),
        steps: 0,
      },
    );
    const [first, second] = scenes(SHE, HE, "both");
    expect(asSeen(state, first)).toMatchObject({ layer: 0, heads: [0], head: 0 });
    expect(asSeen(state, second)).toMatchObject({ layer: 1, heads: [1, 2], head: 2 });
  });
});

describe("side by side", () => {
  const [first, second] = scenes(SHE, HE, "both");
  const state = start(SHE, HE);

  test("tokens of the state are the first's", () => {
    const seen = (change: Partial<State>, scene: Scene) => {
      const { query, key } = asSeen({ ...state, ...change }, scene);
      return [query, key];
    };
    expect(seen({ query: 1, key: [0, 2] }, first)).toEqual([1, [0, 2]]);
    expect(seen({ query: 1, key: [0, 2] }, second)).toEqual([2, [0, 3]]);
    expect(seen({ query: null }, second)).toEqual([null, null]);
    expect(seen({ query: 2 }, scenes(SHE, HE, "second")[0])).toEqual([3, null]);
    expect(seen({ query: 2 }, scenes(SHE, HE, "difference")[0])).toEqual([3, null]);
    expect(seen({ query: 1 }, scenes(HE, SHE, "both")[1])).toEqual([null, null]);
  });

  test("what is chosen in the second is chosen in the first, and what only it has is not", () => {
    expect(asChosen({ query: 3, layer: 1 }, second)).toEqual({ query: 2, layer: 1 });
    expect(asChosen({ query: [1, 2] }, second)).toEqual({ query: 1 });
    expect(asChosen({ query: 1, key: 0 }, second)).toEqual({ query: undefined, key: 0 });
    expect(asChosen({ query: null }, second)).toEqual({ query: null });
    expect(asChosen({ head: 2 }, second)).toEqual({ head: 2 });
    expect(asChosen({ key: 1 }, scenes(SHE, HE, "difference")[0])).toEqual({ key: undefined });
    const shape = { views: ["head"], attentions: shapesOf(compared(SHE, HE)), steps: 0 };
    const pinned = reduce(state, { query: 2 }, shape);
    expect(reduce(pinned, asChosen({ query: 1 }, second), shape).query).toBe(2);
  });

  test("what is pointed at in one is in the other, too", () => {
    expect(asLooked({ query: 1 }, first, second)).toEqual({ query: 2 });
    expect(asLooked({ query: 3, key: 1 }, second, first)).toEqual({ query: 2, key: null });
    expect(asLooked({ layer: 1, head: 2 }, first, second)).toEqual({ layer: 1, head: 2 });
  });

  test("words are aligned as words", () => {
    const piece = token("ly", { continues: true });
    const zeros = (n: number) => Array.from({ length: n * n }, () => 0);
    const [one, two] = [made(["a", "slow", piece], [[zeros(3)]]), made(["slow", piece], [[zeros(2)]])];
    const [, words] = scenes(one, two, "both", { units: "words", sink: "shown" });
    expect([0, 1, 2].map((at) => words.shownAt("query", at))).toEqual([null, 0, 0]);
    expect(words.pieceAt("query", 0)).toBe(1);
  });

  test("a filter needs a pair", () => {
    const filtered = { ...state, filter: "a-b" } as const;
    const pair = scenes(exhibit("full"), exhibit("causal"), "both");
    expect(pair.map((scene) => asSeen(filtered, scene).filter)).toEqual(["a-b", "all"]);
  });
});

describe("above two that are compared", () => {
  const told = (first: Exhibit, second: Exhibit, view: typeof headView, change: Partial<State>) => {
    const state = { ...start(first, second), ...change };
    const of = compared(first, second);
    return notes(of, scenesOf(of, state, AS_CAPTURED), AS_CAPTURED, view, state);
  };
  const MODELS =
    "A head of one model has nothing to do with the head of that number in another model; compare means over heads.";
  const ROUNDING = "Differences up to 0.002 may come from rounding and have no shade.";

  test("stands what is said of both once, and of one with its name", () => {
    const all = told(exhibit("window"), exhibit("causal"), headView, { layer: 4 });
    expect(all).toEqual([
      "A note.",
      "one: In this layer a token sees the token before it, the one after it, and itself.",
      "two: No layer 4; layer 1 is shown.",
    ]);
  });

  test("stands what one of them lacks", () => {
    expect(told(SHE, HE, headView, { layer: 1, heads: [1, 2] })).toEqual([
      "one: No layer 1; layer 0 is shown.",
      "one: No head 1, 2; head 0 is shown.",
      MODELS,
    ]);
    expect(told(SHE, HE, matrixView, { layer: 1, heads: [0] })).toContain("one: No layer 1; layer 0 is shown.");
    expect(told(SHE, HE, headView, { heads: [0, 1, 2], comparison: "second" })).toEqual([]);
    expect(told(SHE, HE, headView, { layer: 1, comparison: "first" })).toEqual(["No layer 1; layer 0 is shown."]);
  });

  test("stands that heads of two models are not the same, but not of their means", () => {
    expect(told(SHE, HE, headView, { reduce: "heads" })).not.toContain(MODELS);
    expect(told(SHE, SHE, headView, {})).toEqual([]);
    expect(told(HE, SHE, modelView, { comparison: "difference" })).toEqual([
      MODELS,
      "Where one has no such layer or head, its nearest is taken.",
      ROUNDING,
    ]);
  });

  test("stands how much of a difference may be rounding; a share of it is no share", () => {
    expect(told(SHE, SHE, headView, { comparison: "difference", mass: 0.5 })).toEqual([ROUNDING]);
    expect(told(SHE, SHE, headView, { comparison: "both", mass: 0.5 })[0]).toContain("strongest keys");
  });

  test("stands that the second has no such attention, and the first is shown alone", () => {
    const [cross, plain] = [exhibit("cross"), exhibit("causal")];
    for (const comparison of ["both", "difference", "second"] as const) {
      const shown = scenes(cross, plain, comparison);
      expect(shown.map(({ name }) => name)).toEqual(["one"]);
      expect(told(cross, plain, headView, { comparison })).toContain("two has no cross attention; only one is shown.");
    }
    expect(scenes(cross, cross, "both").map(({ name }) => name)).toEqual(["one", "two"]);
  });
});
