/** Tokens as a column of a drawing, and the room they take. */

import type { Token } from "../exhibit/exhibit.ts";
import { formatToken } from "../scene/format.ts";
import { labelOf, type Run, type Side } from "../scene/tokens.ts";
import { element } from "./dom.ts";

/** Labels longer than this may be cut by a column; a tooltip then has all of it. */
const SHORT = 10;

/** A column of tokens, a row each. */
export function tokenColumn(side: Side, tokens: readonly Token[], shown: readonly number[]): HTMLOListElement {
  const rows = shown.map((i) => {
    const { special, continues, generated, label } = tokens[i];
    const kinds = Object.entries({ special, continues, generated }).flatMap(([kind, is]) => (is ? [` ${kind}`] : []));
    const title: Record<string, string> =
      label.length > SHORT ? { title: formatToken(label, Number.POSITIVE_INFINITY) } : {};
    return element(
      "li",
      { class: `token${kinds.join("")}`, ...title },
      element("span", { dir: "auto" }, labelOf(tokens[i])),
    );
  });
  return element("ol", { class: `tokens ${side}` }, ...rows);
}

/** Width of the bracket beside what one speaker says, with its name. */
const SPEAKER = 22;

/** That width if someone speaks, or else 0. */
export const speakerWidth = (...tokens: Token[]): number => (tokens.some(({ role }) => role !== null) ? SPEAKER : 0);

/** A bracket beside the rows that one speaker says. */
export function speaker(side: Side, { role }: Run): HTMLElement {
  const name = formatToken(role);
  return element("div", { class: `speaker ${side}`, title: name }, element("span", {}, name));
}

/** Width in CSS pixels of the widest label, in the font of `styled`. */
export function widestLabel(styled: Element, tokens: readonly Token[]): number {
  const context = element("canvas").getContext("2d");
  if (!context) return 0;
  context.font = fontOf(styled);
  const labels = [...new Set(tokens.map(labelOf))];
  return labels.reduce((widest, label) => Math.max(widest, context.measureText(label).width), 0);
}

/** The computed font of an element as a canvas takes it, at a size of one's own if given. */
export function fontOf(styled: Element, size?: number): string {
  const { fontFamily, fontSize, fontWeight } = getComputedStyle(styled);
  return `${fontWeight} ${size ? `${size}px` : fontSize} ${fontFamily}`;
}

/** Of a token in a column of so many; a finger needs more than a pointer. */
export function rowHeight(rows: number): number {
  const touch = matchMedia("(pointer: coarse)").matches;
  return touch || rows <= 40 ? 24 : rows <= 80 ? 20 : rows <= 160 ? 17 : 15;
}
