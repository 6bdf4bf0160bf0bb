import { widestLabel } from "../../drawing/labels.ts";
import type { Selection } from "../../scene/selection.ts";
import { isRightToLeft, runsOf, SIDES, type Side, type Sides } from "../../scene/tokens.ts";

const CELL = { least: 2, most: 40 };
/** Cells from this size on are set apart. */
export const SPACED = 7;
/** Between labels and cells. */
export const PAD = 6;
/** Beyond the longest label of a row, which is wider where it is looked at. */
export const SPARE = 4;
/** Of the bracket beside what one speaker says, with its name. */
export const SPEAKER = 20;

/** Where everything is, in CSS pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The corner of the first cell, and the size of cells. */
  readonly left: number;
  readonly top: number;
  readonly cell: number;
  /** Longest label. */
  readonly label: number;
  /** Labels of rows stand where their text begins: on the right if it runs from right to left. */
  readonly mirrored: boolean;
}

export function layOut(sides: Sides, selection: Selection, available: number, styled: Element): Layout {
  const { query, key } = selection;
  const most = Math.min(120, available * 0.22);
  const label = (side: Side) => Math.min(most, widestLabel(styled, sides[side]));
  const speaker = SIDES.some((side) => runsOf(sides[side], selection[side]).length > 0) ? SPEAKER : 0;
  const mirrored = isRightToLeft(sides.query);
  const names = Math.ceil(label("query") + PAD + SPARE);
  const lean = Math.ceil(label("key") * Math.SQRT1_2 + PAD);
  const left = mirrored ? speaker + PAD : names;
  const right = mirrored ? Math.max(lean, names) : Math.max(lean, speaker);
  const top = lean + PAD;
  const cell = Math.max(CELL.least, Math.min(CELL.most, (available - left - right) / key.length));
  const whole = cell >= SPACED ? Math.floor(cell) : cell;
  return {
    width: Math.ceil(left + key.length * whole + right),
    height: Math.ceil(top + query.length * whole + 1 + speaker),
    left,
    top,
    cell: whole,
    label: most,
    mirrored,
  };
}
