/** Numbers and tokens as a reader sees them. */

/** Smaller weights are stored as 0, so no more is known of them. */
export const FLOOR = 0.001;

export const MASKED = "masked";

/** A weight with the digits that are known of it. */
export function formatWeight(weight: number): string {
  if (weight < FLOOR) return "< 0.001";
  return weight.toFixed(weight < 0.0995 ? 3 : 2);
}

/** A weight where there is little room: ".41", "1", nothing where it would read ".00". */
export function formatCell(weight: number): string {
  if (weight >= 0.995) return "1";
  return weight < 0.005 ? "" : weight.toFixed(2).slice(1);
}

const VISIBLE: Readonly<Record<string, string>> = { " ": "␣", "\n": "↵", "\t": "⇥" };
/** Controls, and what reorders, joins or breaks text: as labels they would be unseen, or upset their surroundings. */
const UNSEEN =
  /[\p{Cc}\p{Zl}\p{Zp}\u00a0\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}/gu;
const LONGEST = 60;

/** A token's label with its whitespace and controls made visible, and cut where it is very long. */
export function formatToken(label: string): string {
  if (label === "") return "∅";
  const short = label.length > LONGEST ? `${label.slice(0, LONGEST)}…` : label;
  const blank = short.trim() === "";
  return short
    .replace(/[ \n\t]/g, (space) => (blank || space !== " " ? VISIBLE[space] : space))
    .replace(UNSEEN, (control) => `U+${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`);
}
