import { afterEach, expect, test, vi } from "vitest";
import { rowHeight } from "../src/drawing/labels.ts";

afterEach(() => vi.unstubAllGlobals());

test("rows are a finger's width on touch, and lower where there are many", () => {
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  expect([12, 60, 150, 500].map(rowHeight)).toEqual([24, 20, 17, 15]);
  vi.stubGlobal("matchMedia", () => ({ matches: true }));
  expect(rowHeight(500)).toBe(24);
});
