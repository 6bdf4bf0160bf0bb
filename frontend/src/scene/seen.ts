/** The state as a scene has it, and back: a state's tokens are pieces of the first exhibit, a scene's are its own. */

import { asPins, fitted, listOf, type State } from "../state.ts";
import type { Scene } from "./scene.ts";
import { SIDES, type Side } from "./tokens.ts";

/** What is pointed at: tokens, or a head. */
export type Look = Partial<Pick<State, Side | "layer" | "head">>;

/** What of a state a scene can show. */
export function asSeen(state: State, scene: Scene): State {
  const { head, filter } = state;
  const [query, key] = SIDES.map((side) =>
    asPins(listOf(state[side]).flatMap((piece) => scene.shownAt(side, piece) ?? [])),
  );
  return {
    ...fitted(state, scene),
    head: head === null ? null : Math.min(head, scene.heads - 1),
    filter: scene.attention.hasPair ? filter : "all",
    query,
    key,
  };
}

/** What a change of a scene is to the state. Tokens that only the second of two has can't be chosen. */
export function asChosen(change: Partial<State>, scene: Scene): Partial<State> {
  const sides = SIDES.flatMap((side) => {
    const shown = change[side];
    if (shown === undefined) return [];
    const pieces = listOf(shown).flatMap((token) => scene.pieceAt(side, token) ?? []);
    return [[side, shown === null || pieces.length ? asPins(pieces) : undefined]];
  });
  return { ...change, ...Object.fromEntries(sides) };
}

/** What is pointed at in one scene, as it is in another; null for a token that it doesn't have. */
export function asLooked(look: Look, from: Scene, to: Scene): Look {
  const sides = SIDES.flatMap((side) => {
    if (look[side] === undefined) return [];
    const [piece = null] = listOf(look[side]).map((token) => from.pieceAt(side, token));
    return [[side, piece === null ? null : to.shownAt(side, piece)]];
  });
  return { ...look, ...Object.fromEntries(sides) };
}
