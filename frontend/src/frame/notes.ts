/** What a reader must know to read a drawing, in sentences above it. */

import type { Exhibit } from "../exhibit/exhibit.ts";
import { type Compared, counterpart } from "../scene/comparison.ts";
import { count, formatError, formatPercent, isolate } from "../scene/format.ts";
import { canHideSink, hasWords, type Scene, type Switches } from "../scene/scene.ts";
import { type Choice, hiddenShare, joinsHeads, joinsLayers, type Shown } from "../scene/shown.ts";
import { describeMask } from "../scene/window.ts";
import { fitted, type State } from "../state.ts";
import type { View } from "../views/view.ts";

/** Sentences above a drawing, or above two that are compared. */
export function notes(
  compared: readonly Compared[],
  scenes: readonly Scene[],
  switches: Switches,
  view: View,
  state: State,
): string[] {
  const [{ signed }] = scenes;
  const parts = scenes.flatMap(({ parts }) => parts);
  const layer = view.hasLayer(state) ? state.layer : null;
  const choice = view.shows?.(state) ?? null;
  const heads = choice?.heads ?? (state.head === null ? [] : [state.head]);
  const said = parts.map((part) => {
    const seen = fitted({ ...(choice ?? state), heads }, part);
    return [
      ...notesOf(exhibitOf(part, compared), part, switches, layer === null ? null : seen.layer),
      ...(choice ? notesOfChoice(part, signed ? { ...seen, mass: 1 } : seen) : []),
      ...(layer === null || layer === seen.layer ? [] : [`No layer ${layer}; layer ${seen.layer} is shown.`]),
      ...(heads.length && heads.every((head) => head >= part.heads)
        ? [`No head ${heads.join(", ")}; head ${seen.heads[0]} is shown.`]
        : []),
    ];
  });
  // What is said of all is said once; what of one, with its name.
  const together = [...new Set(said.flat())].map((note) => {
    const lacks = said.some((notes) => !notes.includes(note));
    return lacks ? `${isolate(parts[said.findIndex((notes) => notes.includes(note))].name)}: ${note}` : note;
  });
  return [...together, ...notesOfComparison(compared, scenes, view, state)];
}

const exhibitOf = ({ attention }: Scene, compared: readonly Compared[]): Exhibit =>
  (compared.find(({ exhibit }) => exhibit.attentions.includes(attention)) ?? compared[0]).exhibit;

/** Sentences on how two are compared. */
function notesOfComparison(
  [first, second]: readonly Compared[],
  [{ signed, parts }, beside]: readonly Scene[],
  { heads }: View,
  state: State,
): string[] {
  if (second && state.comparison !== "first" && !counterpart(second, state.attention)) {
    return [`${isolate(second.name)} has no ${state.attention} attention; only ${isolate(first.name)} is shown.`];
  }
  const notes: string[] = [];
  if ((signed || beside) && areOtherModels(first.exhibit, second.exhibit) && !joinsHeads(state)) {
    notes.push(
      "A head of one model has nothing to do with the head of that number in another model; compare means over heads.",
    );
  }
  if (!signed) return notes;
  const [a, b] = parts;
  if (heads === "none" && (a.heads !== b.heads || a.layers.join() !== b.layers.join())) {
    notes.push("Where one has no such layer or head, its nearest is taken.");
  }
  return [...notes, `Differences up to ${formatError(signed.error)} may come from rounding and have no shade.`];
}

/** Whether two exhibits are of models of which heads with one number are not the same. */
export function areOtherModels({ provenance: a }: Exhibit, { provenance: b }: Exhibit): boolean {
  return a.source !== b.source || a.revision !== b.revision;
}

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
