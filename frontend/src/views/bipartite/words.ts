import { FLOOR, formatWeight, HIDDEN, MASKED } from "../../scene/format.ts";
import type { Scene } from "../../scene/scene.ts";
import type { Selection } from "../../scene/selection.ts";
import { type Sides, tokenName } from "../../scene/tokens.ts";
import { type Focus, rowsInFocus, type ShownHead } from "./links.ts";

/** As many links as are told in words. */
const TOLD = 3;

/** What is looked at, in a line: its strongest links. */
export function describe(
  scene: Pick<Scene, "query" | "key" | "hidden">,
  layer: number,
  heads: readonly ShownHead[],
  selection: Selection,
  focus: Focus,
): string {
  if (!heads.length) return `Layer ${layer} · no head is chosen`;
  const rows = rowsInFocus(selection, focus);
  const links = heads.flatMap(({ head, data }) =>
    rows.query.flatMap((q) =>
      rows.key.flatMap((k) => {
        const [query, key] = [selection.query[q], selection.key[k]];
        const at = query * scene.key.length + key;
        return data.masked?.[at] ? [] : [{ head, query, key, weight: data.weights[at] }];
      }),
    ),
  );
  const isPair = focus.query !== null && focus.key !== null;
  const told = links
    .filter(({ weight }) => isPair || weight >= FLOOR)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, TOLD)
    .map(({ head, query, key, weight }) => {
      const other = focus.query === null ? tokenName(scene, "query", query) : tokenName(scene, "key", key);
      const value = isPair ? formatWeight(weight) : `${other} ${formatWeight(weight)}`;
      return heads.length === 1 ? value : `${value} (head ${head})`;
    });
  const nothing = focus.key !== null && focus.key === scene.hidden ? HIDDEN : MASKED;
  const where = heads.length === 1 ? `Layer ${layer} · head ${heads[0].head}` : `Layer ${layer}`;
  return `${where} · ${subject(scene, focus)} ${links.length ? told.join(", ") : nothing}`;
}

function subject(sides: Sides, { query, key }: Focus): string {
  const from = query === null ? null : tokenName(sides, "query", query);
  const to = key === null ? null : tokenName(sides, "key", key);
  if (from === null) return `${to} ←`;
  return to === null ? `${from} →` : `${from} → ${to}`;
}
