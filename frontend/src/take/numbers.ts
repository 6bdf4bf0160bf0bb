/** The numbers behind what is shown. */

import type { Neurons } from "../exhibit/neurons.ts";
import type { Scene } from "../scene/scene.ts";
import { select } from "../scene/selection.ts";
import { type Choice, joinsLayers, oneHead, type Shown } from "../scene/shown.ts";
import { type State, shownHead } from "../state.ts";
import type { View } from "../views/view.ts";
import type { Row } from "./csv.ts";

/** What a reader sees. */
export interface Seen {
  readonly view: View;
  /** Its tokens are the scene's. */
  readonly state: State;
  readonly scene: Scene;
  readonly neurons: Neurons | null;
}

/** A head, or what several come to. */
export interface Part {
  /** The layer's number, or what several come to. */
  readonly layer: number | string;
  readonly shown: Shown;
}

/** What a view shows, head by head. */
export function* partsOf(seen: Seen): Generator<Part> {
  const { view, scene } = seen;
  if (view.heads === "none") {
    for (const layer of scene.layers) {
      for (let head = 0; head < scene.heads; head++) yield { layer, shown: scene.shown(oneHead(layer, head))[0] };
    }
    return;
  }
  const choice = chosenIn(seen);
  const layer = joinsLayers(choice) ? scene.layerName(choice) : choice.layer;
  for (const shown of scene.shown(choice)) yield { layer, shown };
}

const chosenIn = ({ view: { shows }, state }: Seen): Choice => shows?.(state) ?? oneHead(state.layer, shownHead(state));

/** "Layer 5 · heads 10, 11". */
export function whereOf(seen: Seen): string {
  const { view, scene } = seen;
  if (view.heads === "none") return `${scene.layers.length} layers × ${scene.heads} heads`;
  const choice = chosenIn(seen);
  const shown = scene.shown(choice);
  const numbers = shown.length === scene.heads ? `all ${scene.heads} heads` : `heads ${choice.heads.join(", ")}`;
  return `${scene.layerName(choice)} · ${shown.length > 1 ? numbers : (shown[0]?.name ?? "no head")}`;
}

/** A spreadsheet holds no more rows. */
const MOST_ROWS = 2 ** 20;

const TITLES: Row = ["layer", "head", "query index", "query token", "key index", "key token"];

/**
 * A row for each weight that is shown, below one of titles; those that are masked or hidden are null. Of several
 * drawings each row says which one it is of.
 * @throws RangeError: there are more than a spreadsheet holds.
 */
export function* rowsOf(all: readonly Seen[]): Generator<Row> {
  const isOne = all.length === 1;
  let count = 0;
  yield [...(isOne ? [] : ["of"]), ...TITLES, all[0].scene.signed ? "difference" : "weight"];
  for (const seen of all) {
    const { state, scene } = seen;
    const { query: queries, key: keys } = select(scene, state.filter);
    for (const { layer, shown } of partsOf(seen)) {
      count += queries.length * keys.length;
      if (count >= MOST_ROWS)
        throw new RangeError("These are more weights than a spreadsheet holds. Show fewer heads.");
      const head = shown.head ?? shown.name;
      for (const query of queries) {
        for (const key of keys) {
          const weight = weightOf(shown, query * scene.key.length + key);
          const tokens = [query, scene.query[query].label, key, scene.key[key].label];
          yield [...(isOne ? [] : [scene.name]), layer, head, ...tokens, weight];
        }
      }
    }
  }
}

/** A weight as it was decoded; null for a pair that is masked, or hidden with all but the strongest. */
export function weightOf({ data: { weights, masked }, whole }: Shown, at: number): number | null {
  if (masked?.[at] || (whole && !weights[at])) return null;
  return Number(weights[at].toPrecision(6));
}
