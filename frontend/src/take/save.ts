import { element } from "../drawing/dom.ts";

/** How long a browser may take to begin with a download. */
const HELD_MS = 10_000;

/** Hands a file to the reader. */
export function save(name: string, content: Blob): void {
  const href = URL.createObjectURL(content);
  element("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), HELD_MS);
}

/** A file's name that any system takes. */
export const asFileName = (...words: readonly string[]): string =>
  words
    .join("-")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.]+/gu, "-")
    .replace(/^[-.]+|[-.]+$/g, "");
