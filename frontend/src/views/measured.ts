/** Statistics of heads, where they are shown: measured in pieces, so that the page never waits, and told in a line. */

import { element } from "../drawing/dom.ts";
import { whenIdle } from "../drawing/idle.ts";
import type { Attention } from "../exhibit/exhibit.ts";
import { isOffered, type Statistic } from "../exhibit/statistics.ts";
import { describeHeads, MEANINGS, type Place } from "../scene/ranking.ts";
import type { Scene } from "../scene/scene.ts";
import { type Choice, joinsHeads, joinsLayers } from "../scene/shown.ts";
import type { State } from "../state.ts";
import type { Stage } from "./view.ts";

/** As long as a page may stand still, in milliseconds. */
const MOMENT = 16;

/** Measures heads and tells how many are known; all at once, if that takes no longer than a moment. */
export function measure(
  attention: Attention,
  heads: readonly Place[],
  signal: AbortSignal,
  tell: (known: number) => void,
): void {
  let known = 0;
  const go = () => {
    const end = performance.now() + MOMENT;
    do {
      const { layer, head } = heads[known++];
      attention.statistics(layer, head);
    } while (known < heads.length && performance.now() < end);
    tell(known);
    if (known < heads.length) whenIdle(go, signal);
  };
  go();
}

/** The statistic that heads are ranked by; null where they stay in their layers, and where there is no such one. */
export function rankedBy({ sort }: State, { attention, signed }: Scene): Statistic | null {
  return sort === "index" || signed || !isOffered(sort, attention) ? null : sort;
}

/** A line on the heads that are shown one by one, and what its words mean. What it returns shows other heads. */
export function statisticsLine(
  { scene: { attention, signed }, signal }: Stage,
  host: HTMLElement,
): (choice: Choice) => void {
  const line = element("summary");
  const meaning = element("p");
  const node = element("details", { class: "statistics" }, line, meaning);
  host.append(node);
  let shown: Choice;
  return (choice) => {
    shown = choice;
    const { layer, heads } = choice;
    const isOne = heads.length === 1 || !joinsHeads(choice);
    node.hidden = !heads.length || !isOne || joinsLayers(choice) || signed !== null;
    if (node.hidden) return;
    const places = heads.map((head) => ({ layer, head }));
    measure(attention, places, signal, (known) => {
      if (known < heads.length || shown !== choice) return;
      const found = places.map(({ head }) => [head, attention.statistics(layer, head)] as const);
      line.textContent = describeHeads(found);
      const words = Object.entries(MEANINGS).flatMap(([name, words]) =>
        name in found[0][1] ? [`${name}: ${words}`] : [],
      );
      meaning.textContent = `Means over all queries of the attention that each gives, in pieces as they were captured. ${words.join("; ")}.`;
    });
  };
}
