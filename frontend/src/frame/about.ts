import { element } from "../drawing/dom.ts";
import type { Attention, Exhibit } from "../exhibit/exhibit.ts";
import { formatError } from "../scene/format.ts";

/** Where the numbers came from and how exact they are: one click away. */
export function about({ provenance, error, attentions }: Exhibit): HTMLElement {
  const { model, dtype, source, revision, architecture, versions } = provenance;
  const precision = `error ≤ ${formatError(error)}`;
  const size = ({ name, layers, heads }: Attention) =>
    `${attentions.length > 1 ? `${name} ` : ""}${layers.length} layers × ${heads} heads`;
  const lengths = new Map(
    attentions.flatMap(({ of, query, key }) => [
      [of.query, query.length],
      [of.key, key.length],
    ]),
  );
  const facts: Record<string, string> = {
    Source: revision ? `${source} at ${revision.slice(0, 12)}` : source,
    Architecture: `${architecture}, ${attentions.map(size).join(", ")}`,
    Tokens: [...lengths].map(([name, length]) => (lengths.size > 1 ? `${length} ${name}` : length)).join(", "),
    Precision: `computed in ${dtype}, shown with ${precision}; weights below 0.001 are drawn as 0`,
    "Made with": Object.entries(versions)
      .map((entry) => entry.join(" "))
      .join(", "),
  };
  const list = Object.entries(facts).flatMap(([name, fact]) => [element("dt", {}, name), element("dd", {}, fact)]);
  return element(
    "details",
    { class: "about" },
    element("summary", {}, `${model} · ${dtype} · ${precision}`),
    element("dl", {}, ...list),
    element("p", {}, "Attention shows where a head looks, not why the model answers."),
  );
}
