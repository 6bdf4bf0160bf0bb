/** A table as CSV (RFC 4180). */

export type Row = readonly (string | number | null)[];

/** What a spreadsheet would take for a formula; some take the wide forms of Chinese and Japanese keyboards, too. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** Spreadsheets take a text for UTF-8 only where it begins with a mark; others skip it or can be told to. */
const MARK = "\ufeff";

export function csv(rows: Iterable<Row>): string {
  let text = MARK;
  for (const row of rows) text += `${row.map(field).join(",")}\r\n`;
  return text;
}

function field(value: string | number | null): string {
  if (typeof value !== "string") return String(value ?? "");
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
