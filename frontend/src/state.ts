/** What a reader has chosen. It goes into a link and comes back from one, so any value may come in. */

import { STATISTICS } from "./exhibit/statistics.ts";

export const FILTERS = ["all", "a-a", "a-b", "b-a", "b-b"] as const;
export const SCALES = ["head", "full"] as const;
export const THUMBNAILS = ["auto", "lines", "heatmap"] as const;
export const UNITS = ["pieces", "words"] as const;
export const SINKS = ["shown", "hidden"] as const;
export const ORDERS = ["index", "token", "head"] as const;
export const REDUCTIONS = ["none", "heads", "layers", "all"] as const;
export const BYS = ["mean", "max"] as const;
/** Statistics of a head that the model view ranks heads by; `index` leaves them in their grid. */
export const SORTS = ["index", ...STATISTICS] as const;
export const COMPARISONS = ["both", "difference", "first", "second"] as const;
/** No model has heads of more neurons; how many there are is known only once they are loaded. */
const MOST_NEURONS = 2 ** 16;

/** Chosen tokens: none, one, or a list of several. */
export type Pins = number | readonly number[] | null;

export interface State {
  /** A registered view's name. */
  readonly view: string;
  /** Name of the attention that is shown, such as "self" or "cross". */
  readonly attention: string;
  /** The model's own number of a layer. */
  readonly layer: number;
  /** The heads that the head and text view show; the first is the matrix view's while `head` is null. */
  readonly heads: readonly number[];
  /** The head that the model view has opened or that the matrix view shows. */
  readonly head: number | null;
  /** Pinned tokens; pieces, whatever the units are. Several are summed. */
  readonly query: Pins;
  readonly key: Pins;
  /** Which segment's queries and which segment's keys are shown; a is the text, b its pair. */
  readonly filter: (typeof FILTERS)[number];
  /** Whether pieces are joined to words. */
  readonly units: (typeof UNITS)[number];
  /** Whether the first key, on which many heads rest, is shown. */
  readonly sink: (typeof SINKS)[number];
  /** Whether the chosen heads, all layers, or both are shown as one. */
  readonly reduce: (typeof REDUCTIONS)[number];
  /** How they become one. */
  readonly by: (typeof BYS)[number];
  /** Of each query only the strongest keys that make up this share of its attention are shown. */
  readonly mass: number;
  /** Matrix view: colours end at the head's largest weight, or at 1. */
  readonly scale: (typeof SCALES)[number];
  /** Model view: how a head is drawn small. */
  readonly thumbnails: (typeof THUMBNAILS)[number];
  /** Model view: the statistic that heads are ranked by. */
  readonly sort: (typeof SORTS)[number];
  /** Model view: heads of which the statistic is less are left out; null leaves none out. */
  readonly least: number | null;
  /** Of two exhibits that are compared, what is shown. */
  readonly comparison: (typeof COMPARISONS)[number];
  /** Neuron view: one query against all keys, or all tokens and the lines between them. */
  readonly expanded: boolean;
  /** Neuron view: neurons by their index, or by their share in what tells keys apart. */
  readonly order: (typeof ORDERS)[number];
  /** A pinned neuron. */
  readonly neuron: number | null;
  /** Of the tour, from 0; null where there is none. */
  readonly step: number | null;
}

/** What there is to choose from. */
export interface Shape {
  readonly views: readonly string[];
  readonly attentions: readonly AttentionShape[];
  /** How many steps the tour has. */
  readonly steps: number;
}

export interface AttentionShape {
  readonly name: string;
  /** The model's own number of each layer, ascending. */
  readonly layers: readonly number[];
  readonly heads: number;
  readonly query: { readonly length: number };
  readonly key: { readonly length: number };
  readonly hasPair: boolean;
}

/** More tokens than these are shown as a text, if nobody says otherwise: their lines aren't told apart. */
const MOST_LINKED = 128;

/** What is shown where the author leaves it open; the author may want an attention other than the first. */
export function initialState(shape: Shape, wanted: Partial<State> | null = null): State {
  const { views, steps } = shape;
  const { name, layers, heads, query, key } = attentionOf({ attention: wanted?.attention }, shape);
  const isLong = Math.max(query.length, key.length) > MOST_LINKED;
  return {
    view: isLong && views.includes("text") ? "text" : views[0],
    attention: name,
    layer: layers[0],
    heads: [...Array(heads).keys()],
    head: null,
    query: null,
    key: null,
    filter: "all",
    units: "pieces",
    sink: "shown",
    reduce: "none",
    by: "mean",
    mass: 1,
    scale: "head",
    thumbnails: "auto",
    sort: "index",
    least: null,
    comparison: "both",
    expanded: true,
    order: "index",
    neuron: null,
    step: steps ? 0 : null,
  };
}

