import { describe, expect, test } from "vitest";
import { parseExhibit } from "../src/exhibit/exhibit.ts";
import { AS_CAPTURED, Captured } from "../src/scene/scene.ts";
import { initialState, type State } from "../src/state.ts";
import { csv } from "../src/take/csv.ts";
import { writeFence } from "../src/take/fence.ts";
import { partsOf, rowsOf, type Seen, whereOf } from "../src/take/numbers.ts";
import { asFileName } from "../src/take/save.ts";
import { numbersOf } from "../src/take/table.ts";
import { headView } from "../src/views/head.ts";
import { matrixView } from "../src/views/matrix.ts";
import { modelView } from "../src/views/model.ts";
import type { View } from "../src/views/view.ts";
import { fixture } from "./fixtures.ts";

describe("CSV", () => {
  const lines = (...rows: (string | number | null)[][]) => csv(rows).slice(1);

  test("begins with the mark that tells spreadsheets its encoding", () => {
    expect(csv([["é"]])).toBe("\ufeffé\r\n");
  });

  test.each([
    ["plain", "plain"],
    ["a,b", '"a,b"'],
    ['a "b"', '"a ""b"""'],
    ["a\nb", '"a\nb"'],
    ["a\rb", '"a\rb"'],
    ["", ""],
    [" a ", " a "],
  ])("%j is written as %s", (text, written) => {
    expect(lines([text, 1])).toBe(`${written},1\r\n`);
  });

  test.each(["=1+1", "+1", "-1", "@a", "\tx"])("%j is no formula", (text) => {
    expect(lines([text])).toBe(`'${text}\r\n`);
  });

  test.each([
    ["a;=1+1", "a;'=1+1"],
    ['a;"@b"', '"a;""\'@b"""'],
    ["a\t+1\t-2", "a\t'+1\t'-2"],
    ["a\n=1;\n＝2", "\"a\n'=1;\n'＝2\""],
    ["\n-1", "\"'\n'-1\""],
    ["a; b", "a; b"],
    ["a-b=c;d", "a-b=c;d"],
  ])("%j has no formula in it where other signs part cells", (text, written) => {
    expect(lines([text])).toBe(`${written}\r\n`);
  });

  test("a formula with signs is both guarded and quoted", () => {
    expect(lines(['=HYPERLINK("x","y")'])).toBe(`"'=HYPERLINK(""x"",""y"")"\r\n`);
  });

  test("numbers are numbers, also negative ones; nothing is empty", () => {
    expect(lines([-0.5, 1e-7, null, 0])).toBe("-0.5,1e-7,,0\r\n");
  });
});

describe("a fence", () => {
  test("of a gallery's view has the name and what was chosen", () => {
    const state = [
      ["view", "matrix"],
      ["heads", "7"],
      ["query", "9,3"],
      ["mass", "0.7"],
    ] as const;
    expect(writeFence({ argument: "a/b", body: "" }, state)).toBe(
      "```attnviz a/b\nview: matrix\nheads: [7]\nquery: [9, 3]\nmass: 0.7\n```\n",
    );
  });

  test("that stands alone has the lines that its author wrote", () => {
    const body = "model: m\ntext: The cat\n";
    expect(writeFence({ argument: "", body }, [["layer", "2"]])).toBe(`\`\`\`attnviz\n${body}layer: 2\n\`\`\`\n`);
  });

  test("leaves out what an author can't write", () => {
    const state = [
      ["heads", ""],
      ["key", ""],
      ["step", "1"],
    ] as const;
    expect(writeFence({ argument: "a", body: "" }, state)).toBe("```attnviz a\n```\n");
  });

  test.each([
    ["```", 4],
    ["a ````` b", 6],
    ["`", 3],
  ])("around %s has %i marks", (text, marks) => {
    const fence = writeFence({ argument: "", body: `text: "${text}"\n` }, []);
    expect(fence).toMatch(new RegExp(`^\`{${marks}}attnviz\n.*\n\`{${marks}}\n$`, "s"));
  });
});

test.each([
  [["who-is-she/she", "Layer 5 · heads 10, 11"], "who-is-she-she-layer-5-heads-10-11"],
  [["a\\b:c*?", "Mean of 6 layers"], "a-b-c-mean-of-6-layers"],
  [["../été", "6 layers × 12 heads"], "été-6-layers-12-heads"],
])("a file for %j is called %s", (words, name) => {
  expect(asFileName(...words)).toBe(name);
});

