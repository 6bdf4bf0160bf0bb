import { FLOOR, formatPercent, formatValue } from "../../scene/format.ts";
import type { Scene } from "../../scene/scene.ts";
import type { Selection } from "../../scene/selection.ts";
import { hiddenShare, type Shown } from "../../scene/shown.ts";
import { type Side, type Sides, tokenName } from "../../scene/tokens.ts";
import { type Focus, rowsInFocus } from "./links.ts";

/** As many links as are told in words. */
const TOLD = 3;

/** What is looked at, in a line: its strongest links, each the sum over the tokens that are looked at. */
export function describe(
  scene: Pick<Scene, "query" | "key" | "why">,
  layer: string,
  heads: readonly Shown[],
  selection: Selection,
  focus: Focus,
): string {
  if (!heads.length) return `${layer} · no head is chosen`;
  const links = heads.flatMap((head) => linksOf(head, scene.key.length, selection, focus));
  const isPair = focus.query.length > 0 && focus.key.length > 0;
  const told = links
    .filter(({ sums: [weight] }) => isPair || Math.abs(weight) >= FLOOR)
    .sort((a, b) => Math.abs(b.sums[0]) - Math.abs(a.sums[0]))
    .slice(0, TOLD)
    .map(({ head, other, sums }) => {
      const name = isPair ? "" : `${tokenName(scene, focus.query.length ? "key" : "query", other)} `;
      return `${name}${formatValue(sums)}${heads.length === 1 ? "" : ` (${head.name})`}`;
    });
  const where = heads.length === 1 ? `${layer} · ${heads[0].name}` : layer;
  const sum = Math.max(focus.query.length, focus.key.length) > 1 ? " in sum" : "";
  const rest = links.length ? `${told.join(", ")}${sum}${hiddenOf(heads, scene.key.length, focus)}` : scene.why(focus);
  return `${where} · ${subject(scene, focus)} ${rest}`;
}

interface Link {
  readonly head: Shown;
  /** The token that is not looked at; of a pair the key. */
  readonly other: number;
  /** Of the weights; in a difference also of what each is taken of. */
  readonly sums: readonly number[];
}

/** Links of one head between what is looked at and each token of the other side, or one for all that is looked at. */
function linksOf(head: Shown, keyCount: number, selection: Selection, focus: Focus): Link[] {
  const { masked } = head.data;
  const rows = rowsInFocus(selection, focus);
  const isPair = focus.query.length > 0 && focus.key.length > 0;
  // A pair that was asked for by name is told although it isn't drawn.
  const weights = [(isPair && head.whole) || head.data.weights, ...head.parts];
  const sums = new Map<number, number[]>();
  for (const q of rows.query) {
    for (const k of rows.key) {
      const [query, key] = [selection.query[q], selection.key[k]];
      const at = query * keyCount + key;
      if (masked?.[at]) continue;
      const other = isPair ? focus.key[0] : focus.query.length ? key : query;
      const before = sums.get(other);
      sums.set(
        other,
        weights.map((of, i) => of[at] + (before?.[i] ?? 0)),
      );
    }
  }
  return [...sums].map(([other, sums]) => ({ head, other, sums }));
}

/** How much of what the looked-at queries give is hidden, on average over heads and queries. */
function hiddenOf(heads: readonly Shown[], keyCount: number, { query: queries }: Focus): string {
  if (!queries.length || !heads[0].whole) return "";
  const shares = heads.flatMap((head) => queries.map((query) => hiddenShare(head, query, keyCount)));
  return ` · ${formatPercent(shares.reduce((sum, share) => sum + share, 0) / shares.length)} hidden`;
}

function subject(sides: Sides, { query, key }: Focus): string {
  const names = (side: Side, tokens: readonly number[]) =>
    tokens.map((token) => tokenName(sides, side, token)).join(" + ");
  if (!query.length) return `${names("key", key)} ←`;
  return `${names("query", query)} →${key.length ? ` ${names("key", key)}` : ""}`;
}
