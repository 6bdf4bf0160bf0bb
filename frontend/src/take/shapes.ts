/** Elements of an SVG. */

import { resolve } from "../drawing/theme.ts";
import { own } from "../own.ts";

export type Values = Readonly<Record<string, string | number | undefined>>;

/** What no XML may hold. */
const UNWRITABLE = /[\p{Cc}\p{Cs}\ufffe\uffff]/gu;

/** An element with its attributes, less those that have no value, and children. Strings become text, never markup. */
export function shape(name: string, values: Values, ...children: readonly (Node | string)[]): SVGElement {
  const made = own("createElementNS")("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined)
      made.setAttribute(key, String(typeof value === "number" ? Math.round(value * 1000) / 1000 : value));
  }
  made.append(...children.map((child) => (typeof child === "string" ? child.replace(UNWRITABLE, " ") : child)));
  return made;
}

/** Any CSS colour in the words of SVG, whose readers don't all know of transparent colours. */
export function ink(property: "fill" | "stroke", css: string): Values {
  const { colour, alpha } = resolve(css) ?? { colour: [0, 0, 0], alpha: 0 };
  return { [property]: `rgb(${colour})`, [`${property}-opacity`]: alpha < 1 ? alpha : undefined };
}

/** A line of text at its baseline. */
export const line = (text: string, x: number, y: number, size: number, more: Values): SVGElement =>
  shape("text", { x, y, "font-size": size, ...more }, text);
