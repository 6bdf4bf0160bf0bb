/** A table as CSV (RFC 4180). */

export type Row = readonly (string | number | null)[];

/** What a spreadsheet would take for a formula; some take the wide forms of Chinese and Japanese keyboards, too. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
/** The same within a cell: where a comma stands in numbers, a semicolon parts cells, whatever quotes stand round ours. */
const INNER_FORMULA = /([;\t\r\n]"{0,2})(?=[=+\-@＝＋－＠])/g;

/** Spreadsheets take a text for UTF-8 only where it begins with a mark; others skip it or can be told to. */
const MARK = "\ufeff";

export function csv(rows: Iterable<Row>): string {
  let text = MARK;
  for (const row of rows) text += `${row.map(field).join(",")}\r\n`;
  return text;
}

function field(value: string | number | null): string {
  if (typeof value !== "string") return String(value ?? "");
  const guarded = value.replace(INNER_FORMULA, "$1'");
  const safe = FORMULA.test(guarded) ? `'${guarded}` : guarded;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
