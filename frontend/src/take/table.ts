/** The numbers behind a view as a table that can be read from end to end. */

import { type Selection, select, strongestPair } from "../scene/selection.ts";
import type { Shown } from "../scene/shown.ts";
import { tokenName } from "../scene/tokens.ts";
import { listOf } from "../state.ts";
import type { KeyNumbers } from "../views/view.ts";
import { partsOf, type Seen, weightOf, whereOf } from "./numbers.ts";

/** What is small enough for all its pairs; else as many keys; and as many heads of a model. */
const MOST = { tokens: 24, keys: 20, heads: 1024 };
const ABSENT = "–";

export interface Numbers {
  readonly caption: string;
  /** Of all columns; the first is that of the rows' own titles. */
  readonly titles: readonly string[];
  /** Their titles first. */
  readonly rows: readonly (readonly string[])[];
}

export function numbersOf(seen: Seen): Numbers {
  const { view, state, scene, neurons } = seen;
  const selection = select(scene, state.filter);
  if (view.heads === "none") return ofModel(seen, selection);
  const own = view.keyNumbers?.(scene, state, neurons);
  if (own) return ofOwn(seen, own);
  const shown = [...partsOf(seen)].map((part) => part.shown);
  const isSmall = Math.max(selection.query.length, selection.key.length) <= MOST.tokens;
  return shown.length === 1 && isSmall ? ofPairs(seen, selection, shown[0]) : ofQueries(seen, selection, shown);
}

/** A row for each head: its strongest pair. */
function ofModel(seen: Seen, selection: Selection): Numbers {
  const { scene } = seen;
  const rows: string[][] = [];
  for (const { layer, shown } of partsOf(seen)) {
    if (rows.length === MOST.heads) break;
    const { query, key } = strongestPair(selection, shown.data.weights, scene.key.length);
    const [from, to] = [tokenName(scene, "query", query), tokenName(scene, "key", key)];
    rows.push([`layer ${layer}, ${shown.name}`, from, to, written(shown.data.weights[query * scene.key.length + key])]);
  }
  const caption = `${titleOf(seen)}: the strongest pair of each head`;
  return { caption, titles: ["Head", "From", "To", scene.signed ? "Difference" : "Weight"], rows };
}

/** Numbers of the view's own. */
function ofOwn(seen: Seen, { query, keys, columns, weights }: KeyNumbers): Numbers {
  const read = Object.entries(columns).map(([title, column]) => [title, (key: number) => column[key]] as const);
  return ofKeys(seen, query, keys, read, (key) => weights[key]);
}

/** Of the pinned queries, or else the first, their weights; a column for each head. */
function ofQueries(seen: Seen, selection: Selection, heads: readonly Shown[]): Numbers {
  const { state, scene } = seen;
  const pinned = listOf(state.query).filter((query) => selection.query.includes(query));
  const queries = pinned.length ? pinned : selection.query.slice(0, 1);
  const sumOf = (shown: Shown) => (key: number) => {
    const weights = queries.map((query) => weightOf(shown, query * scene.key.length + key));
    const known = weights.filter((weight) => weight !== null);
    return known.length ? known.reduce((sum, weight) => sum + weight, 0) : null;
  };
  const columns = heads.map((shown) => [shown.name, sumOf(shown)] as const);
  const visible = selection.key.filter((key) => columns.some(([, sum]) => sum(key) !== null));
  const names = queries.map((query) => tokenName(scene, "query", query)).join(" + ");
  return ofKeys(seen, names, visible, columns, (key) => Math.max(...columns.map(([, sum]) => Math.abs(sum(key) ?? 0))));
}

type Column = readonly [title: string, value: (key: number) => number | null];

/** A row for each key, the strongest first, and not for too many. */
function ofKeys(
  seen: Seen,
  from: string,
  keys: readonly number[],
  columns: readonly Column[],
  strength: (key: number) => number,
): Numbers {
  const strongest = [...keys].sort((a, b) => strength(b) - strength(a)).slice(0, MOST.keys);
  const rows = strongest.map((key) => [
    tokenName(seen.scene, "key", key),
    ...columns.map(([, value]) => written(value(key))),
  ]);
  const some = rows.length < keys.length ? `the ${rows.length} strongest of ` : "";
  const caption = `${titleOf(seen)}, from ${from} to ${some}${keys.length} keys`;
  return { caption, titles: ["Key", ...columns.map(([title]) => title)], rows };
}

/** A row for each query, a column for each key. */
function ofPairs(seen: Seen, { query: queries, key: keys }: Selection, shown: Shown): Numbers {
  const { scene } = seen;
  const rows = queries.map((query) => {
    const weights = keys.map((key) => weightOf(shown, query * scene.key.length + key));
    return [tokenName(scene, "query", query), ...weights.map(written)];
  });
  const titles = ["Query", ...keys.map((key) => tokenName(scene, "key", key))];
  return { caption: `${titleOf(seen)}: rows are queries, columns keys`, titles, rows };
}

/** With the drawing's name beside another. */
const titleOf = (seen: Seen): string => (seen.scene.name && `${seen.scene.name}: `) + whereOf(seen);

const written = (weight: number | null): string => weight?.toFixed(3).replace("-", "−") ?? ABSENT;
