/** The tokens of a matrix, and who says them, written on its canvas. */

import { toCss } from "../../drawing/colour.ts";
import type { Theme } from "../../drawing/theme.ts";
import type { Token } from "../../exhibit/exhibit.ts";
import { formatToken } from "../../scene/format.ts";
import type { Scene } from "../../scene/scene.ts";
import type { Selection } from "../../scene/selection.ts";
import { labelOf, runsOf, SIDES, type Sides } from "../../scene/tokens.ts";
import { type Layout, PAD, SPEAKER } from "./layout.ts";

/** Distance between the labels of rows, and of columns, which lean so that they are read without turning the head. */
const DISTANCE = { query: 13, key: 18 };
const LEAN = -Math.PI / 4;
/** Opacity of a token that is hidden. */
const FADED = 0.4;
const BADGE = { pad: 3, height: 14, radius: 4 };

export function paintLabels(
  context: CanvasRenderingContext2D,
  layout: Layout,
  scene: Scene,
  selection: Selection,
  theme: Theme,
): void {
  const { left, top, cell, label, mirrored } = layout;
  context.textBaseline = "middle";
  for (const side of SIDES) {
    const every = Math.ceil(DISTANCE[side] / cell);
    const leftwards = side === "query" && !mirrored;
    context.textAlign = leftwards ? "right" : "left";
    selection[side].forEach((index, i) => {
      if (i % every !== 0) return;
      const middle = (i + 0.5) * cell;
      context.save();
      if (side === "key") context.translate(left + middle, top - PAD);
      else context.translate(mirrored ? left + selection.key.length * cell + PAD : left - PAD, top + middle);
      if (side === "key") context.rotate(LEAN);
      if (side === "key" && index === scene.hidden) context.globalAlpha = FADED;
      paintLabel(context, scene[side][index], label, leftwards, theme);
      context.restore();
    });
  }
}

function paintLabel(
  context: CanvasRenderingContext2D,
  token: Token,
  longest: number,
  leftwards: boolean,
  { ink, muted, accent }: Theme,
): void {
  const text = clip(context, labelOf(token), longest - (token.special ? 2 * BADGE.pad : 0));
  const { width } = context.measureText(text);
  const start = leftwards ? -width : 0;
  context.fillStyle = toCss(token.special ? muted : ink);
  const shift = token.special ? (leftwards ? -BADGE.pad : BADGE.pad) : 0;
  context.fillText(text, shift, 0);
  context.lineWidth = 1;
  context.beginPath();
  if (token.special) {
    const { pad, height, radius } = BADGE;
    context.strokeStyle = toCss(ink, 0.3);
    context.roundRect(start + shift - pad, -height / 2 - 1, width + 2 * pad, height, radius);
  } else if (token.generated) {
    context.strokeStyle = toCss(accent);
    context.setLineDash([2, 2]);
    context.moveTo(start, 7);
    context.lineTo(start + width, 7);
  }
  context.stroke();
}

function clip(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  const signs = [...text];
  let end = signs.length;
  const short = () => `${signs.slice(0, end).join("")}…`;
  while (end > 1 && context.measureText(short()).width > width) end--;
  return short();
}

/** Lines where another speaker begins, and each speaker's name beside its rows and columns. */
export function paintSpeakers(
  context: CanvasRenderingContext2D,
  { left, top, cell, mirrored }: Layout,
  sides: Sides,
  { query, key }: Selection,
  { ink, muted }: Theme,
): void {
  const [width, height] = [key.length * cell, query.length * cell];
  context.lineWidth = 1;
  context.strokeStyle = toCss(ink, 0.4);
  context.fillStyle = toCss(muted);
  context.textAlign = "center";
  context.textBaseline = "middle";
  const name = (role: string, room: number) => context.fillText(clip(context, formatToken(role), room), 0, 0);
  const line = (x: number, y: number, toX: number, toY: number) => {
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(toX, toY);
    context.stroke();
  };
  for (const { role, from, to } of runsOf(sides.query, query)) {
    const [start, end] = [top + from * cell, top + (to + 1) * cell];
    const edge = mirrored ? left - 4.5 : left + width + 3.5;
    for (const y of [start, end]) line(left, Math.round(y) - 0.5, left + width, Math.round(y) - 0.5);
    line(edge, start + 2, edge, end - 3);
    context.save();
    context.translate(edge + (mirrored ? -1 : 1) * (SPEAKER / 2), (start + end) / 2);
    context.rotate(mirrored ? -Math.PI / 2 : Math.PI / 2);
    name(role, end - start);
    context.restore();
  }
  for (const { role, from, to } of runsOf(sides.key, key)) {
    const [start, end] = [left + from * cell, left + (to + 1) * cell];
    for (const x of [start, end]) line(Math.round(x) - 0.5, top, Math.round(x) - 0.5, top + height);
    line(start + 2, top + height + 3.5, end - 3, top + height + 3.5);
    context.save();
    context.translate((start + end) / 2, top + height + 3.5 + SPEAKER / 2);
    name(role, end - start);
    context.restore();
  }
}
