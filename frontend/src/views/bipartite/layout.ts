import { fontOf, rowHeight, speakerWidth, widestLabel } from "../../drawing/labels.ts";
import type { Selection } from "../../scene/selection.ts";
import type { Sides } from "../../scene/tokens.ts";

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
  /** Of the numbers in the bands. */
  readonly numberFont: string;
  /** Left edges of the brackets beside what one speaker says. */
  readonly speakers: { readonly query: number; readonly key: number };
  /** Whether the bands lie under the tokens, for want of room beside them. */
  readonly inside: boolean;
}

export function layOut(
  { query, key }: Sides,
  selection: Selection,
  heads: number,
  width: number,
  styled: Element,
): Layout {
  const rows = Math.max(selection.query.length, selection.key.length);
  const row = rowHeight(rows);
  const text = Math.ceil(Math.min(widestLabel(styled, [...query, ...key]) * 1.1 + 12, width * 0.23));
  const inside = width < NARROW;
  const most = inside ? text : heads <= 1 ? 34 : Math.min(15 * heads, 150, width * 0.17);
  const cell = Math.max(2, most / Math.max(1, heads));
  const band = cell * Math.max(1, heads);
  const speaker = speakerWidth(...query, ...key);
  const side = text + PAD + (inside ? 0 : GAP + band) + speaker;
  const room = Math.max(LINES.least, Math.min(width - 2 * side, LINES.most));
  const left = Math.floor((width - room) / 2);
  const right = Math.floor(left + room);
  const tokens = { query: left - PAD - text, key: right + PAD, width: text };
  return {
    width,
    height: rows * row,
    rowHeight: row,
    fontSize: Math.min(14, row - 3.5),
    lines: { left, right },
    tokens,
    bands: {
      query: inside ? tokens.query : tokens.query - speaker - GAP - band,
      key: inside ? tokens.key : tokens.key + text + speaker + GAP,
      cell,
    },
    numberFont: fontOf(styled, heads <= 1 ? 11 : 9),
    speakers: { query: tokens.query - speaker, key: tokens.key + text },
    inside,
  };
}
