import { gzipSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { fromBase64, unpack } from "../src/bytes.ts";
import { fixture } from "./fixtures.ts";

afterEach(() => vi.unstubAllGlobals());

test("base64 of gzip'd bytes comes back as the bytes", async () => {
  const { packed, raw } = fixture("full");
  const inPage = Buffer.from(packed).toString("base64");
  expect(await unpack(fromBase64(inPage))).toEqual(raw);
});

test("bytes that a server has unpacked already stay as they are", async () => {
  const { raw } = fixture("full");
  expect(await unpack(raw)).toEqual(raw);
});

test("text that is not base64 is refused", () => {
  expect(() => fromBase64("ÿ not base64 *")).toThrow("damaged");
});

test("gzip'd bytes cut off anywhere are refused", async () => {
  const { packed } = fixture("full");
  for (let length = 2; length < packed.length; length += 7) {
    await expect(unpack(packed.slice(0, length)), `${length} bytes`).rejects.toThrow("damaged");
  }
});

test("a flipped bit is found by gzip's checksum", async () => {
  const { packed } = fixture("full");
  for (let at = 12; at < packed.length; at += 11) {
    const bytes = packed.slice();
    bytes[at] ^= 4;
    await expect(unpack(bytes), `byte ${at}`).rejects.toThrow("damaged");
  }
});

test("a size that cannot be true allocates nothing", async () => {
  const { packed } = fixture("full");
  for (const size of [2 ** 32 - 1, packed.length * 1033]) {
    const bytes = packed.slice();
    new DataView(bytes.buffer).setUint32(bytes.length - 4, size, true);
    await expect(unpack(bytes)).rejects.toThrow(`claims to hold ${size} bytes`);
  }
});

test("a stream longer than it declares stops early", async () => {
  const bytes = new Uint8Array(gzipSync(new Uint8Array(1_000_000)));
  new DataView(bytes.buffer).setUint32(bytes.length - 4, 1000, true);
  await expect(unpack(bytes)).rejects.toThrow("damaged");
});

test("an old browser is told what it lacks", async () => {
  vi.stubGlobal("DecompressionStream", undefined);
  await expect(unpack(fixture("full").packed)).rejects.toThrow("DecompressionStream is missing");
});
