import { describe, expect, test } from "vitest";
import {
  accentColour,
  blend,
  headColours,
  luminance,
  type Rgb,
  readableOn,
  sequentialScale,
  signedPosition,
  signedScale,
} from "../src/drawing/colour.ts";

const WHITE: Rgb = [255, 255, 255];
const SLATE: Rgb = [30, 33, 41];

/** WCAG 2's contrast ratio. */
function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

test("luminance is WCAG's", () => {
  expect(luminance(WHITE)).toBeCloseTo(1, 6);
  expect(luminance([0, 0, 0])).toBe(0);
  // The well-known grey at 4.54:1 on white.
  expect(contrast([118, 118, 118], WHITE)).toBeCloseTo(4.54, 2);
});

describe.each([
  ["light", WHITE, false],
  ["dark", SLATE, true],
] as const)("on a %s ground", (_, ground, dark) => {
  test("heads' colours stand out, and their numbers on them are legible", () => {
    const colours = headColours(dark);
    expect(colours).toHaveLength(10);
    for (const colour of colours) {
      expect(contrast(colour, ground)).toBeGreaterThanOrEqual(2.7);
      expect(contrast(colour, readableOn(colour))).toBeGreaterThanOrEqual(4.5);
    }
  });

  test("no two heads look the same, whatever the reader's colour vision", () => {
    const colours = headColours(dark);
    for (const see of Object.values(VISION)) {
      const seen = colours.map(see);
      for (let i = 0; i < seen.length; i++) {
        for (let j = 0; j < i; j++) expect(distance(seen[i], seen[j])).toBeGreaterThan(0.065);
      }
    }
  });

  test("the accent is legible as text", () => {
    expect(contrast(accentColour(dark), ground)).toBeGreaterThanOrEqual(4.5);
  });

  test("the scale leads from the ground away, ever further, in about even steps", () => {
    const scale = sequentialScale(ground, dark);
    expect(scale).toHaveLength(256);
    expect(scale[0]).toEqual(ground);
    const lightness = scale.map((colour) => toOklab(colour.map(toLinear))[0] * (dark ? 1 : -1));
    for (let i = 1; i < 256; i++) expect(lightness[i]).toBeGreaterThanOrEqual(lightness[i - 1]);
    const quarters = [0, 64, 128, 191, 255].map((i) => lightness[i]);
    const steps = quarters.slice(1).map((value, i) => value - quarters[i]);
    expect(Math.max(...steps) / Math.min(...steps)).toBeLessThan(1.6);
  });

  test("numbers of either sign and of one size are as light as one another, and never look the same", () => {
    const scale = signedScale(ground, dark);
    expect(scale).toHaveLength(511);
    expect(scale[255]).toEqual(ground);
    for (let i = 1; i <= 255; i++) {
      const [negative, positive] = [scale[255 - i], scale[255 + i]].map((colour) => toOklab(colour.map(toLinear)));
      expect(Math.abs(negative[0] - positive[0])).toBeLessThan(0.03);
    }
    for (const see of Object.values(VISION)) {
      for (const i of [64, 128, 191, 255]) {
        expect(distance(see(scale[255 - i]), see(scale[255 + i]))).toBeGreaterThan(0.04);
      }
    }
  });
});

test("the signed scale takes both signs as far", () => {
  expect([-4, -1, 0, 1, 4, 9].map((value) => signedPosition(value, 4))).toEqual([-1, -0.5, 0, 0.5, 1, 1]);
  expect(signedPosition(0, 0)).toBe(0);
});

test("blending goes from the ground to the colour", () => {
  expect(blend([0, 0, 0], [200, 100, 50], 0.5)).toEqual([100, 50, 25]);
  expect(blend([9, 9, 9], [200, 100, 50], 0)).toEqual([9, 9, 9]);
});

// Simulated dichromacy after Machado, Oliveira and Fernandes (2009), at full severity.
const matrix = (m: number[][]) => (colour: Rgb) => {
  const linear = colour.map(toLinear);
  return m.map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, weight, i) => sum + weight * linear[i], 0),
      ),
    ),
  );
};
const VISION: Record<string, (colour: Rgb) => number[]> = {
  trichromat: (colour) => colour.map(toLinear),
  protan: matrix([
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ]),
  deutan: matrix([
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ]),
  tritan: matrix([
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ]),
};

function toLinear(value: number): number {
  const v = value / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}

/** Björn Ottosson, "A perceptual color space for image processing" (2020). */
function toOklab([r, g, b]: number[]): number[] {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function distance(one: number[], other: number[]): number {
  const [a, b] = [toOklab(one), toOklab(other)];
  return Math.hypot(...a.map((value, i) => value - b[i]));
}
