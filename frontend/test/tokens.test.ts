import { expect, test } from "vitest";
import { asColumns } from "../src/scene/selection.ts";
import { isRightToLeft, labelOf, runsOf, tokenName } from "../src/scene/tokens.ts";
import { token } from "./fixtures.ts";

const tokens = (text: string) => text.split(" ").map((label) => token(label, { special: label.startsWith("[") }));

test("a piece of a character is the character, and which piece", () => {
  expect(labelOf(token("é"))).toBe("é");
  expect(labelOf(token("é", { part: [1, 2] }))).toBe("é¹⁄₂");
  expect(labelOf(token("👩", { part: [3, 11] }))).toBe("👩³⁄₁₁");
});

test("a name that runs from right to left does not turn its sentence", () => {
  const sides = { query: tokens("she"), key: tokens("سأل שלום") };
  expect(tokenName(sides, "query", 0)).toBe("she");
  expect(tokenName(sides, "key", 0)).toBe("\u2068سأل\u2069");
  expect(tokenName(sides, "key", 1)).toBe("\u2068שלום\u2069");
});

test("punctuation is quoted in a sentence, and words are not", () => {
  const sides = { query: tokens("she . ... ( [SEP] 。 ␣"), key: [] };
  const names = sides.query.map((_, i) => tokenName(sides, "query", i));
  expect(names).toEqual(["she", "“.”", "“...”", "“(”", "[SEP]", "“。”", "␣"]);
});

test("most letters say which way a text runs", () => {
  expect(isRightToLeft(tokens("[CLS] سأل الطبيب [SEP]"))).toBe(true);
  expect(isRightToLeft(tokens("שלום , 2024 !"))).toBe(true);
  expect(isRightToLeft(tokens("The word شكرا means thanks"))).toBe(false);
  expect(isRightToLeft(tokens("他 说 。 123"))).toBe(false);
  expect(isRightToLeft(tokens("123 [SEP]"))).toBe(false);
});

test("columns of such a text begin at the right", () => {
  const arabic = tokens("سأل الطبيب سؤالا");
  const english = tokens("he asked it");
  const all = { query: [0, 1, 2], key: [0, 1, 2] };
  expect(asColumns(all, { query: english, key: arabic })).toEqual({ query: [0, 1, 2], key: [2, 1, 0] });
  expect(asColumns(all, { query: arabic, key: english })).toEqual(all);
});

test("runs are neighbours that the same one says", () => {
  const roles = [null, "user", "user", null, "assistant", "user", null];
  const said = roles.map((role) => token("x", { role }));
  const rows = [0, 1, 2, 3, 4, 5, 6];
  expect(runsOf(said, rows)).toEqual([
    { role: "user", from: 1, to: 2 },
    { role: "assistant", from: 4, to: 4 },
    { role: "user", from: 5, to: 5 },
  ]);
  expect(runsOf(said, [2, 4])).toEqual([
    { role: "user", from: 0, to: 0 },
    { role: "assistant", from: 1, to: 1 },
  ]);
  expect(runsOf(tokens("no one says this"), [0, 1, 2, 3])).toEqual([]);
});
