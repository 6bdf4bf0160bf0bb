import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const file = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));

/** A fixture's bytes as a page carries them, unpacked, and what went into them (see fixtures/make.py). */
export function fixture(name: string) {
  const packed = new Uint8Array(file(`${name}.safetensors.gz`));
  const expected: { shape: number[]; layout: string; weights: number[]; masked: number[] } = JSON.parse(
    file(`${name}.json`).toString(),
  );
  return { packed, raw: new Uint8Array(gunzipSync(packed)), expected };
}

export const FIXTURES = ["full", "causal", "window", "cross"];
