import { describe, expect, test } from "vitest";
import { align, type Pair } from "../src/scene/align.ts";
import { token } from "./fixtures.ts";

const tokens = (labels: string) =>
  labels
    .split(" ")
    .filter(Boolean)
    .map((label) => token(label));
const of = (first: string, second: string) => align(tokens(first), tokens(second));

describe("tokens are aligned", () => {
  test.each<[string, string, string, Pair[]]>([
    [
      "equal texts",
      "a b c",
      "a b c",
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
    ],
    [
      "one word for another",
      "asked . She [SEP]",
      "asked . He [SEP]",
      [
        [0, 0],
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    ],
    [
      "a word more",
      "a b c",
      "a x b c",
      [
        [0, 0],
        [null, 1],
        [1, 2],
        [2, 3],
      ],
    ],
    [
      "a word less",
      "a b c",
      "b c",
      [
        [0, null],
        [1, 0],
        [2, 1],
      ],
    ],
    [
      "two words for one",
      "a x y c",
      "a z c",
      [
        [0, 0],
        [1, null],
        [2, null],
        [null, 1],
        [3, 2],
      ],
    ],
    [
      "two words for two",
      "a x y c",
      "a z w c",
      [
        [0, 0],
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    ],
    [
      "nothing in common, as many",
      "a b",
      "c d",
      [
        [0, 0],
        [1, 1],
      ],
    ],
    [
      "nothing in common",
      "a b",
      "c",
      [
        [0, null],
        [1, null],
        [null, 0],
      ],
    ],
    ["nothing at all", "", "", []],
    ["nothing on one side", "", "a", [[null, 0]]],
    // Python: SequenceMatcher(None, "a b a b".split(), "b a b".split()) drops the first a, too.
    [
      "what is repeated",
      "a b a b",
      "b a b",
      [
        [0, null],
        [1, 0],
        [2, 1],
        [3, 2],
      ],
    ],
    [
      "a word that has moved",
      "a b c d",
      "d a b c",
      [
        [null, 0],
        [0, 1],
        [1, 2],
        [2, 3],
        [3, null],
      ],
    ],
    [
      "the same beginning and end, overlapping",
      "a a",
      "a a a",
      [
        [0, 0],
        [1, 1],
        [null, 2],
      ],
    ],
    [
      "several places",
      "The cat sat on a mat",
      "The dog sat near on a mat",
      [
        [0, 0],
        [1, 1],
        [2, 2],
        [null, 3],
        [3, 4],
        [4, 5],
        [5, 6],
      ],
    ],
  ])("%s", (_, first, second, expected) => {
    expect(of(first, second)).toEqual(expected);
  });

  test("by their kind and segment, too", () => {
    const [plain, special, pair] = [token("a"), token("a", { special: true }), token("a", { segment: 1 })];
    expect(align([plain, special], [special, plain])).toHaveLength(3);
    expect(align([plain, special], [special])).toEqual([
      [0, null],
      [1, 0],
    ]);
    expect(align([pair, plain], [plain])).toEqual([
      [0, null],
      [1, 0],
    ]);
  });
});

/** Length of a longest common subsequence, as its definition says. */
function longest(a: readonly string[], b: readonly string[]): number {
  if (!a.length || !b.length) return 0;
  if (a[0] === b[0]) return 1 + longest(a.slice(1), b.slice(1));
  return Math.max(longest(a.slice(1), b), longest(a, b.slice(1)));
}

/** The same letters every time. */
function* letters(seed: number): Generator<string> {
  for (let state = seed; ; ) {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    yield "abc"[Math.floor(state / 2 ** 16) % 3];
  }
}

test.each(Array.from({ length: 40 }, (_, seed) => seed))(
  "of any two texts (%i) each token comes once, in order",
  (seed) => {
    const random = letters(seed);
    const [a, b] = [seed % 8, (seed * 3) % 9].map((length) =>
      Array.from({ length }, () => random.next().value as string),
    );
    const pairs = align(
      a.map((label) => token(label)),
      b.map((label) => token(label)),
    );
    const side = (at: 0 | 1) => pairs.map((pair) => pair[at]).filter((place) => place !== null);
    expect(side(0)).toEqual([...a.keys()]);
    expect(side(1)).toEqual([...b.keys()]);
    const equal = pairs.filter(([i, j]) => i !== null && j !== null && a[i] === b[j]);
    expect(equal.length).toBeGreaterThanOrEqual(longest(a, b));
    expect(
      align(
        a.map((label) => token(label)),
        a.map((label) => token(label)),
      ),
    ).toEqual(a.map((_, i) => [i, i]));
  },
);

test("two thousand tokens of which one differs need no table", () => {
  const text = Array.from({ length: 2000 }, (_, i) => token(`word${i}`));
  const other = text.map((each, i) => (i === 999 ? token("other") : each));
  expect(align(text, other)).toEqual(text.map((_, i) => [i, i]));
});
