/** The lines that give a view again, as an author writes them into a page. */

import { isRecord } from "../bytes/safetensors.ts";

/** What gives a view apart from its state. */
export interface Fence {
  /** The gallery's name of it, such as "who-is-she/she"; "" for one that a gallery doesn't have. */
  readonly argument: string;
  /** Lines of YAML. */
  readonly body: string;
}

export const isFence = (value: unknown): value is Fence =>
  isRecord(value) && typeof value.argument === "string" && typeof value.body === "string";

/** @param state What the reader chose, in the words of an address. */
export function writeFence({ argument, body }: Fence, state: readonly (readonly [field: string, value: string])[]) {
  const lines = state
    // An author can't write that nothing is chosen, and steps are a fence's own.
    .filter(([field, value]) => value !== "" && field !== "step")
    .map(
      ([field, value]) =>
        `${field}: ${field === "heads" || value.includes(",") ? `[${value.replaceAll(",", ", ")}]` : value}\n`,
    );
  const inside = body + lines.join("");
  const marks = "`".repeat(Math.max(3, ...[...inside.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${marks}attnviz${argument && ` ${argument}`}\n${inside}${marks}\n`;
}
