import { expect, test } from "vitest";
import { formatCell, formatToken, formatWeight } from "../src/format.ts";

test.each([
  [0, "< 0.001"],
  [0.0009, "< 0.001"],
  [0.001, "0.001"],
  [0.0321, "0.032"],
  [0.0994, "0.099"],
  [0.0996, "0.10"],
  [0.414, "0.41"],
  [1, "1.00"],
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
])("the token %j reads %j", (label, text) => {
  expect(formatToken(label)).toBe(text);
});

test("a very long token is cut", () => {
  expect(formatToken("x".repeat(10_000)).length).toBeLessThan(100);
});
