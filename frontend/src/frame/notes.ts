/** What a reader must know to read a drawing, in sentences above it. */

import type { Exhibit } from "../exhibit/exhibit.ts";
import { count } from "../scene/format.ts";
import { canHideSink, hasWords, type Scene, type Switches } from "../scene/scene.ts";
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
