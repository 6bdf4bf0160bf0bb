import { legendOf } from "../../drawing/legend.ts";
import type { Theme } from "../../drawing/theme.ts";
import { formatNumber, MASKED } from "../../scene/format.ts";
import type { Ends } from "./paint.ts";

/** What the colours of the strips mean, and where they end. */
export function legend({ query, key, product }: Ends, { signed, ink }: Theme, hasMasked: boolean): Node[] {
  const ends = `ends at q ±${formatNumber(query)}, k ±${formatNumber(key)}, q × k ±${formatNumber(product)}`;
  const words = `square-root scale of this head; ${ends}; bars end at this query’s largest`;
  return legendOf(signed, ["negative", "0", "positive"], words, ink, hasMasked ? MASKED : null);
}
