import { clamp, type Steering } from "../drawing/interaction.ts";
import type { State } from "../state.ts";
import type { Stage } from "./view.ts";

export const WALK = "Page Up and Page Down lead to another layer, comma and full stop to another head.";

/** Ways to the layer and the head before and after; `current` is null where several heads are shown. */
export function walk(
  { scene: { layers, heads }, state, change }: Stage,
  current: () => number | null,
): Pick<Steering, "page" | "head"> {
  return {
    page: (by) => change({ layer: layers[clamp(layers.indexOf(state().layer) + by, layers.length)] }),
    head: (by) => change({ heads: [clamp((current() ?? (by > 0 ? -1 : heads)) + by, heads)] }),
  };
}

/** The head that is shown alone; null where there are several. */
export const onlyHead = ({ heads }: State): number | null => (heads.length === 1 ? heads[0] : null);
