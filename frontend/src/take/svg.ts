/** What is drawn, as an SVG that stands alone: text as text, lines as lines, in the colours of the page. */

import { toCss } from "../drawing/colour.ts";
import { painters } from "../drawing/dom.ts";
import type { Theme } from "../drawing/theme.ts";
import { own } from "../own.ts";
import { picture, record } from "./record.ts";
import { ink, line, shape, type Values } from "./shapes.ts";

const MARGIN = 20;
/** Sizes of the lines above the drawing, and the room they take. */
const TITLE = { size: 14, caption: 11, room: 48 };
/** Share of a line's height above its baseline. */
const ASCENT = 0.8;

export interface Words {
  readonly title: string;
  readonly caption: string;
  /** For those who don't see it. */
  readonly description: string;
}

export interface Picture {
  readonly node: SVGElement;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
}

type Box = Pick<DOMRect, "left" | "top" | "right" | "bottom">;

/** @param root What is drawn; it may be out of the window. */
export function toSvg(
  root: HTMLElement,
  { ground, ink: text, muted }: Theme,
  { title, caption, description }: Words,
): Picture {
  const drawing = shape("g", {});
  const boxes: Box[] = [];
  draw(root, drawing, boxes);
  const [left, top] = [Math.min(...boxes.map((box) => box.left)), Math.min(...boxes.map((box) => box.top))];
  const [right, bottom] = [Math.max(...boxes.map((box) => box.right)), Math.max(...boxes.map((box) => box.bottom))];
  const [width, height] = [right - left + 2 * MARGIN, bottom - top + 2 * MARGIN + TITLE.room].map(Math.ceil);
  drawing.setAttribute("transform", `translate(${MARGIN - left} ${MARGIN + TITLE.room - top})`);
  const fonts = getComputedStyle(root).fontFamily.match(/(sans-)?serif|monospace/)?.[0] ?? "sans-serif";
  const svg = shape(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": fonts },
    shape("title", {}, title),
    shape("desc", {}, description),
    shape("rect", { width, height, ...ink("fill", toCss(ground)) }),
    line(title, MARGIN, MARGIN + TITLE.size, TITLE.size, { "font-weight": 600, ...ink("fill", toCss(text)) }),
    line(caption, MARGIN, MARGIN + 2 * TITLE.size + 4, TITLE.caption, ink("fill", toCss(muted))),
    drawing,
  );
  return { node: svg, width, height };
}

/** A picture as a document. */
export const asText = ({ node }: Picture): string => new XMLSerializer().serializeToString(node);

/** Draws an element and what it holds, but for what is only there to be clicked. */
function draw(node: HTMLElement, into: SVGElement, boxes: Box[]): void {
  const style = getComputedStyle(node);
  const hasBox = style.display !== "contents";
  if (hasBox && !node.checkVisibility({ visibilityProperty: true })) return;
  const { opacity, transform, transformOrigin } = style;
  if (node.matches("button, select, .switch") && !node.querySelector("canvas")) return;
  const isPlain = opacity === "1" && transform === "none";
  const group = isPlain ? into : shape("g", { opacity });
  if (!isPlain) into.append(group);
  // What is turned is measured as if it were not.
  if (transform !== "none") node.style.transform = "none";
  const box = node.getBoundingClientRect();
  if (transform !== "none") {
    const [x, y] = transformOrigin.split(" ").map(Number.parseFloat);
    const at = [box.left + x, box.top + y];
    group.setAttribute("transform", `translate(${at}) ${transform} translate(${at.map((length) => -length)})`);
  }
  if (hasBox) boxes.push(box);
  for (const part of node.getClientRects()) drawBox(part, style, node.matches(":focus"), group);
  if (node instanceof HTMLCanvasElement) {
    const painter = painters.get(node);
    group.append(painter ? record(painter, box) : picture(node, box));
  }
  for (const child of node.childNodes) {
    if (child instanceof HTMLElement) draw(child, group, boxes);
    else if (child instanceof Text) drawText(child, node, style, group);
  }
  if (transform !== "none") node.style.transform = "";
}

/** Background, border, and what outlines it, but for the focus. */
function drawBox(
  { left, top, width, height }: DOMRect,
  style: CSSStyleDeclaration,
  hasFocus: boolean,
  into: SVGElement,
): void {
  const rx = Number.parseFloat(style.borderTopLeftRadius) || undefined;
  const grown = (by: number, values: Values) => {
    const size = { x: left - by, y: top - by, width: width + 2 * by, height: height + 2 * by };
    into.append(shape("rect", { ...size, rx, ...values }));
  };
  const outlined = (by: number, stroke: number, colour: string) =>
    grown(by, { fill: "none", "stroke-width": stroke, ...ink("stroke", colour) });
  const fill = ink("fill", style.backgroundColor);
  if (fill["fill-opacity"] !== 0) grown(0, fill);
  const border = Number.parseFloat(style.borderLeftWidth);
  if (border) outlined(-border / 2, border, style.borderLeftColor);
  const [, colour, spread] = style.boxShadow.match(/^(\w+\([^)]*\)) 0px 0px 0px ([\d.]+)px$/) ?? [];
  if (colour) outlined(Number(spread) / 2, Number(spread), colour);
  const [offset, edge] = [style.outlineOffset, style.outlineWidth].map(Number.parseFloat);
  if (style.outlineStyle === "solid" && !hasFocus) outlined(offset + edge / 2, edge, style.outlineColor);
}

/** Text in the lines into which the browser broke it. */
function drawText(text: Text, node: Element, style: CSSStyleDeclaration, into: SVGElement): void {
  const range = own("createRange")();
  const lines: { words: string; left: number; right: number; top: number; height: number }[] = [];
  for (const { 0: words, index } of text.data.matchAll(/\S+/g)) {
    range.setStart(text, index);
    range.setEnd(text, index + words.length);
    const { left, right, top, height } = range.getBoundingClientRect();
    const last = lines[lines.length - 1];
    if (!last || Math.abs(last.top - top) > 1) lines.push({ words, left, right, top, height });
    else {
      last.words += ` ${words}`;
      last.left = Math.min(last.left, left);
      last.right = Math.max(last.right, right);
    }
  }
  const { fontWeight, textAlign, textDecorationLine, textOverflow, writingMode, color } = style;
  const size = Number.parseFloat(style.fontSize);
  const isLevel = writingMode === "horizontal-tb";
  const fromRight = isLevel && /right|end/.test(textAlign);
  for (const { words, left, right, top, height } of lines) {
    // What is cut for want of room is made narrow instead.
    const room = textOverflow === "ellipsis" ? node.clientWidth : right - left;
    const values = {
      "font-weight": fontWeight,
      "text-decoration": textDecorationLine,
      textLength: isLevel ? Math.min(room, right - left) : undefined,
      lengthAdjust: "spacingAndGlyphs",
      "text-anchor": fromRight ? "end" : undefined,
      transform: isLevel ? undefined : `translate(${right - ASCENT * (right - left)} ${top}) rotate(90)`,
      ...ink("fill", color),
    };
    const x = isLevel ? left + (fromRight ? Math.min(room, right - left) : 0) : 0;
    into.append(line(words, x, isLevel ? top + ASCENT * height : 0, size, values));
  }
}
