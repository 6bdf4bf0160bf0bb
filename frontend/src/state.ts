/** What a reader has chosen. It goes into a link and comes back from one, so any value may come in. */

export const FILTERS = ["all", "a-a", "a-b", "b-a", "b-b"] as const;
export const SCALES = ["head", "full"] as const;
export const THUMBNAILS = ["auto", "lines", "heatmap"] as const;

export interface State {
  /** A registered view's name. */
  readonly view: string;
  readonly layer: number;
  /** The heads that the head view shows; the first is the matrix view's while `head` is null. */
  readonly heads: readonly number[];
  /** The head that the model view has opened or that the matrix view shows. */
  readonly head: number | null;
  /** Pinned tokens. */
  readonly query: number | null;
  readonly key: number | null;
  /** Which segment's queries and which segment's keys are shown; a is the text, b its pair. */
  readonly filter: (typeof FILTERS)[number];
  /** Matrix view: colours end at the head's largest weight, or at 1. */
  readonly scale: (typeof SCALES)[number];
  /** Model view: how a head is drawn small. */
  readonly thumbnails: (typeof THUMBNAILS)[number];
}

/** What there is to choose from. */
export interface Shape {
  readonly views: readonly string[];
  readonly layers: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly hasPair: boolean;
}

export function initialState(shape: Shape): State {
  return {
    view: shape.views[0],
    layer: 0,
    heads: Array.from({ length: shape.heads }, (_, head) => head),
    head: null,
    query: null,
    key: null,
    filter: "all",
    scale: "head",
    thumbnails: "auto",
  };
}

/** The state after a change. Numbers are clamped to what there is; what makes no sense is ignored. */
export function reduce(state: State, change: unknown, shape: Shape): State {
  const wanted = typeof change === "object" && change !== null ? (change as Record<string, unknown>) : {};
  const next = {
    view: oneOf(wanted.view, shape.views, state.view),
    layer: index(wanted.layer, shape.layers) ?? state.layer,
    heads: heads(wanted.heads, shape.heads) ?? state.heads,
    head: optionalIndex(wanted.head, shape.heads, state.head),
    query: optionalIndex(wanted.query, shape.queries, state.query),
    key: optionalIndex(wanted.key, shape.keys, state.key),
    filter: shape.hasPair ? oneOf(wanted.filter, FILTERS, state.filter) : "all",
    scale: oneOf(wanted.scale, SCALES, state.scale),
    thumbnails: oneOf(wanted.thumbnails, THUMBNAILS, state.thumbnails),
  };
  return next.view === state.view ? next : keepHead(next, state, wanted);
}

/** One head that was looked at stays in sight when the view changes. */
function keepHead(next: State, before: State, wanted: Record<string, unknown>): State {
  if ("heads" in wanted || "head" in wanted) return next;
  if (next.view === "head") return next.head === null ? next : { ...next, heads: [next.head], head: null };
  if (before.view === "head") return { ...next, head: next.heads.length === 1 ? next.heads[0] : null };
  return next;
}

/** The head that a view of one head shows. */
export function shownHead(state: State): number {
  return state.head ?? state.heads[0] ?? 0;
}

function oneOf<T extends string>(value: unknown, choices: readonly T[], otherwise: T): T {
  return choices.includes(value as T) ? (value as T) : otherwise;
}

function index(value: unknown, length: number): number | undefined {
  if (typeof value !== "number" || Number.isNaN(value)) return undefined;
  return Math.min(Math.max(Math.round(value), 0), length - 1);
}

function optionalIndex(value: unknown, length: number, otherwise: number | null): number | null {
  return value === null ? null : (index(value, length) ?? otherwise);
}

function heads(value: unknown, length: number): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const known = value.filter((head) => Number.isInteger(head) && head >= 0 && head < length);
  return known.length || !value.length ? [...new Set<number>(known)] : undefined;
}
