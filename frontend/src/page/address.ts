/** A view's state as a part of the page's address: `#attn:gallery/view?layer=5&heads=10&query=9`. Anything may come in. */

import { reduce, type Shape, type State } from "../state.ts";

/** What such a part starts with. */
const SCHEME = "#attn:";
/** What a reader can pass on. Heads stand for the one that is opened, too. */
const NUMBERS = ["layer", "query", "key", "step"];
const WORDS = ["view", "attention", "filter", "units", "sink", "order"];

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
  const isNumbers = /^\d+(,\d+)*$/.test(text);
  if (field === "heads") return isNumbers ? text.split(",").map(Number) : text === "" ? [] : undefined;
  if (NUMBERS.includes(field)) return isNumbers && !text.includes(",") ? Number(text) : text === "" ? null : undefined;
  return WORDS.includes(field) ? text : undefined;
}

/** The address of a state: what it has other than `start`, the state that the author wrote for its step. */
export function writeAddress(name: string, state: State, start: State, shape: Shape): string {
  const [now, before] = [state, reduce(start, { view: state.view }, shape)].map(passedOn);
  const parts = Object.entries(now)
    .filter(([field, value]) => value !== (field === "view" ? start.view : before[field]))
    .map(([field, value]) => `${field}=${value.split(",").map(encodeURIComponent).join()}`);
  const path = name.split("/").map(encodeURIComponent).join("/");
  return `${SCHEME}${path}${parts.length ? `?${parts.join("&")}` : ""}`;
}

function passedOn(state: State): Record<string, string> {
  const opened = state.head === null ? [] : [state.head];
  const heads = state.view === "head" || (state.view !== "model" && !opened.length) ? state.heads : opened;
  const all: Record<string, unknown> = { ...state, heads };
  return Object.fromEntries([...WORDS, "heads", ...NUMBERS].map((field) => [field, String(all[field] ?? "")]));
}
