import { describe, expect, test } from "vitest";
import { parseExhibit } from "../src/exhibit/exhibit.ts";
import { notesOfChoice } from "../src/frame/notes.ts";
import { strongest } from "../src/scene/reduce.ts";
import { AS_CAPTURED, Captured } from "../src/scene/scene.ts";
import { type Choice, hiddenShare, layerName } from "../src/scene/shown.ts";
import { ATTENTIONS, fixture } from "./fixtures.ts";

const EACH: Choice = { layer: 0, heads: [0, 1, 2], reduce: "none", by: "mean", mass: 1 };

describe.each(ATTENTIONS)("%s %s", (name, of) => {
  const { raw, expected } = fixture(name);
  const scene = new Captured(parseExhibit(raw).find(of), AS_CAPTURED);
  const { layers, shape, weights, masked } = expected[of];
  const [, heads, queries, keys] = shape;
  const size = queries * keys;
  const captured = (layer: number, head: number) => {
    const start = (layers.indexOf(layer) * heads + head) * size;
    return { weights: weights.slice(start, start + size), masked: masked.slice(start, start + size) };
  };
  const choice = { ...EACH, layer: layers[0], heads: [...Array(heads).keys()] };

  const cases = [
    ["heads", [layers[0]], choice.heads],
    ["all", layers, choice.heads],
  ] as const;

  test.each(cases)("mean and maximum over %s are those of the captured weights", (reduce, overLayers, overHeads) => {
    const parts = overLayers.flatMap((layer) => overHeads.map((head) => captured(layer, head)));
    const at = (i: number) => parts.map((part) => part.weights[i]);
    for (const by of ["mean", "max"] as const) {
      const shown = scene.shown({ ...choice, reduce, by });
      expect(shown).toHaveLength(1);
      expect(shown[0].head).toBeNull();
      const { data } = shown[0];
      for (let i = 0; i < size; i++) {
        const wanted = by === "max" ? Math.max(...at(i)) : at(i).reduce((sum, w) => sum + w, 0) / parts.length;
        expect(Math.abs(data.weights[i] - wanted)).toBeLessThan(0.0021);
        expect(data.masked?.[i] ?? 0).toBe(Math.min(...parts.map((part) => part.masked[i])));
      }
    }
  });

  test("layers become one for each head", () => {
    const shown = scene.shown({ ...choice, reduce: "layers", by: "max" });
    expect(shown.map(({ head }) => head)).toEqual(choice.heads);
    const wanted = Math.max(...layers.map((layer) => captured(layer, 1).weights[0]));
    expect(Math.abs(shown[1].data.weights[0] - wanted)).toBeLessThan(0.0021);
  });

  test.each([0.3, 0.7, 0.95])("%d of each row is made up by as few keys as will do", (mass) => {
    const [{ data, whole }] = scene.shown({ ...choice, heads: [0], mass });
    for (let query = 0; query < queries; query++) {
      const row = [...(whole as Float32Array).subarray(query * keys, (query + 1) * keys)];
      const left = [...data.weights.subarray(query * keys, (query + 1) * keys)];
      const sum = (of: readonly number[]) => of.reduce((total, weight) => total + weight, 0);
      const kept = left.filter((weight) => weight > 0).sort((a, b) => b - a);
      expect(kept).toEqual(row.sort((a, b) => b - a).slice(0, kept.length));
      expect(sum(kept)).toBeGreaterThanOrEqual(mass * sum(row) - 1e-5);
      expect(sum(kept.slice(0, -1))).toBeLessThan(mass * sum(row));
      const shown = scene.shown({ ...choice, heads: [0], mass })[0];
      expect(hiddenShare(shown, query, keys)).toBeCloseTo(1 - sum(kept) / sum(row), 5);
    }
  });
});

describe("in words", () => {
  const scene = new Captured(parseExhibit(fixture("full").raw).find(), AS_CAPTURED);

  test("heads and layers that became one are named so", () => {
    const names = (choice: Partial<Choice>) => scene.shown({ ...EACH, ...choice }).map(({ name }) => name);
    expect(names({ heads: [2, 0] })).toEqual(["head 0", "head 2"]);
    expect(names({ reduce: "heads" })).toEqual(["mean of 3 heads"]);
    expect(names({ reduce: "all", by: "max", heads: [1, 2] })).toEqual(["maximum of 2 heads"]);
    expect(names({ reduce: "heads", heads: [] })).toEqual([]);
    expect(layerName({ ...EACH, layer: 3 }, 6)).toBe("Layer 3");
    expect(layerName({ ...EACH, reduce: "all" }, 6)).toBe("Mean of 6 layers");
    expect(layerName({ ...EACH, reduce: "layers", by: "max" }, 6)).toBe("Maximum of 6 layers");
  });

  test("what is hidden is told as a share of all attention", () => {
    const [{ data, whole }] = scene.shown({ ...EACH, heads: [1], mass: 0.5 });
    const sum = (weights: Float32Array) => weights.reduce((total, weight) => total + weight, 0);
    const hidden = Math.round(100 * (1 - sum(data.weights) / sum(whole as Float32Array)));
    const keys = data.weights.filter((weight) => weight > 0).length / scene.query.length;
    expect(notesOfChoice(scene, { ...EACH, heads: [1], mass: 0.5 })).toEqual([
      `Of each query the strongest keys that make up 50\u202f% are shown, ${keys.toFixed(1)} on average; ${hidden}\u202f% of the attention is hidden.`,
    ]);
    expect(notesOfChoice(scene, EACH)).toEqual([]);
  });

  test("what became one is told, and that a maximum is no distribution", () => {
    expect(notesOfChoice(scene, { ...EACH, reduce: "all" })).toEqual(["Mean of 2 layers and 3 heads."]);
    expect(notesOfChoice(scene, { ...EACH, reduce: "layers", by: "max" })[0]).toMatch(
      /^Maximum of 2 layers: .* more than 1/,
    );
    expect(notesOfChoice(scene, { ...EACH, reduce: "heads", heads: [] })).toEqual([]);
  });
});

test("equal weights are taken from the first key on, and a row of nothing stays so", () => {
  expect([...strongest(Float32Array.of(0.25, 0.25, 0.25, 0.25, 0, 0, 0, 0), 4, 0.5)]).toEqual([
    0.25, 0.25, 0, 0, 0, 0, 0, 0,
  ]);
});

test("however small a share is, the strongest key makes it up", () => {
  expect([...strongest(Float32Array.of(0.25, 0.75), 2, 1e-9)]).toEqual([0, 0.75]);
});
