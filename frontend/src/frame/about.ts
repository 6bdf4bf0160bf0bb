import { element } from "../drawing/dom.ts";
import type { Attention, Exhibit } from "../exhibit/exhibit.ts";
import { own } from "../own.ts";
import { formatError } from "../scene/format.ts";

const OWN_PAGE = "a[href*='not-explanation']";
const PAPER = "https://arxiv.org/abs/1902.10186";

/** A page on it that the site has itself, as ours does. */
function ownPage(): string | undefined {
  const links = [...own("querySelectorAll")<HTMLAnchorElement>(OWN_PAGE)];
  // A link in somebody's text may lead elsewhere, or run something.
  return links.find(({ protocol, host }) => protocol === location.protocol && host === location.host)?.href;
}

/** "float32, error ≤ 0.002" */
export const precisionOf = ({ provenance: { dtype }, error }: Exhibit): string =>
  `${dtype}, error ≤ ${formatError(error)}`;

/** Where the numbers came from and how exact they are: one click away. */
export function about(exhibit: Exhibit): HTMLElement {
  const { provenance, attentions } = exhibit;
  const { source, revision, architecture, versions } = provenance;
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
    Precision: `computed in ${precisionOf(exhibit)} of what is shown; weights below 0.001 are drawn as 0`,
    "Made with": Object.entries(versions)
      .map((entry) => entry.join(" "))
      .join(", "),
  };
  const list = Object.entries(facts).flatMap(([name, fact]) => [element("dt", {}, name), element("dd", {}, fact)]);
  const href = ownPage() ?? PAPER;
  const link = { href, target: "_blank", rel: "noopener" };
  const words = element("a", link, "Attention is not explanation");
  const sentence = element("p", {}, words, ": it shows where a head looks, not why the model answers.");
  return element("div", { class: "about" }, element("dl", {}, ...list), sentence);
}
