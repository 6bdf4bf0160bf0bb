/** Tokens as a text that flows: paragraphs of spans, one a token. */

import { element } from "../../drawing/dom.ts";
import type { Token } from "../../exhibit/exhibit.ts";
import { formatToken } from "../../scene/format.ts";
import { fraction, isRightToLeft } from "../../scene/tokens.ts";

/** What one speaker says, or one text of a pair. */
export interface Paragraph {
  readonly role: string | null;
  readonly tokens: readonly number[];
}

export function paragraphs(tokens: readonly Token[], shown: readonly number[]): Paragraph[] {
  const found: { role: string | null; tokens: number[] }[] = [];
  shown.forEach((index, i) => {
    const { role, segment } = tokens[index];
    const before = tokens[shown[i - 1]];
    if (!before || before.role !== role || before.segment !== segment) found.push({ role, tokens: [] });
    found[found.length - 1].tokens.push(index);
  });
  return found;
}

/** A token as it stands in its text. */
export function written({ label, part }: Token): string {
  if (part && part[0] > 1) return fraction(...part);
  return /^\s+$/.test(label) ? label : formatToken(label);
}

/** The paragraphs; `take` is told each token's span. */
export function flow(
  tokens: readonly Token[],
  shown: readonly number[],
  take: (index: number, span: HTMLElement) => void,
): HTMLElement[] {
  return paragraphs(tokens, shown).map(({ role, tokens: own }) => {
    const spans = own.flatMap((index) => {
      const { special, generated, label, before } = tokens[index];
      const kinds = Object.entries({ special, generated, break: label.includes("\n") });
      const span = element("span", {}, written(tokens[index]));
      for (const [kind, is] of kinds) span.classList.toggle(kind, is);
      // A badge has no part in the order of what is written around it.
      if (special) span.dir = "auto";
      take(index, span);
      return [visible(before), span];
    });
    const dir = isRightToLeft(own.map((index) => tokens[index])) ? "rtl" : "ltr";
    if (role === null) return element("p", { dir }, ...spans);
    return element("p", { dir, class: "said" }, element("b", {}, formatToken(role)), ...spans);
  });
}

/** What no token stands for, without what would upset the order of signs. */
const visible = (text: string): string => text.replace(/\S/gu, (sign) => formatToken(sign));
