import { describe, expect, it } from "vitest";
import { distinct, fits, isAsked, readWanted, writeWanted } from "../src/gallery/filter.ts";

const NOTHING = { q: "", model: "", tag: "" };
const SHE = { words: "The nurse\nTwo heads. She", models: ["minilm", "smollm2"], tags: ["pronouns", "a phrase"] };

describe("what fits", () => {
  it.each([
    [NOTHING, true],
    [{ ...NOTHING, q: "nurse" }, true],
    [{ ...NOTHING, q: " SHE  two " }, true],
    [{ ...NOTHING, q: "nurse doctor" }, false],
    [{ ...NOTHING, model: "smollm2" }, true],
    [{ ...NOTHING, model: "small" }, false],
    [{ ...NOTHING, tag: "a phrase" }, true],
    [{ ...NOTHING, tag: "phrase" }, false],
    [{ q: "nurse", model: "minilm", tag: "pronouns" }, true],
    [{ q: "nurse", model: "minilm", tag: "dates" }, false],
  ])("%j: %s", (wanted, expected) => {
    expect(fits(SHE, wanted)).toBe(expected);
  });

  it("is found with or without accents", () => {
    const found = { ...SHE, words: "Das Mädchen, Ελλάς" };
    for (const q of ["madchen", "MÄDCHEN", "ελλας"]) expect(fits(found, { ...NOTHING, q })).toBe(true);
  });
});

describe("the address", () => {
  it("says what is asked for, and keeps what else it says", () => {
    const wanted = { q: " two heads ", model: "minilm", tag: "a&b=ü" };
    const address = writeWanted("https://a.org/gallery/?other=1&q=old#part", wanted);
    expect(new URL(address).hash).toBe("#part");
    expect(new URL(address).searchParams.get("other")).toBe("1");
    expect(readWanted(new URL(address).search, ["minilm"], ["a&b=ü"])).toEqual({ ...wanted, q: "two heads" });
    expect(writeWanted(address, NOTHING)).toBe("https://a.org/gallery/?other=1#part");
  });

  it("asks for no model or tag that is not there", () => {
    expect(readWanted("?model=other&tag=x", ["minilm"], ["y"])).toEqual(NOTHING);
  });

  it("is plain where nothing is asked for", () => {
    expect(writeWanted("file:///a/index.html", { ...NOTHING, q: "  " })).toBe("file:///a/index.html");
    expect([isAsked(NOTHING), isAsked({ ...NOTHING, q: " " }), isAsked({ ...NOTHING, tag: "x" })]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

it("names stand once, in the order of the alphabet", () => {
  expect(distinct(["b", "Ä", "a", "b"])).toEqual(["a", "Ä", "b"]);
});
