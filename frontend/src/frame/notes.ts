/** What a reader must know to read a drawing, in sentences above it. */

import type { Exhibit } from "../exhibit/exhibit.ts";
import { count, formatPercent } from "../scene/format.ts";
import { canHideSink, hasWords, type Scene, type Switches } from "../scene/scene.ts";
import { type Choice, hiddenShare, joinsHeads, joinsLayers, type Shown } from "../scene/shown.ts";
import { describeMask } from "../scene/window.ts";

/** Sentences on what is shown; `layer` is null where all layers are. */
export function notesOf(exhibit: Exhibit, scene: Scene, { units, sink }: Switches, layer: number | null): string[] {
  const { attention } = scene;
  const { of, query, key } = attention;
  const notes = [...exhibit.notes];
  if (of.query !== of.key) notes.push(`${count(query.length, of.query)} attend to ${count(key.length, of.key)}.`);
  if (layer !== null) {
    const mask = describeMask(attention.head(layer, 0).masked, query.length, key.length);
    if (mask) notes.push(mask);
  }
  if (units === "words" && hasWords(attention))
    notes.push("Pieces are joined to words: of their keys the sum, of their queries the mean.");
  if (sink === "hidden" && canHideSink(attention)) notes.push("First token hidden, rows renormalised.");
  if ([...query, ...key].some(({ generated }) => generated)) notes.push("Dotted underline: written by the model.");
  return notes;
}

/** Sentences on what became of heads, layers and keys that aren't shown one by one. */
export function notesOfChoice(scene: Scene, choice: Choice): string[] {
  const notes: string[] = [];
  const shown = scene.shown(choice);
  if (choice.reduce !== "none" && shown.length) {
    const parts = [
      joinsLayers(choice) ? `${scene.layers.length} layers` : "",
      joinsHeads(choice) ? `${choice.heads.length} heads` : "",
    ];
    const what = parts.filter(Boolean).join(" and ");
    notes.push(
      choice.by === "mean"
        ? `Mean of ${what}.`
        : `Maximum of ${what}: of each pair the largest weight, so that what a token gives adds up to more than 1.`,
    );
  }
  if (choice.mass < 1 && shown.length) {
    const keys = scene.key.length;
    const mean = (of: (one: Shown, query: number) => number) =>
      shown.reduce((sum, one) => sum + scene.query.reduce((rest, _, query) => rest + of(one, query), 0), 0) /
      (shown.length * scene.query.length);
    const left = mean(({ data: { weights } }, query) => {
      return weights
        .subarray(query * keys, (query + 1) * keys)
        .reduce((count, weight) => count + Number(weight > 0), 0);
    });
    const hidden = mean((one, query) => hiddenShare(one, query, keys));
    notes.push(
      `Of each query the strongest keys that make up ${formatPercent(choice.mass)} are shown, ${left.toFixed(1)} on ` +
        `average; ${formatPercent(hidden)} of the attention is hidden.`,
    );
  }
  return notes;
}
