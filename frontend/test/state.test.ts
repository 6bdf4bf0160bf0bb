import { describe, expect, test } from "vitest";
import { type AttentionShape, choose, initialState, reduce, type Shape, shownHead } from "../src/state.ts";

const self: AttentionShape = {
  name: "self",
  layers: [0, 1, 2, 3, 4, 5],
  heads: 4,
  query: { length: 10 },
  key: { length: 12 },
  hasPair: true,
};
const SHAPE: Shape = { views: ["head", "model", "matrix", "text"], attentions: [self], steps: 0 };
const START = initialState(SHAPE);

test("at first: the first view and layer, all heads, nothing pinned", () => {
  expect(START).toMatchObject({ view: "head", layer: 0, heads: [0, 1, 2, 3], head: null, query: null, key: null });
});

describe("where the author names no view", () => {
  const viewOf = (query: number, key: number, views = ["head", "model", "text"]) =>
    initialState({ ...SHAPE, views, attentions: [{ ...self, query: { length: query }, key: { length: key } }] }).view;

  test("up to 128 tokens are linked by lines, more flow as a text", () => {
    expect(viewOf(128, 128)).toBe("head");
    expect(viewOf(129, 129)).toBe("text");
    expect([viewOf(3, 129), viewOf(129, 3)]).toEqual(["text", "text"]);
    expect(viewOf(512, 512, ["head", "model"])).toBe("head");
  });

  test("the attention that the author wants is the one that counts", () => {
    const shape: Shape = {
      views: ["head", "text"],
      attentions: [self, { ...self, name: "encoder", key: { length: 300 } }],
      steps: 0,
    };
    expect(initialState(shape).view).toBe("head");
    const start = initialState(shape, { attention: "encoder" });
    expect(start).toMatchObject({ view: "text", attention: "encoder" });
    expect(reduce(start, { attention: "encoder", view: "head" }, shape).view).toBe("head");
  });
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
      attention: "cross",
      units: "sentences",
      sink: true,
      expanded: 1,
      order: "name",
      neuron: "5",
    },
  ],
  [{ unknown: 1 }],
])("what makes no sense is ignored: %j", (change) => {
  expect(reduce(START, change, SHAPE)).toEqual(START);
});

test("neurons are opened, sorted and pinned", () => {
  const next = reduce(START, { expanded: false, order: "head", neuron: 63 }, SHAPE);
  expect(next).toEqual({ ...START, expanded: false, order: "head", neuron: 63 });
  expect(reduce(next, { neuron: null, expanded: true, order: "index" }, SHAPE)).toEqual(START);
});

test("without a pair there is nothing to filter", () => {
  expect(reduce(START, { filter: "a-b" }, { ...SHAPE, attentions: [{ ...self, hasPair: false }] }).filter).toBe("all");
});

test("a layer is the nearest that there is", () => {
  const hybrid: Shape = { ...SHAPE, attentions: [{ ...self, layers: [4, 8] }] };
  const start = initialState(hybrid);
  const layerAt = (layer: number) => reduce(start, { layer }, hybrid).layer;
  expect(start.layer).toBe(4);
  expect([-9, 0, 5, 6, 7, 8, 99, Number.POSITIVE_INFINITY].map(layerAt)).toEqual([4, 4, 4, 4, 8, 8, 8, 8]);
});

describe("switching attentions", () => {
  const cross: AttentionShape = {
    ...self,
    name: "cross",
    layers: [0, 1, 2],
    heads: 2,
    key: { length: 7 },
    hasPair: false,
  };
  const shape: Shape = { ...SHAPE, attentions: [self, cross] };
  const go = (state: typeof START, attention: string) => reduce(state, { attention }, shape);

  test("layers and heads come as near as they can", () => {
    const chosen = reduce(START, { layer: 4, heads: [3, 1], head: 3 }, shape);
    expect(go(chosen, "cross")).toMatchObject({ attention: "cross", layer: 2, heads: [1], head: 1 });
  });

  test("all heads stay all heads, both ways", () => {
    expect(go(START, "cross").heads).toEqual([0, 1]);
    expect(go(go(START, "cross"), "self").heads).toEqual([0, 1, 2, 3]);
    expect(go(reduce(START, { heads: [3] }, shape), "cross").heads).toEqual([0, 1]);
  });

  test("the old one's tokens and filter are let go", () => {
    const pinned = reduce(START, { query: 3, key: 11, filter: "a-b" }, shape);
    expect(go(pinned, "cross")).toMatchObject({ query: null, key: null, filter: "all" });
    expect(go(pinned, "self")).toEqual(pinned);
  });

  test("what is asked for at the same time is of the new one", () => {
    expect(reduce(START, { attention: "cross", layer: 9, key: 11, heads: [1] }, shape)).toMatchObject({
      layer: 2,
      key: 6,
      heads: [1],
    });
  });
});

describe("switching views", () => {
  const go = (state: typeof START, view: string) => reduce(state, { view }, SHAPE);

  test("a head opened in the model view stays in sight", () => {
    const open = reduce(go(START, "model"), { layer: 3, head: 2 }, SHAPE);
    expect(shownHead(go(open, "matrix"))).toBe(2);
    for (const view of ["head", "text"]) {
      expect(go(open, view)).toMatchObject({ layer: 3, heads: [2], head: null });
    }
  });

  test.each(["head", "text"])("from the %s view a head shown alone is opened, several are not", (view) => {
    const alone = reduce(go(START, view), { heads: [1] }, SHAPE);
    expect(alone.head).toBe(null);
    expect(go(alone, "model").head).toBe(1);
    expect(go(go(START, view), "model").head).toBe(null);
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

describe("several tokens", () => {
  test("are a list of what there is, each once", () => {
    expect(reduce(START, { query: [5, 2, 5, 99, -1, "x"] }, SHAPE).query).toEqual([5, 2]);
    expect(reduce(START, { query: [5] }, SHAPE).query).toBe(5);
    expect(reduce({ ...START, query: 5 }, { query: [] }, SHAPE).query).toBeNull();
  });

  test("are added one by one, and let go one by one", () => {
    expect(choose(null, 3, true)).toBe(3);
    expect(choose(3, 4, true)).toEqual([3, 4]);
    expect(choose([3, 4], 3, true)).toBe(4);
    expect(choose([3, 4], 5, false)).toBe(5);
    expect(choose([3, 4], 4, false)).toBeNull();
  });
});

test.each([
  [{ mass: 0.7 }, { mass: 0.7 }],
  [{ mass: 7 }, { mass: 1 }],
  [{ mass: 0 }, { mass: 1 }],
  [{ mass: "most" }, { mass: 1 }],
  [{ least: 3.5 }, { least: 3.5 }],
  [{ least: -1 }, { least: null }],
  [
    { reduce: "heads", by: "max" },
    { reduce: "heads", by: "max" },
  ],
  [{ reduce: "rows", by: "sum", sort: "size", comparison: "third" }, {}],
])("%o gives %o", (change, wanted) => {
  expect(reduce(START, change, SHAPE)).toEqual({ ...START, ...wanted });
});
