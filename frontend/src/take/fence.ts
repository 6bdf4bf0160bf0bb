/** The lines that give a view again, as an author writes them into a page. */

/** What gives a view apart from its state. */
export interface Fence {
  /** The gallery's name of it, such as "who-is-she/she"; "" for one that a gallery doesn't have. */
  readonly argument: string;
  /** Lines of YAML. */
  readonly body: string;
}

/** @param state What the reader chose, in the words of an address. */
export function writeFence(
  { argument, body }: Fence,
  state: readonly (readonly [field: string, value: string])[],
): string {
  const lines = state
    // A view without heads can't be asked for.
    .filter(([field, value]) => field !== "step" && !(field === "heads" && value === ""))
    .map(([field, value]) => `${field}: ${written(field, value)}\n`.replace(" \n", "\n"));
  const inside = body + lines.join("");
  const marks = "`".repeat(Math.max(3, ...[...inside.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${marks}attnviz${argument && ` ${argument}`}\n${inside}${marks}\n`;
}

function written(field: string, value: string): string {
  if (field === "heads" || value.includes(",")) return `[${value.replaceAll(",", ", ")}]`;
  return value;
}
