import { expect, describe as group, test } from "vitest";
import { parseExhibit } from "../src/exhibit/exhibit.ts";
import { formatPercent, formatWeight } from "../src/scene/format.ts";
import { strongest } from "../src/scene/reduce.ts";
import { AS_CAPTURED, Captured } from "../src/scene/scene.ts";
import { type Selection, select } from "../src/scene/selection.ts";
import { tokenName } from "../src/scene/tokens.ts";
import { leastDrawn, type ShownHead, strands } from "../src/views/bipartite/links.ts";
import { describe } from "../src/views/bipartite/words.ts";
import { fixture } from "./fixtures.ts";

const NOTHING = { query: [], key: [] };

function shown(head: number, weights: number[], masked: number[] | null = null): ShownHead {
  const data = {
    weights: Float32Array.from(weights),
    masked: masked && Uint8Array.from(masked),
  };
  return { head, name: `head ${head}`, data, whole: null, parts: [], colour: () => [0, 0, head], dash: 0 };
}

const HEAD = shown(4, [0.75, 0.25, 0.5, 0.5]);
const BOTH = { query: [0, 1], key: [0, 1] };

group("lines", () => {
  test("lead from the query's row to the key's", () => {
    const [{ lines, colour }] = strands([HEAD], 2, BOTH, NOTHING, 20, 0.3);
    expect(colour(1)).toEqual([0, 0, 4]);
    expect(lines).toEqual([
      [10, 10, 0.75],
      [30, 10, 0.5],
      [30, 30, 0.5],
    ]);
  });

  test("are those of the tokens that are looked at", () => {
    const of = (focus: Selection) => strands([HEAD], 2, BOTH, focus, 20, 0)[0].lines.map(([, , weight]) => weight);
    expect(of({ query: [0], key: [] })).toEqual([0.75, 0.25]);
    expect(of({ query: [], key: [1] })).toEqual([0.25, 0.5]);
    expect(of({ query: [1], key: [1] })).toEqual([0.5]);
  });

  test("of a filtered pair start in the filtered rows", () => {
    const [{ lines }] = strands([HEAD], 2, { query: [1], key: [0, 1] }, NOTHING, 20, 0);
    expect(lines).toEqual([
      [10, 10, 0.5],
      [10, 30, 0.5],
    ]);
  });

  test("of several heads run side by side in the heads' order, inside their row", () => {
    const starts = strands(
      [shown(0, [1]), shown(1, [1]), shown(2, [1])],
      1,
      { query: [0], key: [0] },
      NOTHING,
      24,
      0,
    ).map(({ lines }) => lines[0][0]);
    expect(starts).toEqual([8, 12, 16]);
  });

  test("are left out from the weakest on where there are too many", () => {
    const weights = Array.from({ length: 200 * 200 }, (_, i) => (i % 8 === 0 ? 0.5 : 0.0123));
    const all = { query: [...Array(200).keys()], key: [...Array(200).keys()] };
    const heads = [shown(0, weights)];
    const least = leastDrawn(heads, 200, all);
    expect(least).toBeGreaterThan(0.0123);
    expect(strands(heads, 200, all, NOTHING, 15, least)[0].lines).toHaveLength(5_000);
    expect(leastDrawn([HEAD], 2, BOTH)).toBeLessThan(0.0123);
  });
});

group("in words", () => {
  const scene = new Captured(parseExhibit(fixture("causal").raw).find(), AS_CAPTURED);
  const selection = select(scene, "all");
  const weights = Array(36).fill(0);
  const masked = fixture("causal").expected.self.masked.slice(0, 36);
  weights[5 * 6 + 0] = 0.125;
  weights[5 * 6 + 3] = 0.875;
  const head = shown(7, weights, masked);

  test("a query tells its strongest keys", () => {
    const words = describe(scene, "Layer 3", [head], selection, { query: [5], key: [] });
    expect(words).toBe("Layer 3 · head 7 · ly → fell 0.88, The 0.13");
  });

  test("a key tells who looks at it", () => {
    expect(describe(scene, "Layer 3", [head], selection, { query: [], key: [3] })).toBe(
      "Layer 3 · head 7 · fell ← ly 0.88",
    );
  });

  test("of several tokens the weights are summed", () => {
    const { weights: all } = head.data;
    const sum = all[5 * 6 + 3] + all[4 * 6 + 3];
    const words = describe(scene, "Layer 3", [head], selection, { query: [5, 4], key: [3] });
    expect(words).toBe(`Layer 3 · head 7 · ly + ${tokenName(scene, "query", 4)} → fell ${formatWeight(sum)} in sum`);
    const first = describe(scene, "Layer 3", [head], selection, { query: [5, 4], key: [] });
    const sums = [...Array(6).keys()].map((key) => all[30 + key] + all[24 + key]);
    const best = sums.indexOf(Math.max(...sums));
    expect(first).toContain(`→ ${tokenName(scene, "key", best)} ${formatWeight(sums[best])},`);
  });

  test("what is hidden of a query is told", () => {
    const { weights: all, masked: unseen } = head.data;
    const cut = { ...head, whole: all, data: { weights: strongest(all, 6, 0.5), masked: unseen } };
    const row = all.subarray(30, 36);
    const left = Math.max(...row);
    expect(describe(scene, "Layer 3", [cut], selection, { query: [5], key: [] })).toMatch(
      new RegExp(` · ${formatPercent(1 - left)} hidden$`),
    );
  });

  test("of several heads, each weight names its own", () => {
    const words = describe(
      scene,
      "Layer 0",
      [
        shown(
          2,
          weights.map((w) => w / 2),
          masked,
        ),
        head,
      ],
      selection,
      { query: [5], key: [3] },
    );
    expect(words).toBe("Layer 0 · ly → fell 0.88 (head 7), 0.44 (head 2)");
  });

  test("masked is not zero", () => {
    expect(describe(scene, "Layer 0", [head], selection, { query: [0], key: [3] })).toBe(
      "Layer 0 · head 7 · The → fell masked",
    );
    expect(describe(scene, "Layer 0", [head], selection, { query: [5], key: [1] })).toBe(
      "Layer 0 · head 7 · ly → amber < 0.001",
    );
  });

  test("hidden is not masked", () => {
    const hidden = new Captured(scene.attention, { units: "pieces", sink: "hidden" });
    const data = hidden.head(0, 0);
    const words = describe(hidden, "Layer 0", [{ ...head, data }], selection, { query: [5], key: [0] });
    expect(words).toBe("Layer 0 · head 7 · ly → The hidden");
  });

  test("no head is chosen", () => {
    expect(describe(scene, "Layer 1", [], selection, NOTHING)).toBe("Layer 1 · no head is chosen");
  });
});

test("a filter leaves one segment's queries and one's keys", () => {
  const exhibit = parseExhibit(fixture("full").raw).find();
  expect(select(exhibit, "a-b")).toEqual({ query: [0, 1, 2, 3], key: [4, 5] });
  expect(select(exhibit, "b-a")).toEqual({ query: [4, 5], key: [0, 1, 2, 3] });
  expect(select(exhibit, "all").query).toHaveLength(6);
});
