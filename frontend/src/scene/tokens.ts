/** Tokens by what a reader calls them, by their direction, and as runs of one speaker. */

import type { Token } from "../exhibit/exhibit.ts";
import { formatToken, isolate, runsFromRight } from "./format.ts";

export const SIDES = ["query", "key"] as const;
export type Side = (typeof SIDES)[number];
export type Sides = { readonly [side in Side]: readonly Token[] };

const LETTERS = /\p{L}/gu;
/** A sentence would lose these without quotes. */
const PUNCTUATION = /^[\p{P}\p{M}]+$/u;

/** What a drawing writes for a token: "é", or "é¹⁄₂" for the first of the two pieces of one character. */
export function labelOf({ label, part }: Token): string {
  return formatToken(label) + (part ? fraction(...part) : "");
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** A small fraction. */
export function fraction(number: number, of: number): string {
  const write = (value: number, digits: string) => [...String(value)].map((digit) => digits[Number(digit)]).join("");
  return `${write(number, SUPERSCRIPTS)}⁄${write(of, SUBSCRIPTS)}`;
}

/** A token's name in a sentence. */
export function tokenName(sides: Sides, side: Side, index: number): string {
  const label = labelOf(sides[side][index]);
  return isolate(PUNCTUATION.test(label) ? `“${label}”` : label);
}

/** Whether a token says something by itself. */
export const isWord = ({ label, special }: Token): boolean => !special && /[\p{L}\p{N}]/u.test(label);

/** Whether most letters of the tokens are of scripts that run from right to left. */
export function isRightToLeft(tokens: readonly Token[]): boolean {
  const letters = tokens.flatMap(({ label, special }) => (special ? [] : (label.match(LETTERS) ?? [])));
  return letters.filter(runsFromRight).length > letters.length / 2;
}

/** Neighbouring rows of one speaker. */
export interface Run {
  readonly role: string;
  readonly from: number;
  /** The last row. */
  readonly to: number;
}

/** Runs of tokens that the same one says, by their rows. */
export function runsOf(tokens: readonly Token[], shown: readonly number[]): Run[] {
  const runs: Run[] = [];
  shown.forEach((index, row) => {
    const { role } = tokens[index];
    const last = runs[runs.length - 1];
    if (role === null) return;
    if (last?.role === role && last.to === row - 1) runs[runs.length - 1] = { ...last, to: row };
    else runs.push({ role, from: row, to: row });
  });
  return runs;
}
