import { expect, test } from "vitest";
import type { Rgb } from "../src/drawing/colour.ts";
import { largestOf, placeOn, pool, shade, UNSEEN } from "../src/drawing/heatmap.ts";

const HEAD = {
  // Three queries, four keys.
  weights: Float32Array.of(0.1, 0.2, 0, 0.7, 0.4, 0.3, 0.2, 0.1, 0, 0, 0, 1),
  masked: Uint8Array.of(0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0),
};
const ALL = { query: [0, 1, 2], key: [0, 1, 2, 3] };
const rounded = (cells: Float32Array) => [...cells].map((cell) => Math.round(cell * 10) / 10);

test("a cell a weight, masked told from zero", () => {
  expect(rounded(pool(HEAD, 4, ALL, 3, 4))).toEqual([0.1, 0.2, UNSEEN, 0.7, 0.4, 0.3, UNSEEN, 0.1, 0, 0, UNSEEN, 1]);
});

test("only what is selected", () => {
  expect(rounded(pool(HEAD, 4, { query: [2, 0], key: [3, 1] }, 2, 2))).toEqual([1, 0, 0.7, 0.2]);
});

test("made smaller, a cell is the largest of its weights", () => {
  expect(rounded(pool(HEAD, 4, ALL, 1, 2))).toEqual([0.4, 1]);
});

test("a cell is masked only if all of it is", () => {
  expect(rounded(pool(HEAD, 4, { query: [0, 1], key: [2] }, 1, 1))).toEqual([UNSEEN]);
  expect(rounded(pool(HEAD, 4, { query: [0, 1], key: [2, 3] }, 1, 1))).toEqual([0.7]);
});

const SCALE = Array.from({ length: 256 }, (_, i): Rgb => [i, 0, 0]);
const SHADING = { scale: SCALE, largest: 0.5, least: 0, ink: [0, 9, 0] as Rgb };

test("each cell has its colour on a square-root scale, and its gap", () => {
  const bytes = shade(Float32Array.of(0, 0.125, 0.5, 0.5), 2, 2, 6, 6, 1, SHADING);
  const at = (x: number, y: number) => [...bytes.slice((y * 6 + x) * 4, (y * 6 + x) * 4 + 4)];
  expect(at(0, 0)).toEqual([0, 0, 0, 255]);
  expect(at(4, 1)).toEqual([128, 0, 0, 255]); // a quarter of the largest is half-way
  expect(at(0, 3)).toEqual([255, 0, 0, 255]);
  expect(at(2, 0)).toEqual([0, 0, 0, 0]);
  expect(at(0, 2)).toEqual([0, 0, 0, 0]);
});

test("masked cells are hatched", () => {
  const bytes = shade(Float32Array.of(UNSEEN), 1, 1, 12, 12, 0, SHADING);
  const inked = [...bytes].filter((value, i) => i % 4 === 3 && value > 0);
  expect(inked).toHaveLength((12 * 12) / 6);
  expect(bytes[1]).toBe(9);
});

const DIFFERENCE = { weights: Float32Array.of(0.1, -0.4, 0, 0.3), masked: Uint8Array.of(0, 0, 0, 1) };
const FOUR = { query: [0, 1], key: [0, 1] };

test("of numbers of either sign the largest goes into a cell, and keeps its sign", () => {
  expect(rounded(pool(DIFFERENCE, 2, FOUR, 1, 1))).toEqual([-0.4]);
  expect(rounded(pool(DIFFERENCE, 2, FOUR, 2, 1))).toEqual([-0.4, 0]);
  expect(largestOf(DIFFERENCE, 2, FOUR)).toBeCloseTo(0.4, 6);
  expect(largestOf(DIFFERENCE, 2, { query: [1], key: [1] })).toBe(0.001);
});

test("a scale of both signs has nothing in its middle, and rounding with it", () => {
  const shading = { ...SHADING, scale: Array.from({ length: 511 }, (): Rgb => [0, 0, 0]), least: 0.01 };
  expect([-0.5, -0.08, -0.01, 0, 0.01, 0.08, 0.5].map((weight) => placeOn(shading, weight))).toEqual([
    0, 153, 255, 255, 255, 357, 510,
  ]);
  expect(placeOn(SHADING, 0.5)).toBe(255);
});
