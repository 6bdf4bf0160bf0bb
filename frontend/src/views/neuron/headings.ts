/** The names of the columns, and between them the signs that make them an equation. */

import { element, place } from "../../drawing/dom.ts";
import { formatFactor } from "../../scene/format.ts";
import type { Layout, Span } from "./layout.ts";
import type { Opened } from "./opened.ts";

export function headings(opened: Opened, { label, key, product, score, bias, weight, stacked }: Layout): HTMLElement[] {
  const { numbers } = opened;
  const cap = numbers.softcap ? `within ±${formatFactor(numbers.softcap)}` : "score";
  const strips = stacked
    ? [heading(label, "k, q × k", keysOf(opened, false))]
    : [heading(key, "k", keysOf(opened, true)), sign(key, product, "× q ="), heading(product, "q × k", "product")];
  const biases = bias ? [sign(score, bias, "+"), heading(bias, "bias", "added")] : [];
  return [
    ...strips,
    sign(stacked ? label : product, score, "→"),
    heading(score, `Σ × ${formatFactor(numbers.scale)}`, cap),
    ...biases,
    sign(bias ?? score, weight, "→"),
    heading(weight, "softmax", "weight"),
  ];
}

/** Several heads in a row may read the same keys; they are named where there is room. */
function keysOf({ scores, head }: Opened, named: boolean): string {
  const heads = scores.group(head);
  if (heads.length === 1) return "key";
  const whose = named ? ` of heads ${heads[0]}–${heads[heads.length - 1]}` : ", shared";
  return `key head ${scores.keyHead(head)}${whose}`;
}

function heading({ left, width }: Span, symbol: string, name: string): HTMLElement {
  return place(element("div", { class: "heading", title: name }, element("b", {}, symbol), name), { left, width });
}

function sign(before: Span, after: Span, text: string): HTMLElement {
  const left = before.left + before.width;
  return place(element("div", { class: "sign" }, text), { left, width: after.left - left });
}
