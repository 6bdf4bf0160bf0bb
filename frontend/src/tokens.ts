import { element } from "./dom.ts";
import type { Exhibit, Token } from "./exhibit.ts";
import { formatToken } from "./format.ts";

export const SIDES = ["query", "key"] as const;
export type Side = (typeof SIDES)[number];

/** A column of tokens, a row each. */
export function tokenColumn(side: Side, tokens: readonly Token[], shown: readonly number[]): HTMLOListElement {
  const rows = shown.map((i) => {
    const { label, special, continues } = tokens[i];
    const kind = `token${special ? " special" : ""}${continues ? " continues" : ""}`;
    return element("li", { class: kind }, element("span", { dir: "auto" }, formatToken(label)));
  });
  return element("ol", { class: `tokens ${side}` }, ...rows);
}

export function tokenName(exhibit: Exhibit, side: Side, index: number): string {
  return formatToken(exhibit[side][index].label);
}

/** Width in CSS pixels of the widest label, in the font of `styled`. */
export function widestLabel(styled: Element, tokens: readonly Token[]): number {
  const context = document.createElement("canvas").getContext("2d");
  if (!context) return 0;
  context.font = fontOf(styled);
  return tokens.reduce((widest, { label }) => Math.max(widest, context.measureText(formatToken(label)).width), 0);
}

/** The computed font of an element as a canvas takes it, at a size of one's own if given. */
export function fontOf(styled: Element, size?: number): string {
  const { fontFamily, fontSize, fontWeight } = getComputedStyle(styled);
  return `${fontWeight} ${size ? `${size}px` : fontSize} ${fontFamily}`;
}
