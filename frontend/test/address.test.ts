import { describe, expect, test } from "vitest";
import { readAddress, writeAddress } from "../src/page/address.ts";
import { initialState, reduce, type Shape, type State } from "../src/state.ts";

const attention = { heads: 12, query: { length: 10 }, key: { length: 10 }, hasPair: true };
const SHAPE: Shape = {
  views: ["head", "model", "matrix", "neuron"],
  attentions: [
    { ...attention, name: "cross", layers: [0, 1, 2, 3] },
    { ...attention, name: "self", layers: [4, 8] },
  ],
  steps: 0,
};
const START = initialState(SHAPE);
const authored = (state: unknown): State => reduce(START, state, SHAPE);

test("an address names a view and what it sets", () => {
  expect(readAddress("#attn:who-is-she/she?layer=5&heads=10,3&query=9&view=matrix&units=words")).toEqual({
    name: "who-is-she/she",
    state: { layer: 5, heads: [10, 3], query: 9, view: "matrix", units: "words" },
  });
  expect(readAddress("#attn:caf%C3%A9/a%3Fb?key=")).toEqual({ name: "café/a?b", state: { key: null } });
  expect(readAddress("#attn:she?heads=")).toEqual({ name: "she", state: { heads: [] } });
  expect(readAddress("#attn:she")).toEqual({ name: "she", state: {} });
});

test.each(["", "#", "#she", "#attn", "#ATTN:she", "#attn:%", "#attn:%E0%A4%A?layer=1"])("no address: %j", (hash) => {
  expect(readAddress(hash)).toBe(null);
});

test.each([
  "layer=x",
  "layer=1,2",
  "layer=-1",
  "layer=1.5",
  "layer=1e3",
  "query=She",
  "heads=all",
  "heads=1,",
  "heads=,",
  "scale=full",
  "expanded=true",
  "neuron=3",
  "state=%7B%7D",
  "__proto__=1",
  "constructor=1",
  "=",
  "&&?",
  "%=%E0%A4%A",
])("what no link sets is ignored: %s", (query) => {
  const { state } = readAddress(`#attn:she?${query}`) ?? { state: null };
  expect(Object.values(state ?? {}).filter((value) => value !== undefined)).toEqual([]);
  expect(reduce(START, state, SHAPE)).toEqual(START);
});

describe("what a link sets comes back from it", () => {
  test.each<[string, unknown, unknown]>([
    ["nothing", {}, {}],
    ["heads", {}, { layer: 3, heads: [7, 1] }],
    ["no head", {}, { heads: [] }],
    ["one head of a matrix", { view: "matrix", heads: [2] }, { head: 5 }],
    ["an opened head", { view: "model" }, { layer: 2, head: 7 }],
    ["a closed head", { view: "model", heads: [3] }, { head: null }],
    ["another view", { view: "matrix", heads: [2], query: 1 }, { view: "head" }],
    ["another view with a head", {}, { view: "neuron", heads: [4] }],
    ["several tokens", { query: 3 }, { query: [5, 2], key: [0, 1] }],
    ["heads as one", {}, { reduce: "all", by: "max", mass: 0.7 }],
    ["ranked heads", { view: "model", sort: "entropy", least: 0.25 }, { sort: "first", least: null }],
    ["a difference", {}, { comparison: "difference" }],
    ["unpinned tokens", { query: 3, key: 0 }, { query: null, key: null }],
    ["another attention", { query: 3 }, { attention: "self", layer: 8, query: 2 }],
    ["switches", { units: "words" }, { units: "pieces", sink: "hidden", filter: "a-b", order: "token" }],
  ])("%s", (_, first, change) => {
    const start = authored(first);
    const state = reduce(start, change, SHAPE);
    const link = readAddress(writeAddress("a/b", state, start, SHAPE));
    expect(link?.name).toBe("a/b");
    const shown = ({ heads, head, ...rest }: State) => ({ ...rest, heads: rest.view === "head" ? heads : head });
    expect(shown(reduce(start, link?.state, SHAPE))).toEqual(shown(state));
  });
});

test("a matrix of several heads in one passes them on, not the head that was opened before", () => {
  const start = authored({ view: "matrix", heads: [2, 7, 9], head: 5 });
  const state = reduce(start, { reduce: "heads" }, SHAPE);
  const link = readAddress(writeAddress("she", state, authored({}), SHAPE));
  expect(link?.state).toEqual({ view: "matrix", reduce: "heads", heads: [2, 7, 9] });
});

test("an address holds only what differs, and no more than it must", () => {
  const start = authored({ layer: 1, heads: [3] });
  const write = (change: unknown) => writeAddress("who is/shé", reduce(start, change, SHAPE), start, SHAPE);
  expect(write({})).toBe("#attn:who%20is/sh%C3%A9");
  expect(write({ layer: 2, heads: [10, 1], query: 9 })).toMatch(
    /^#attn:who%20is\/sh%C3%A9\?heads=10,1&layer=2&query=9$/,
  );
  expect(write({ scale: "full", thumbnails: "lines", expanded: false, neuron: 3 })).toBe("#attn:who%20is/sh%C3%A9");
});

test("a step of a tour is always told, and what it sets is not", () => {
  const shape = { ...SHAPE, steps: 3 };
  const state = reduce(initialState(shape), { step: 2, layer: 3 }, shape);
  expect(writeAddress("she", state, { ...state, step: null }, shape)).toBe("#attn:she?step=2");
});
