/** Which shades the numbers of a scene have, in every view that shades them. */

import { largestOf, type Shading } from "../drawing/heatmap.ts";
import { select } from "../scene/selection.ts";
import type { Choice } from "../scene/shown.ts";
import { fitted } from "../state.ts";
import type { Stage } from "./view.ts";

/** Shades that end at a number. Of a difference, what may come from rounding has none. */
export const shadingOf = ({ scene: { signed }, theme }: Stage, largest: number): Shading => ({
  scale: signed ? theme.difference : theme.scale,
  largest,
  least: signed?.error ?? 0,
  ink: theme.ink,
});

/** The largest weight of a choice, here or beside. */
export function largestDrawn({ scenes, state }: Stage, choice: Choice): number {
  const { filter } = state();
  const largest = scenes.flatMap((scene) =>
    scene.shown(fitted(choice, scene)).map(({ data }) => largestOf(data, scene.key.length, select(scene, filter))),
  );
  return Math.max(...largest);
}
