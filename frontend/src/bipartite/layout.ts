import type { Exhibit } from "../exhibit.ts";
import type { Selection } from "../selection.ts";
import { widestLabel } from "../tokens.ts";

/** Between a token and its lines, and between a token and its bands. */
const PAD = 10;
const GAP = 6;
/** On narrower drawings bands lie under the tokens. */
const NARROW = 480;
const LINES = { least: 40, most: 420 };

/** Where everything is, in CSS pixels from the left. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly fontSize: number;
  readonly lines: { readonly left: number; readonly right: number };
  /** Left edges of the tokens, and their width. */
  readonly tokens: { readonly query: number; readonly key: number; readonly width: number };
  /** Left edges of the bands, and the width of a head's column in them. */
  readonly bands: { readonly query: number; readonly key: number; readonly cell: number };
  /** Whether the bands lie under the tokens, for want of room beside them. */
  readonly inside: boolean;
}

export function layOut(
  { query, key }: Exhibit,
  selection: Selection,
  heads: number,
  width: number,
  styled: Element,
): Layout {
  const rows = Math.max(selection.query.length, selection.key.length);
  const touch = matchMedia("(pointer: coarse)").matches;
  const rowHeight = touch || rows <= 40 ? 24 : rows <= 80 ? 20 : rows <= 160 ? 17 : 15;
  const text = Math.ceil(Math.min(widestLabel(styled, [...query, ...key]) * 1.05 + 12, width * 0.23));
  const inside = width < NARROW;
  const most = inside ? text : heads <= 1 ? 34 : Math.min(15 * heads, 150, width * 0.17);
  const cell = Math.max(2, most / Math.max(1, heads));
  const band = cell * Math.max(1, heads);
  const side = text + PAD + (inside ? 0 : GAP + band);
  const room = Math.max(LINES.least, Math.min(width - 2 * side, LINES.most));
  const left = Math.floor((width - room) / 2);
  const right = Math.floor(left + room);
  const tokens = { query: left - PAD - text, key: right + PAD, width: text };
  return {
    width,
    height: rows * rowHeight,
    rowHeight,
    fontSize: Math.min(14, rowHeight - 3.5),
    lines: { left, right },
    tokens,
    bands: {
      query: inside ? tokens.query : tokens.query - GAP - band,
      key: inside ? tokens.key : tokens.key + text + GAP,
      cell,
    },
    inside,
  };
}
