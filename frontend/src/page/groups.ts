/** Views of a page that follow one another: what is chosen in one, the others take. */

import type { State } from "../state.ts";

/** What they have in common. How each draws it is its own. */
const SHARED = [
  "attention",
  "layer",
  "heads",
  "query",
  "key",
  "filter",
  "units",
  "sink",
  "reduce",
  "by",
  "mass",
  "comparison",
] as const;

export interface Member {
  /** Takes what was chosen in another view. */
  follow(change: Partial<State>): void;
}

interface Group {
  readonly members: Set<Member>;
  /** What was chosen so far, for those that come late. */
  chosen: Partial<State>;
}

const groups = new Map<string, Group>();

export function join(name: string, member: Member): void {
  const group = groups.get(name) ?? { members: new Set(), chosen: {} };
  groups.set(name, group);
  group.members.add(member);
}

export function leave(name: string, member: Member): void {
  const members = groups.get(name)?.members;
  if (members?.delete(member) && !members.size) groups.delete(name);
}

/** What was chosen in a group so far. */
export const chosenIn = (name: string): Partial<State> => groups.get(name)?.chosen ?? {};

/** Tells the others what a change brought. */
export function tell(name: string, from: Member, before: State, after: State): void {
  const group = groups.get(name);
  const differs = (field: keyof State) => String(before[field]) !== String(after[field]);
  const changed = new Set<keyof State>(SHARED.filter(differs));
  if (!group || !changed.size) return;
  // A head is one of a layer, and heads and tokens are those of an attention.
  if (changed.has("heads")) changed.add("layer");
  if (["heads", "query", "key"].some((field) => changed.has(field as keyof State))) changed.add("attention");
  const change = Object.fromEntries([...changed].map((field) => [field, after[field]]));
  group.chosen = { ...group.chosen, ...change };
  for (const member of group.members) if (member !== from) member.follow(change);
}

/** In a group the head that is opened is the one that head views show, too. */
export function showOpened(before: State, after: State): State {
  return after.head === null || after.head === before.head ? after : { ...after, heads: [after.head] };
}

/** A model view marks a head that was chosen elsewhere, and opens it only if it has one open. */
export function asFollower({ view, head }: State, change: Partial<State>): Partial<State> {
  return "heads" in change && view === "model" && head === null ? { ...change, head } : change;
}
