import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Token } from "../src/exhibit/exhibit.ts";

const file = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));

/** The numbers that went into one attention of a fixture. */
export interface Expected {
  readonly layers: readonly number[];
  readonly shape: readonly [number, number, number, number];
  readonly layout: string;
  readonly weights: readonly number[];
  readonly masked: readonly number[];
}

/** A fixture's bytes as a page carries them, unpacked, and what went into them (see fixtures/make.py). */
export function fixture(name: string) {
  const packed = new Uint8Array(file(`${name}.safetensors.gz`));
  const expected: Readonly<Record<string, Expected>> = JSON.parse(file(`${name}.json`).toString());
  return { packed, raw: new Uint8Array(gunzipSync(packed)), expected };
}

export const FIXTURES = ["full", "causal", "window", "chat", "cross"];

/** Each attention of each fixture. */
export const ATTENTIONS = FIXTURES.flatMap((name) =>
  Object.keys(fixture(name).expected).map((of) => [name, of] as const),
);

/** A token of that label, plain but for what is given. */
export const token = (label: string, more: Partial<Token> = {}): Token => ({
  label,
  before: "",
  special: false,
  segment: 0,
  continues: false,
  generated: false,
  role: null,
  part: null,
  ...more,
});
