/** The chosen query's vector; above or below it those of the other heads that read the same keys. */

import { element, paint, place } from "../../drawing/dom.ts";
import type { Layout } from "./layout.ts";
import type { Opened } from "./opened.ts";
import { type Ink, paintStrip } from "./paint.ts";

/** Height of a strip; less where many heads share a key. */
const HEIGHT = { few: 16, many: 8, manyFrom: 9 };

/** Strips, of which those that are not chosen are a way to their head. */
export function vectors(
  { scores, layer, head: chosen, query }: Opened,
  order: readonly number[],
  { product: { width } }: Layout,
  ink: Ink,
  choose: (head: number) => void,
): HTMLElement[] {
  const group = scores.group(chosen);
  const height = group.length < HEIGHT.manyFrom ? HEIGHT.few : HEIGHT.many;
  return group.map((head) => {
    const queries = scores.queriesOf(layer, head);
    const largest = queries.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const canvas = place(element("canvas"), { width, height });
    const from = query * scores.size;
    const box = { left: 0, top: 0, width, height };
    paint(canvas, width, height, (context) =>
      paintStrip(context, (neuron) => queries[from + neuron], largest, order, box, ink),
    );
    // A finger needs more than a thin strip; the tiles lead to the same heads.
    if (group.length === 1 || height < HEIGHT.few) return element("div", { class: "vector" }, canvas);
    const attributes = { type: "button", class: "vector", "aria-pressed": String(head === chosen) };
    const strip = element("button", attributes, element("span", {}, `head ${head}`), canvas);
    strip.addEventListener("click", (event) => {
      if (head === chosen) return;
      event.stopPropagation();
      choose(head);
    });
    return strip;
  });
}
