/** What a file of ours says of itself, and whether this script can read it. */

import { damaged, parseJson, readText, type Tensors } from "./safetensors.ts";

const FORMAT = 2;

/** @throws Error: the file holds something else, or is of another format; in words for the reader. */
export function readHeader(tensors: Tensors, kind: "attention" | "neurons"): Record<string, unknown> {
  const header = parseJson(tensors.metadata.attnviz);
  if (header.format !== FORMAT) {
    const format = typeof header.format === "number" ? header.format : "none";
    throw new Error(`This view has format ${format}, the page's script reads ${FORMAT}. Build the page again.`);
  }
  if (header.kind !== kind) throw damaged(`it holds ${readText(header.kind)}, not ${kind}`);
  return header;
}

/** An error that is stated, which is never more than a weight. */
export function readError(value: unknown): number {
  if (typeof value !== "number" || !(value >= 0 && value <= 1)) throw damaged("it does not say how exact it is");
  return value;
}
