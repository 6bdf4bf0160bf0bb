import { describe, expect, test } from "vitest";
import { parseExhibit } from "../src/exhibit/exhibit.ts";
import { notesOf } from "../src/frame/notes.ts";
import { AS_CAPTURED, Captured } from "../src/scene/scene.ts";
import { describeMask, windowOf } from "../src/scene/window.ts";
import { fixture } from "./fixtures.ts";

/** A mask of `[query, key]` that keeps the keys within reach. */
const reach = (tokens: number, before: number, after: number) =>
  Uint8Array.from({ length: tokens * tokens }, (_, at) => {
    const distance = Math.floor(at / tokens) - (at % tokens);
    return distance > before || -distance > after ? 1 : 0;
  });

describe("a layer's mask", () => {
  test.each([
    [5, 2, 0],
    [5, 4, 0],
    [6, 1, 1],
    [6, 0, 0],
    [7, 6, 6],
    [7, 0, 3],
  ])("of %i tokens that see %i before and %i after is that window", (tokens, before, after) => {
    expect(windowOf(reach(tokens, before, after), tokens)).toEqual({ before, after });
  });

  test("with a hole is no window", () => {
    const mask = reach(5, 2, 0);
    mask[4 * 5 + 3] = 1;
    expect(windowOf(mask, 5)).toBe(null);
    expect(describeMask(mask, 5, 5)).toBe("In this layer some tokens may not see some others.");
  });

  test("is told where it keeps more than what comes later", () => {
    const told = (before: number, after: number) => describeMask(reach(6, before, after), 6, 6);
    expect(describeMask(null, 6, 6)).toBe(null);
    expect(told(5, 0)).toBe(null);
    expect(told(3, 0)).toBe("In this layer a token sees the 3 tokens before it, and itself.");
    expect(told(1, 0)).toBe("In this layer a token sees the token before it, and itself.");
    expect(told(2, 2)).toBe("In this layer a token sees the 2 tokens before it, the 2 after it, and itself.");
    expect(told(0, 0)).toBe("In this layer a token sees only itself.");
    expect(describeMask(Uint8Array.of(0, 1, 0, 0, 0, 0), 2, 3)).toBe(
      "In this layer some tokens may not see some others.",
    );
  });
});

describe("above the drawing", () => {
  const told = (name: string, of: string, switches = AS_CAPTURED, layer: number | null = null) => {
    const exhibit = parseExhibit(fixture(name).raw);
    return notesOf(exhibit, new Captured(exhibit.find(of), switches), switches, layer).slice(1);
  };

  test("stand the exhibit's own notes first", () => {
    const exhibit = parseExhibit(fixture("full").raw);
    expect(notesOf(exhibit, new Captured(exhibit.find(), AS_CAPTURED), AS_CAPTURED, 0)).toEqual(["A note."]);
  });

  test("stands what the layer's mask is, where a layer is shown", () => {
    expect(told("window", "self", AS_CAPTURED, 4)).toEqual([
      "In this layer a token sees the token before it, the one after it, and itself.",
    ]);
    expect(told("window", "self")).toEqual([]);
    expect(told("causal", "self", AS_CAPTURED, 1)).toEqual([]);
  });

  test("stands how many tokens attend to how many others", () => {
    expect(told("cross", "cross")).toEqual(["3 target tokens attend to 6 source tokens."]);
    expect(told("cross", "encoder")).toEqual([]);
  });

  test("stands what the switches do, where they do it", () => {
    const switches = { units: "words", sink: "hidden" } as const;
    expect(told("full", "self", switches)).toEqual([
      "Pieces are joined to words: of their keys the sum, of their queries the mean.",
      "First token hidden, rows renormalised.",
    ]);
    expect(told("cross", "decoder", switches)).toEqual(["First token hidden, rows renormalised."]);
  });

  test("stands what the model wrote", () => {
    expect(told("chat", "self")).toEqual(["Dotted underline: written by the model."]);
  });
});
