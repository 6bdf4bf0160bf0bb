import { describe, expect, test } from "vitest";
import { layOut, type Wanted } from "../src/views/neuron/layout.ts";

const wanted = (given: Partial<Wanted> = {}): Wanted => ({
  width: 960,
  speaker: 0,
  label: 70,
  neurons: 64,
  hasBias: false,
  pitch: 24,
  ...given,
});

const SIZES = [320, 360, 680, 960].flatMap((width) =>
  [8, 32, 64, 128, 256].flatMap((neurons) => [true, false].map((hasBias) => ({ width, neurons, hasBias }))),
);

describe.each(SIZES)("$neurons neurons in $width px, bias $hasBias", (size) => {
  const layout = layOut(wanted(size));
  const end = ({ left, width }: { left: number; width: number }) => left + width;
  const { label, key, product, score, bias, weight, cell, pitch } = layout;

  test("nothing leaves the width, and neurons are at least a pixel wide", () => {
    expect(layout.width).toBeLessThanOrEqual(size.width);
    for (const span of [label, key, product, score, weight]) expect(end(span)).toBeLessThanOrEqual(layout.width);
    expect(cell).toBeGreaterThanOrEqual(1);
    expect(product.width).toBeCloseTo(cell * size.neurons, 9);
  });

  test("columns stand in the order of the equation, and do not overlap", () => {
    const strips = layout.stacked ? [] : [key, product];
    const columns = [label, ...strips, score, ...(bias ? [bias] : []), weight];
    for (let i = 1; i < columns.length; i++) expect(columns[i].left).toBeGreaterThan(end(columns[i - 1]));
    expect(label.width).toBeGreaterThan(40);
    expect(bias !== null).toBe(size.hasBias);
  });

  test("strips stay in their row", () => {
    for (const { top, height } of [key, product]) expect(top + height).toBeLessThanOrEqual(pitch);
    if (layout.stacked) expect(product.top).toBeGreaterThanOrEqual(key.top + key.height);
  });
});

test("strips are stacked where they do not fit beside one another, and only there", () => {
  expect(layOut(wanted()).stacked).toBe(false);
  expect(layOut(wanted({ neurons: 256 })).stacked).toBe(true);
  expect(layOut(wanted({ width: 360 })).stacked).toBe(true);
});
