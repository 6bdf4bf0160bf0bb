/** Numbers and tokens as a reader sees them. */

/** Smaller weights are stored as 0, so no more is known of them. */
export const FLOOR = 0.001;

export const MASKED = "masked";
export const HIDDEN = "hidden";
export const UNPAIRED = "no counterpart";

/** A weight with the digits that are known of it. */
export function formatWeight(weight: number): string {
  const size = Math.abs(weight);
  if (size < FLOOR) return "< 0.001";
  return (weight < 0 ? "−" : "") + size.toFixed(size < 0.0995 ? 3 : 2);
}

/** A weight, or a difference and what it is taken of: "0.41", "+0.12 (0.41 − 0.29)". */
export function formatValue([weight, ...parts]: readonly number[]): string {
  if (!parts.length) return formatWeight(weight);
  const [difference, ...of] = [weight, ...parts].map((each) => (Math.abs(each) < FLOOR ? "0" : formatWeight(each)));
  return `${weight >= FLOOR ? "+" : ""}${difference} (${of.join(" − ")})`;
}

/** A weight where there is little room: ".41", "1", nothing where it would read ".00". */
export function formatCell(weight: number, isSigned = false): string {
  const size = Math.abs(weight);
  if (size < 0.005) return "";
  return (weight < 0 ? "−" : isSigned ? "+" : "") + (size >= 0.995 ? "1" : size.toFixed(2).slice(1));
}

/** A number of either sign, with about three digits. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size < 0.0005) return "0";
  const text = size >= 9999.5 ? size.toPrecision(3) : size.toFixed(size < 0.995 ? 3 : size < 99.95 ? 2 : 0);
  return (value < 0 ? "−" : "") + text;
}

/** Numbers of a column, of which none is larger than `largest`: their points stand below one another. */
export function formatAligned(value: number, largest: number): string {
  const digits = largest < 0.995 ? 3 : largest < 99.95 ? 2 : largest < 9999.5 ? 0 : null;
  const size = Math.abs(value);
  const text = digits === null ? size.toPrecision(3) : size.toFixed(digits);
  return (value < 0 && Number(text) ? "−" : "") + text;
}

/** A weight where there is little room: ".410", "1". */
export function formatShare(weight: number): string {
  if (weight >= 0.9995) return "1";
  return weight < 0.0005 ? "0" : weight.toFixed(3).slice(1);
}

export const formatPercent = (share: number): string =>
  `${share <= -0.005 ? "−" : ""}${Math.round(Math.abs(share) * 100)}\u202f%`;

/** The largest error of some numbers, rounded up. */
export const formatError = (error: number): string => String(Math.ceil(error * 1e4) / 1e4);

/** A scale with the digits that matter: 0.125, 0.0884. */
export const formatFactor = (factor: number): string => String(Number(factor.toPrecision(3)));

const VISIBLE: Readonly<Record<string, string>> = { " ": "␣", "\n": "↵", "\t": "⇥" };
/** Controls, and what reorders, joins or breaks text: as labels they would be unseen, or upset their surroundings. */
const UNSEEN =
  /[\p{Cc}\p{Zl}\p{Zp}\u00a0\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}/gu;
const MARK = /^\p{M}/u;
/** What shapes its neighbours and has no shape of its own, such as a joiner of emoji, where it stands alone. */
const SHAPELESS = /^\p{Default_Ignorable_Code_Point}+$/u;
const LONGEST = 60;

/** A token's label with its whitespace and controls made visible, and cut where it is very long. */
export function formatToken(label: string, longest = LONGEST): string {
  if (label === "") return "∅";
  const isLong = label.length > longest;
  // A cut may fall into the middle of a character.
  const short = isLong ? `${label.slice(0, longest).replace(/\p{Cs}$/u, "")}…` : label;
  if (SHAPELESS.test(short)) return [...short].map(codeOf).join("");
  const blank = short.trim() === "";
  // A mark without its letter stands on a circle, as in Unicode's charts.
  return (MARK.test(short) ? `◌${short}` : short)
    .replace(/[ \n\t]/g, (space) => (blank || space !== " " ? VISIBLE[space] : space))
    .replace(UNSEEN, codeOf);
}

const codeOf = (sign: string): string => `U+${sign.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`;

const FROM_RIGHT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/** Whether a text holds a letter of a script that runs from right to left. */
export const runsFromRight = (text: string): boolean => FROM_RIGHT.test(text);

/** A text that may stand in a sentence and not turn the order of what follows. */
export const isolate = (text: string): string => (runsFromRight(text) ? `\u2068${text}\u2069` : text);

/** "12 tokens", or "12 target tokens". */
export const count = (tokens: number, name = ""): string =>
  `${tokens} ${name}${name && " "}token${tokens === 1 ? "" : "s"}`;