describe("numbers", () => {
  const exhibit = parseExhibit(fixture("causal").raw);
  const { shape, weights, masked } = fixture("causal").expected.self;
  const [layers, heads, queries, keys] = shape;
  const start = initialState({ views: ["head"], attentions: exhibit.attentions, steps: 0 });
  const see = (view: View, change: Partial<State> = {}): Seen => ({
    view,
    state: { ...start, ...change },
    scene: new Captured(exhibit.attentions[0], AS_CAPTURED),
    neurons: null,
  });
  const [layer] = exhibit.attentions[0].layers;

  test("of each view are those of its heads", () => {
    const count = (view: View, change: Partial<State> = {}) => [...partsOf(see(view, change))].length;
    expect(count(modelView)).toBe(layers * heads);
    expect(count(headView)).toBe(heads);
    expect(count(headView, { heads: [0] })).toBe(1);
    expect(count(headView, { heads: [] })).toBe(0);
    expect(count(matrixView)).toBe(1);
    expect(count(headView, { reduce: "heads" })).toBe(1);
  });

  test("are told where they are from", () => {
    expect(whereOf(see(modelView))).toBe(`${layers} layers × ${heads} heads`);
    expect(whereOf(see(headView))).toBe(`Layer ${layer} · all ${heads} heads`);
    expect(whereOf(see(headView, { heads: [1, 0] }))).toBe(
      heads === 2 ? "Layer 0 · all 2 heads" : `Layer ${layer} · heads 1, 0`,
    );
    expect(whereOf(see(headView, { heads: [] }))).toBe(`Layer ${layer} · no head`);
    expect(whereOf(see(matrixView, { head: 1 }))).toBe(`Layer ${layer} · head 1`);
    expect(whereOf(see(headView, { reduce: "all", by: "max" }))).toBe(
      `Maximum of ${layers} layers · maximum of ${heads} heads`,
    );
  });

  test("are the captured ones, row by row, and nothing where a key is masked", () => {
    const [titles, ...rows] = rowsOf([see(modelView)]);
    expect(titles).toEqual(["layer", "head", "query index", "query token", "key index", "key token", "weight"]);
    expect(rows).toHaveLength(weights.length);
    rows.forEach((row, i) => {
      expect([row[2], row[4]]).toEqual([Math.floor(i / keys) % queries, i % keys]);
      const weight = row[6];
      if (masked[i]) expect(weight).toBeNull();
      else expect(Math.abs(Number(weight) - weights[i])).toBeLessThan(0.0021);
    });
  });

  test("of one small head are a table of pairs", () => {
    const { titles, rows } = numbersOf(see(matrixView, { head: 1 }));
    expect(titles).toHaveLength(keys + 1);
    expect(rows).toHaveLength(queries);
    rows.forEach(([, ...cells], query) => {
      cells.forEach((cell, key) => {
        const at = (queries + query) * keys + key; // of head 1
        expect(cell).toMatch(masked[at] ? /^–$/ : /^[01]\.\d{3}$/);
        if (!masked[at]) expect(Math.abs(Number(cell) - weights[at])).toBeLessThan(0.003);
      });
    });
  });

  test("of several heads are a table of keys, the strongest first", () => {
    const query = queries - 1;
    const { titles, rows, caption } = numbersOf(see(headView, { query }));
    expect(titles).toEqual(["Key", ...[...Array(heads).keys()].map((head) => `head ${head}`)]);
    expect(caption).toContain("keys");
    const strengths = rows.map(([, ...cells]) => Math.max(...cells.map(Number)));
    expect(strengths).toEqual([...strengths].sort((a, b) => b - a));
  });

  test("of all heads are a table with their strongest pairs", () => {
    const { rows } = numbersOf(see(modelView));
    expect(rows).toHaveLength(layers * heads);
    rows.forEach(([, , , weight], i) => {
      const head = weights.slice(i * queries * keys, (i + 1) * queries * keys);
      expect(Math.abs(Number(weight) - Math.max(...head))).toBeLessThan(0.003);
    });
  });
});