/** The state after a change. Numbers are clamped to what there is; what makes no sense is ignored. */
export function reduce(state: State, change: unknown, shape: Shape): State {
  const wanted = typeof change === "object" && change !== null ? (change as Record<string, unknown>) : {};
  const names = shape.attentions.map(({ name }) => name);
  const before = turnTo(oneOf(wanted.attention, names, state.attention), state, shape);
  const { layers, heads, query, key, hasPair } = attentionOf(before, shape);
  const next = {
    view: oneOf(wanted.view, shape.views, state.view),
    attention: before.attention,
    layer: nearest(wanted.layer, layers) ?? before.layer,
    heads: headsOf(wanted.heads, heads) ?? before.heads,
    head: optionalIndex(wanted.head, heads, before.head),
    query: pinsOf(wanted.query, query.length, before.query),
    key: pinsOf(wanted.key, key.length, before.key),
    filter: hasPair ? oneOf(wanted.filter, FILTERS, state.filter) : "all",
    units: oneOf(wanted.units, UNITS, state.units),
    sink: oneOf(wanted.sink, SINKS, state.sink),
    reduce: oneOf(wanted.reduce, REDUCTIONS, state.reduce),
    by: oneOf(wanted.by, BYS, state.by),
    mass: wanted.mass === 0 ? state.mass : (within(wanted.mass, 1) ?? state.mass),
    scale: oneOf(wanted.scale, SCALES, state.scale),
    thumbnails: oneOf(wanted.thumbnails, THUMBNAILS, state.thumbnails),
    sort: oneOf(wanted.sort, SORTS, state.sort),
    least: wanted.least === null ? null : (within(wanted.least, Number.MAX_VALUE) ?? state.least),
    comparison: oneOf(wanted.comparison, COMPARISONS, state.comparison),
    expanded: typeof wanted.expanded === "boolean" ? wanted.expanded : state.expanded,
    order: oneOf(wanted.order, ORDERS, state.order),
    neuron: optionalIndex(wanted.neuron, MOST_NEURONS, state.neuron),
    step: shape.steps ? (index(wanted.step, shape.steps) ?? state.step) : null,
  };
  if ("head" in wanted) return next;
  if ("heads" in wanted) return { ...next, head: showsMany(next) ? null : alone(next) };
  return next.view === state.view ? next : keepHead(next, state);
}

/** The state with another attention: its layers and heads, as near as they come, and none of the old one's tokens. */
function turnTo(attention: string, state: State, shape: Shape): State {
  if (attention === state.attention) return state;
  const next = { ...state, attention, query: null, key: null };
  const { layers, heads } = attentionOf(next, shape);
  const isAll = state.heads.length === attentionOf(state, shape).heads;
  return {
    ...next,
    layer: nearest(state.layer, layers) ?? layers[0],
    heads: (isAll ? undefined : headsOf(state.heads, heads)) ?? [...Array(heads).keys()],
    head: optionalIndex(state.head, heads, null),
  };
}

function attentionOf({ attention }: { readonly attention: unknown }, { attentions }: Shape): AttentionShape {
  return attentions.find(({ name }) => name === attention) ?? attentions[0];
}

/** One head that was looked at stays in sight when the view changes. */
function keepHead(next: State, before: State): State {
  if (showsMany(next)) return next.head === null ? next : { ...next, heads: [next.head], head: null };
  if (showsMany(before)) return { ...next, head: alone(next) };
  return next;
}

/** Whether the view shows `heads`, and not one that is opened. */
export const showsMany = ({ view }: State): boolean => view === "head" || view === "text";

/** One head that is asked for by itself is the one that is opened. */
const alone = ({ heads }: State): number | null => (heads.length === 1 ? heads[0] : null);

/** A choice as what has these layers and heads can show it: the nearest layer; the heads that are there, or the last. */
export function fitted<Wanted extends Pick<State, "layer" | "heads">>(
  wanted: Wanted,
  { layers, heads }: Pick<AttentionShape, "layers" | "heads">,
): Wanted {
  const layer = nearest(wanted.layer, layers) ?? layers[0];
  return { ...wanted, layer, heads: headsOf(wanted.heads, heads) ?? [heads - 1] };
}

/** The head that a view of one head shows. */
export function shownHead(state: State): number {
  return state.head ?? state.heads[0] ?? 0;
}

function oneOf<T extends string>(value: unknown, choices: readonly T[], otherwise: T): T {
  return choices.includes(value as T) ? (value as T) : otherwise;
}

/** The layer that comes nearest, the lower of two. */
function nearest(value: unknown, layers: readonly number[]): number | undefined {
  if (typeof value !== "number" || Number.isNaN(value)) return undefined;
  const distance = (layer: number) => Math.abs(layer - Math.min(Math.max(value, 0), layers[layers.length - 1]));
  return layers.reduce((best, layer) => (distance(layer) < distance(best) ? layer : best));
}

function index(value: unknown, length: number): number | undefined {
  if (typeof value !== "number" || Number.isNaN(value)) return undefined;
  return Math.min(Math.max(Math.round(value), 0), length - 1);
}

function optionalIndex(value: unknown, length: number, otherwise: number | null): number | null {
  return value === null ? null : (index(value, length) ?? otherwise);
}

/** A number from 0 to the most there can be; undefined for what is none or negative. */
function within(value: unknown, most: number): number | undefined {
  return typeof value === "number" && value >= 0 ? Math.min(value, most) : undefined;
}

function pinsOf(value: unknown, length: number, otherwise: Pins): Pins {
  if (!Array.isArray(value)) return value === null ? null : (index(value, length) ?? otherwise);
  return asPins(value.filter((token) => Number.isInteger(token) && token >= 0 && token < length));
}

/** Tokens as a state has them: each once, one alone without a list. */
export function asPins(tokens: readonly number[]): Pins {
  const once = [...new Set(tokens)];
  return once.length > 1 ? once : (once[0] ?? null);
}

/** Chosen tokens as a list. */
export const listOf = (pins: Pins): readonly number[] => (pins === null ? [] : [pins].flat());

/** The one that a drawing of one token shows. */
export const firstOf = (pins: Pins): number | null => listOf(pins)[0] ?? null;

/** What is chosen after one more choice: a token that is chosen already is let go; others stay only if it is added. */
export function choose(pins: Pins, token: number, add: boolean): Pins {
  const before = listOf(pins);
  if (before.includes(token)) return add ? asPins(before.filter((other) => other !== token)) : null;
  return asPins(add ? [...before, token] : [token]);
}

function headsOf(value: unknown, length: number): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const known = value.filter((head) => Number.isInteger(head) && head >= 0 && head < length);
  return known.length || !value.length ? [...new Set<number>(known)] : undefined;
}
