/** A view's state as a part of the page's address: `#attn:gallery/view?layer=5&heads=10&query=9`. Anything may come in. */

import { joinsHeads } from "../scene/shown.ts";
import { reduce, type Shape, type State, showsMany } from "../state.ts";

/** What such a part starts with. */
const SCHEME = "#attn:";
/** What a reader can pass on. Heads stand for the one that is opened, too. */
const [WHOLE, FRACTION, LIST] = [/^\d+$/, /^\d+(\.\d+)?$/, /^\d+(,\d+)*$/];
const FORMS: Readonly<Record<string, RegExp | undefined>> = {
  heads: LIST,
  layer: WHOLE,
  query: LIST,
  key: LIST,
  mass: FRACTION,
  least: FRACTION,
  step: WHOLE,
};
const WORDS = ["view", "attention", "filter", "units", "sink", "reduce", "by", "sort", "comparison", "order"];

export interface Link {
  /** Of the view that it leads to. */
  readonly name: string;
  /** What it sets in place of what the author wrote. */
  readonly state: Readonly<Record<string, unknown>>;
}

/** What an address leads to; null where that is no view. */
export function readAddress(hash: string): Link | null {
  if (!hash.startsWith(SCHEME)) return null;
  const [path, query] = hash.slice(SCHEME.length).split(/\?(.*)/s);
  const written = [...new URLSearchParams(query)].map(([field, text]) => [field, read(field, text)] as const);
  try {
    const state = Object.fromEntries(written.filter(([, value]) => value !== undefined));
    return { name: decodeURIComponent(path), state };
  } catch {
    return null; // a stray % in the name
  }
}

/** Undefined for what no link sets. */
function read(field: string, text: string): unknown {
  if (WORDS.includes(field)) return text;
  const form = Object.hasOwn(FORMS, field) && FORMS[field];
  if (!form) return undefined;
  if (text === "") return field === "heads" ? [] : null;
  if (!form.test(text)) return undefined;
  const numbers = text.split(",").map(Number);
  return numbers.length > 1 || field === "heads" ? numbers : numbers[0];
}

/** The address of a state: what it has other than `start`, the state that the author wrote for its step. */
export function writeAddress(name: string, state: State, start: State, shape: Shape): string {
  const parts = changes(state, start, shape).map(
    ([field, value]) => `${field}=${value.split(",").map(encodeURIComponent).join()}`,
  );
  const path = name.split("/").map(encodeURIComponent).join("/");
  return `${SCHEME}${path}${parts.length ? `?${parts.join("&")}` : ""}`;
}

/** The fields that a state has other than `start`, and those that are wanted whatever they are, in words. */
export function changes(
  state: State,
  start: State,
  shape: Shape,
  wanted: readonly string[] = [],
): (readonly [field: string, value: string])[] {
  const [now, before] = [state, reduce(start, { view: state.view }, shape)].map(passedOn);
  return Object.entries(now).filter(
    ([field, value]) => wanted.includes(field) || value !== (field === "view" ? start.view : before[field]),
  );
}

function passedOn(state: State): Record<string, string> {
  const opened = state.head === null ? [] : [state.head];
  // A matrix of several heads in one has no head that is opened.
  const isJoined = state.view === "matrix" && joinsHeads(state) && state.heads.length > 0;
  const isMany = showsMany(state) || isJoined || (state.view !== "model" && !opened.length);
  const heads = isMany ? state.heads : opened;
  const all: Record<string, unknown> = { ...state, heads };
  return Object.fromEntries([...WORDS, ...Object.keys(FORMS)].map((field) => [field, String(all[field] ?? "")]));
}
