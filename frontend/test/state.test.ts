import { describe, expect, test } from "vitest";
import { initialState, reduce, type Shape, shownHead } from "../src/state.ts";

const SHAPE: Shape = { views: ["head", "model", "matrix"], layers: 6, heads: 4, queries: 10, keys: 12, hasPair: true };
const START = initialState(SHAPE);

test("at first: the first view and layer, all heads, nothing pinned", () => {
  expect(START).toMatchObject({ view: "head", layer: 0, heads: [0, 1, 2, 3], head: null, query: null, key: null });
});

test("a change is partial and leaves the old state alone", () => {
  const next = reduce(START, { layer: 3, query: 9, filter: "a-b" }, SHAPE);
  expect(next).toEqual({ ...START, layer: 3, query: 9, filter: "a-b" });
  expect(START.layer).toBe(0);
});

test("numbers are clamped to what there is", () => {
  expect(reduce(START, { layer: 99, query: -5, key: 99, head: 7 }, SHAPE)).toMatchObject({
    layer: 5,
    query: 0,
    key: 11,
    head: 3,
  });
});

test("null unpins", () => {
  const pinned = reduce(START, { query: 3, key: 4, head: 2 }, SHAPE);
  expect(reduce(pinned, { query: null, key: null, head: null }, SHAPE)).toEqual(START);
});

test("heads are kept in their order, once each, if they exist", () => {
  expect(reduce(START, { heads: [2, 1, 2, 9, -1, "1", 0.5] }, SHAPE).heads).toEqual([2, 1]);
  expect(reduce(START, { heads: [] }, SHAPE).heads).toEqual([]);
  expect(reduce(START, { heads: [9] }, SHAPE).heads).toEqual([0, 1, 2, 3]);
});

test.each([
  [null],
  [undefined],
  ["view"],
  [7],
  [[]],
  [
    {
      view: "neuron",
      layer: "3",
      heads: "all",
      head: {},
      query: Number.NaN,
      filter: "b-c",
      scale: 1,
      thumbnails: null,
    },
  ],
  [{ unknown: 1 }],
])("what makes no sense is ignored: %j", (change) => {
  expect(reduce(START, change, SHAPE)).toEqual(START);
});

test("without a pair there is nothing to filter", () => {
  expect(reduce(START, { filter: "a-b" }, { ...SHAPE, hasPair: false }).filter).toBe("all");
});

describe("switching views", () => {
  const go = (state: typeof START, view: string) => reduce(state, { view }, SHAPE);

  test("a head opened in the model view stays in sight", () => {
    const open = reduce(go(START, "model"), { layer: 3, head: 2 }, SHAPE);
    expect(shownHead(go(open, "matrix"))).toBe(2);
    expect(go(open, "head")).toMatchObject({ layer: 3, heads: [2], head: null });
  });

  test("a head shown alone is opened, several are not", () => {
    const alone = reduce(START, { heads: [1] }, SHAPE);
    expect(go(alone, "model").head).toBe(1);
    expect(go(START, "model").head).toBe(null);
  });

  test("the shown heads come back if none was chosen meanwhile", () => {
    const some = reduce(START, { heads: [1, 3] }, SHAPE);
    expect(shownHead(go(some, "matrix"))).toBe(1);
    expect(go(go(go(some, "matrix"), "model"), "head").heads).toEqual([1, 3]);
  });

  test("pinned tokens stay pinned", () => {
    const pinned = reduce(START, { query: 3, key: 5 }, SHAPE);
    expect(go(go(pinned, "matrix"), "model")).toMatchObject({ query: 3, key: 5 });
  });

  test("what is asked for at the same time wins", () => {
    const open = reduce(go(START, "model"), { head: 2 }, SHAPE);
    expect(reduce(open, { view: "head", heads: [0, 1] }, SHAPE).heads).toEqual([0, 1]);
  });
});
