import { element } from "../drawing/dom.ts";
import type { Numbers } from "../take/table.ts";

/** A table with the titles of its rows and columns. */
export function tableOf({ caption, titles, rows }: Numbers): HTMLElement {
  const title = (scope: string, text: string) => element("th", { scope, dir: "auto" }, text);
  const row = ([name, ...cells]: readonly string[]) =>
    element("tr", {}, title("row", name), ...cells.map((cell) => element("td", { dir: "auto" }, cell)));
  return element(
    "table",
    {},
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...titles.map((text) => title("col", text)))),
    element("tbody", {}, ...rows.map(row)),
  );
}
