import { describe, expect, test } from "vitest";
import type { Rgb } from "../src/drawing/colour.ts";
import { Raster } from "../src/drawing/raster.ts";

const RED: Rgb = [255, 0, 0];
const BLUE: Rgb = [0, 0, 255];

function pixel(raster: Raster, x: number, y: number): number[] {
  return [...raster.bytes().slice((y * raster.width + x) * 4, (y * raster.width + x) * 4 + 4)];
}

/** Ink in one column of pixels: how high the line's cut through it is. */
function inkInColumn(raster: Raster, x: number): number {
  const bytes = raster.bytes();
  let sum = 0;
  for (let y = 0; y < raster.height; y++) sum += bytes[(y * raster.width + x) * 4 + 3] / 255;
  return sum;
}

test("a level line covers the pixels that it covers", () => {
  const raster = new Raster(5, 8);
  raster.curve(4, 4, 2, RED, 1);
  for (let x = 0; x < 5; x++) {
    expect([2, 3, 4, 5].map((y) => pixel(raster, x, y)[3])).toEqual([0, 255, 255, 0]);
    expect(pixel(raster, x, 3)).toEqual([255, 0, 0, 255]);
  }
});

test("between two rows of pixels it covers both by half", () => {
  const raster = new Raster(3, 6);
  raster.curve(3, 3, 1, RED, 1);
  expect([1, 2, 3, 4].map((y) => pixel(raster, 1, y)[3])).toEqual([0, 128, 128, 0]);
});

test("its ends are where they should be", () => {
  const raster = new Raster(40, 60);
  raster.curve(10, 50, 2, RED, 1);
  expect(pixel(raster, 0, 10)[3]).toBeGreaterThan(120);
  expect(pixel(raster, 39, 49)[3]).toBeGreaterThan(120);
  expect(pixel(raster, 0, 49)[3]).toBe(0);
});

test.each([
  [20, 24, 1],
  [30, 170, 1.5],
  [180, 15, 2],
])("from %s to %s, %s thick, the ink is the line's area", (from, to, thickness) => {
  const raster = new Raster(80, 200);
  raster.curve(from, to, thickness, RED, 1);
  const [before, after] = [new Raster(80, 4000), new Raster(80, 4000)];
  before.curve(from + 1000, to + 1000, thickness, RED, 1);
  after.curve(from + 2000, to + 2000, thickness, RED, 1);
  for (let x = 0; x < 80; x += 9) {
    // The cut of a line through an upright column is at least its thickness, and the same wherever it lies.
    expect(inkInColumn(raster, x)).toBeGreaterThan(thickness * 0.95);
    expect(inkInColumn(before, x)).toBeCloseTo(inkInColumn(after, x), 1);
  }
});

test("strips join without a seam", () => {
  const whole = new Raster(30, 100);
  whole.curve(5, 93, 1.9, RED, 0.7);
  const joined = [0, 37, 70].flatMap((top, i, tops) => {
    const strip = new Raster(30, (tops[i + 1] ?? 100) - top);
    strip.curve(5 - top, 93 - top, 1.9, RED, 0.7);
    return [...strip.bytes()];
  });
  const differences = [...whole.bytes()].map((value, i) => Math.abs(value - joined[i]));
  expect(Math.max(...differences)).toBeLessThanOrEqual(1);
});

describe("one line over another", () => {
  test("mixes like ink on paper", () => {
    const raster = new Raster(2, 4);
    raster.curve(2, 2, 2, RED, 0.5);
    raster.curve(2, 2, 2, BLUE, 0.5);
    // Porter and Duff's "over": alpha 0.75, of which blue has 0.5 and red 0.25.
    expect(pixel(raster, 0, 1)).toEqual([85, 0, 170, 191]);
  });

  test("of the same colour, the order makes no difference", () => {
    const [one, other] = [new Raster(20, 20), new Raster(20, 20)];
    one.curve(3, 15, 2, RED, 0.2);
    one.curve(15, 3, 2, RED, 0.8);
    other.curve(15, 3, 2, RED, 0.8);
    other.curve(3, 15, 2, RED, 0.2);
    expect(one.bytes()).toEqual(other.bytes());
  });
});

test("what lies outside leaves no trace", () => {
  const raster = new Raster(10, 10);
  raster.curve(-50, -20, 3, RED, 1);
  raster.curve(40, 30, 3, RED, 1);
  expect(raster.bytes().every((value) => value === 0)).toBe(true);
});

test("a cleared raster is blank", () => {
  const raster = new Raster(10, 10);
  raster.curve(1, 9, 2, RED, 1);
  expect(raster.bytes().some((value) => value > 0)).toBe(true);
  raster.clear();
  expect(raster.bytes().every((value) => value === 0)).toBe(true);
});
