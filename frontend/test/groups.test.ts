import { expect, test } from "vitest";
import { asFollower, chosenIn, join, leave, type Member, showOpened, tell } from "../src/page/groups.ts";
import { setOut } from "../src/page/steps.ts";
import { initialState, reduce, type Shape, type State } from "../src/state.ts";

const size = { query: { length: 9 }, key: { length: 9 }, hasPair: false };
const SHAPE: Shape = {
  views: ["head", "model", "matrix"],
  attentions: [{ ...size, name: "self", layers: [0, 1, 2, 3], heads: 8 }],
  steps: 0,
};
const START = initialState(SHAPE);
const at = (change: unknown) => reduce(START, change, SHAPE);

/** Stands for a view, and remembers what it was told. */
class Follower implements Member {
  readonly told: Partial<State>[] = [];
  follow(change: Partial<State>): void {
    this.told.push(change);
  }
}

test("the others are told what changed, and the one that changed isn't", () => {
  const [one, two, stranger] = [new Follower(), new Follower(), new Follower()];
  join("a", one);
  join("a", two);
  join("b", stranger);
  tell("a", one, START, at({ layer: 2, heads: [3], query: 4 }));
  expect(two.told).toEqual([{ attention: "self", layer: 2, heads: [3], query: 4 }]);
  expect(one.told).toEqual([]);
  expect(stranger.told).toEqual([]);
  leave("a", two);
  tell("a", one, START, at({ layer: 1 }));
  expect(two.told).toHaveLength(1);
  for (const member of [one, stranger]) for (const name of ["a", "b"]) leave(name, member);
});

test("a head is told with its layer, also where the layer was that before", () => {
  const [one, two] = [new Follower(), new Follower()];
  join("a", one);
  join("a", two);
  tell("a", one, at({ layer: 3 }), at({ layer: 3, heads: [5] }));
  tell("a", one, at({ layer: 3 }), at({ layer: 3, sink: "hidden" }));
  expect(two.told).toEqual([{ attention: "self", layer: 3, heads: [5] }, { sink: "hidden" }]);
  leave("a", one);
  leave("a", two);
});

test("what is a view's own stays its own", () => {
  const [one, two] = [new Follower(), new Follower()];
  join("a", one);
  join("a", two);
  tell(
    "a",
    one,
    START,
    at({ view: "model", scale: "full", thumbnails: "lines", expanded: false, order: "head", neuron: 2 }),
  );
  expect(two.told).toEqual([]);
  expect(chosenIn("a")).toEqual({});
  leave("a", one);
  leave("a", two);
});

test("who comes late finds what was chosen; a group that all have left is forgotten", () => {
  const one = new Follower();
  join("a", one);
  tell("a", one, START, at({ layer: 2, query: 4 }));
  tell("a", one, at({ layer: 2, query: 4 }), at({ layer: 2, key: 1 }));
  expect(chosenIn("a")).toEqual({ attention: "self", layer: 2, query: null, key: 1 });
  leave("a", one);
  expect(chosenIn("a")).toEqual({});
});

test("the head that is opened becomes the one head", () => {
  const model = at({ view: "model" });
  const open = showOpened(model, reduce(model, { layer: 1, head: 5 }, SHAPE));
  expect(open.heads).toEqual([5]);
  expect(showOpened(open, reduce(open, { head: null }, SHAPE))).toMatchObject({ heads: [5], head: null });
});

test("a follower shows the head that was chosen elsewhere, each in its way", () => {
  const follow = (state: State, change: Partial<State>) => reduce(state, asFollower(state, change), SHAPE);
  expect(follow(at({ view: "matrix", head: 2 }), { heads: [6] })).toMatchObject({ head: 6 });
  expect(follow(at({}), { heads: [6] })).toMatchObject({ heads: [6], head: null });
  expect(follow(at({ view: "model" }), { heads: [6], layer: 3 })).toMatchObject({ heads: [6], head: null, layer: 3 });
  expect(follow(at({ view: "model", head: 1 }), { heads: [6] })).toMatchObject({ heads: [6], head: 6 });
  expect(follow(at({ view: "model", head: 1 }), { heads: [6, 7] })).toMatchObject({ heads: [6, 7], head: null });
});

test("a step starts from what the author wrote, whatever the reader did since", () => {
  const shape = { ...SHAPE, steps: 2 };
  const authored = reduce(initialState(shape), { layer: 1, query: 3 }, shape);
  const steps = [
    { caption: "one", state: {} },
    { caption: "two", state: { heads: [4], query: null } },
  ];
  const go = (state: State, change: unknown) => reduce(setOut(change, state, authored, steps, shape), change, shape);
  const astray = go(authored, { layer: 3, key: 2, view: "matrix" });
  expect(astray).toMatchObject({ layer: 3, step: 0 });
  expect(go(astray, { step: 1 })).toEqual({ ...authored, heads: [4], query: null, step: 1 });
  expect(go(astray, { step: 1, layer: 2 })).toMatchObject({ layer: 2, heads: [4], step: 1 });
  for (const step of [-1, 2, 0.5, "1", "length", null, undefined, {}]) {
    expect(setOut({ step }, astray, authored, steps, shape)).toBe(astray);
  }
  expect(go(astray, JSON.parse(JSON.stringify(astray)))).toEqual(astray);
});
