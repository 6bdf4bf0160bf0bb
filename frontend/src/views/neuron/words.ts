/** What a token's neurons say, in sentences. */

import { byShare } from "../../exhibit/scores.ts";
import { formatFactor, formatNumber, formatPercent, formatWeight, MASKED } from "../../scene/format.ts";
import type { State } from "../../state.ts";
import type { Opened } from "./opened.ts";

/** What is looked at: a key and a neuron, each where there is one. */
export interface Place {
  readonly key: number | null;
  readonly neuron: number | null;
}

export interface Claim {
  readonly text: string;
  readonly isWrong: boolean;
}

/** As many neurons are named. */
const NAMED = 5;
/** Differences this far over what is stated are none: the browser rounds otherwise than the capture. */
const ROUNDING = 1e-6;

/** How one weight comes about, and whether it is the one that the other views show. */
export function tellSum(opened: Opened, key: number): Claim {
  const pair = `${opened.name("query")} → ${opened.name("key", key)}`;
  if (opened.isMasked(key)) return { text: `${pair}: masked, this query may not see this key.`, isWrong: false };
  const { numbers, row } = opened;
  const [weight, shown] = [row.weights[key], opened.shown(key)];
  const { text, isWrong } = judge(Math.abs(weight - shown), opened.stated);
  const rest = numbers.sink === null ? "" : ` A sink takes ${formatWeight(row.sink)}, which no token gets.`;
  return {
    text: `${pair}: ${sum(opened, key)} → softmax ${weight.toFixed(3)}. The other views show ${shown.toFixed(3)}; difference ${text}.${rest}`,
    isWrong,
  };
}

/** "q·k 12.34 × 0.125 = 1.54 + bias 0.30 = 1.84". */
function sum({ numbers: { scale, softcap, bias }, row: { dots, capped, scores } }: Opened, key: number): string {
  const dot = dots[key];
  const parts = [`q·k ${formatNumber(dot)} × ${formatFactor(scale)} = ${formatNumber(scale * dot)}`];
  if (softcap) parts.push(`, kept within ±${formatFactor(softcap)}: ${formatNumber(capped[key])}`);
  if (bias) {
    const added = scores[key] - capped[key];
    parts.push(` ${added < 0 ? "−" : "+"} bias ${formatNumber(Math.abs(added))} = ${formatNumber(scores[key])}`);
  }
  return parts.join("");
}

/** Whether a difference is within what was stated. */
function judge(difference: number, stated: number): Claim {
  const isWrong = difference > stated + ROUNDING;
  // Rounded up, so that no difference within it seems larger.
  const error = `stated error ${isWrong ? "of " : ""}${Math.ceil(stated * 1e4) / 1e4}`;
  const size = difference < 5e-5 ? "less than 0.0001" : difference.toFixed(4);
  return { text: `${size}, ${isWrong ? "more than the " : ""}${error}`, isWrong };
}

/** Whether all numbers of the head make the attention that is shown; null until that is known. */
export function tellCheck({ summary, stated }: Opened): Claim | null {
  if (!summary) return null;
  const { text, isWrong } = judge(summary.difference, stated);
  const claim = isWrong ? "do not give" : "give";
  return {
    text: `These numbers ${claim} the attention of the other views: over all tokens of this head, the largest difference is ${text}.`,
    isWrong,
  };
}

/** "Neurons 23 (31 %), 5 (12 %) … carry 61 % of what tells the keys apart in this head." */
export function tellDrivers(opened: Opened, order: State["order"]): string {
  const isToken = order === "token";
  const shares = isToken ? opened.shares : opened.summary?.shares;
  if (!shares) return "";
  const where = isToken ? `for ${opened.name("query")}` : "in this head";
  const strongest = byShare(shares)
    .slice(0, NAMED)
    .filter((neuron) => shares[neuron] > 0);
  if (!strongest.length) return `No neuron tells the keys apart ${where}.`;
  const names = strongest.map((neuron) => `${neuron} (${formatPercent(shares[neuron])})`).join(", ");
  const all = strongest.reduce((sum, neuron) => sum + shares[neuron], 0);
  // Shares sum to 1, and some may be negative: then the strongest alone have more than all.
  if (all > 1) {
    return `Neurons ${names} lead in what tells the keys apart ${where}; the others work against it (${formatPercent(1 - all)}).`;
  }
  return `Neurons ${names} carry ${formatPercent(all)} of what tells the keys apart ${where}.`;
}

/** What a neuron does: to one score, and to what tells all of them apart. */
export function tellNeuron(opened: Opened, neuron: number, key: number | null): string[] {
  const { shares, summary, vector, row } = opened;
  const lines: string[] = [];
  if (key !== null) {
    const [q, k] = [vector[neuron], opened.keyVector(key)[neuron]];
    lines.push(`q ${formatNumber(q)} × k ${formatNumber(k)} = ${formatNumber(q * k)}`);
    if (row.dots[key])
      lines.push(`${formatPercent((q * k) / row.dots[key])} of the score of ${opened.name("key", key)}`);
  }
  const whole = summary ? `, ${formatPercent(summary.shares[neuron])} in this head` : "";
  lines.push(`${formatPercent(shares[neuron])} of what tells keys apart for ${opened.name("query")}${whole}`);
  return lines;
}

/** What is looked at, in a line. */
export function describe(opened: Opened, { key, neuron }: Place): string | null {
  if (key === null && neuron === null) return null;
  const parts = [`Layer ${opened.layer} · head ${opened.head} · ${opened.name("query")}`];
  if (key !== null) {
    const value = opened.isMasked(key) ? MASKED : formatWeight(opened.row.weights[key]);
    parts.push(` → ${opened.name("key", key)} ${value}`);
  }
  if (neuron !== null) parts.push(` · neuron ${neuron}: ${tellNeuron(opened, neuron, key).join("; ")}`);
  return parts.join("");
}
