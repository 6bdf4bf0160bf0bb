import { expect, test } from "vitest";
import {
  formatAligned,
  formatCell,
  formatNumber,
  formatPercent,
  formatShare,
  formatToken,
  formatValue,
  formatWeight,
} from "../src/scene/format.ts";

test.each([
  [0, "< 0.001"],
  [0.0009, "< 0.001"],
  [0.001, "0.001"],
  [0.0321, "0.032"],
  [0.0994, "0.099"],
  [0.0996, "0.10"],
  [0.414, "0.41"],
  [1, "1.00"],
  [-0.0005, "< 0.001"],
  [-0.0321, "−0.032"],
  [-0.414, "−0.41"],
])("a weight of %s reads %s", (weight, text) => {
  expect(formatWeight(weight)).toBe(text);
});

test.each([
  [0, ""],
  [0.004, ""],
  [0.006, ".01"],
  [0.414, ".41"],
  [0.994, ".99"],
  [0.996, "1"],
])("in a cell %s reads %j", (weight, text) => {
  expect(formatCell(weight)).toBe(text);
});

test.each([
  [0.004, ""],
  [-0.004, ""],
  [0.414, "+.41"],
  [-0.414, "−.41"],
  [-1, "−1"],
])("in a cell the difference %s reads %j", (weight, text) => {
  expect(formatCell(weight, true)).toBe(text);
});

test.each([
  [[0.414], "0.41"],
  [[0.125, 0.414, 0.289], "+0.13 (0.41 − 0.29)"],
  [[-0.125, 0, 0.125], "−0.13 (0 − 0.13)"],
  [[0, 0.5, 0.5], "0 (0.50 − 0.50)"],
])("a weight, or a difference and what it is taken of: %j reads %s", (values, text) => {
  expect(formatValue(values)).toBe(text);
});

test.each([
  ["doctor", "doctor"],
  ["", "∅"],
  [" ", "␣"],
  ["\n\n", "↵↵"],
  ["\t", "⇥"],
  ["a b", "a b"],
  ["a\nb", "a↵b"],
  ["\u202eevil", "U+202Eevil"],
  ["\u2028", "U+2028"],
  ["\u0000", "U+0000"],
  ["\ud800", "U+D800"],
  ["</script><img src=x onerror=alert(1)>", "</script><img src=x onerror=alert(1)>"],
  ["東京 😀", "東京 😀"],
  ["\u0301", "◌\u0301"],
  ["\u0e31\u0e07", "◌\u0e31\u0e07"],
  ["e\u0301", "e\u0301"],
  ["\u200d", "U+200D"],
  ["\u{e0067}\u{e007f}", "U+E0067U+E007F"],
  ["👩\u200d👧", "👩\u200d👧"],
])("the token %j reads %j", (label, text) => {
  expect(formatToken(label)).toBe(text);
});

test("a very long token is cut", () => {
  expect(formatToken("x".repeat(10_000)).length).toBeLessThan(100);
});

test("a cut leaves no half of a character", () => {
  for (const length of [59, 60, 61]) expect(formatToken("a".repeat(length) + "😀".repeat(9))).not.toContain("U+D83D");
});

test("numbers of a column have one number of digits", () => {
  const column = (...values: number[]) =>
    values.map((value) => formatAligned(value, Math.max(...values.map(Math.abs))));
  expect(column(3.0812, -0.7294, 12.5, -0.001)).toEqual(["3.08", "−0.73", "12.50", "0.00"]);
  expect(column(0.25, -0.7294)).toEqual(["0.250", "−0.729"]);
  expect(column(1234, -0.7, -99.6)).toEqual(["1234", "−1", "−100"]);
  expect(column(123456, -0.7)).toEqual(["1.23e+5", "−0.700"]);
});

test("numbers have about three digits and a minus sign", () => {
  const numbers = [0, 0.0001, 0.1234, -0.9876, 0.9999, 12.345, -123.4, 12345];
  expect(numbers.map(formatNumber)).toEqual(["0", "0", "0.123", "−0.988", "1.00", "12.35", "−123", "1.23e+4"]);
});

test("shares are percents, of either sign", () => {
  expect([0.314, -0.314, 0.001, -0.001, 2.5].map((share) => formatPercent(share).replace(/\s/, " "))).toEqual([
    "31 %",
    "−31 %",
    "0 %",
    "0 %",
    "250 %",
  ]);
  expect([0, 0.0004, 0.0096, 0.41, 1].map(formatShare)).toEqual(["0", "0", ".010", ".410", "1"]);
});
