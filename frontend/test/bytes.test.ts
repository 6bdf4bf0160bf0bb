import { gzipSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { Room } from "../src/bytes/room.ts";
import { parseSafetensors } from "../src/bytes/safetensors.ts";
import { fromBase85, unpack } from "../src/bytes/unpack.ts";
import { fixture } from "./fixtures.ts";

afterEach(() => vi.unstubAllGlobals());

// Written by Python's base64.b85encode, with `,.:[` for `&<>@`.
test.each([
  ["", ""],
  ["VE", "a"],
  ["VRUqE", "attn"],
  ["VRUqEc4:M", "attnviz"],
])("base85 %j is %j", (text, bytes) => {
  expect(Buffer.from(fromBase85(text)).toString()).toBe(bytes);
});

test("base85 of every fifth byte", () => {
  const text = "00jyU6d4{PC[nHKJV8cFP*qxAWNB`5czuG0jFFa`prxv:w7I^+$j#E%+~MZy[b,ut";
  expect([...fromBase85(text)]).toEqual(Array.from({ length: 52 }, (_, index) => index * 5));
});

test("bytes that a server has unpacked already stay as they are", async () => {
  const { raw } = fixture("full");
  expect(await unpack(raw)).toEqual(raw);
});

test.each(["ÿabcd", "ab<cd", "abc d", "~~~~~", "VRUqEV"])("text that is not base85, %j, is refused", (text) => {
  expect(() => fromBase85(text)).toThrow("damaged");
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

/** A safetensors file with that header, and so many bytes behind it. */
function file(header: object, size: number): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const raw = new Uint8Array(8 + text.length + size);
  new DataView(raw.buffer).setUint32(0, text.length, true);
  raw.set(text, 8);
  return raw;
}

test("a tensor is found behind another of 200 million bytes", () => {
  const [start, end] = [2e8, 2e8 + 3];
  const raw = file({ a: { dtype: "U8", shape: [3], data_offsets: [start, end] } }, end);
  raw.set([1, 2, 3], raw.length - 3);
  expect([...parseSafetensors(raw).u8("a", [3])]).toEqual([1, 2, 3]);
});

test.each([
  [[0, 4]],
  [[2, 1]],
  [[-1, 2]],
  [[0.5, 3.5]],
  [[0, 2 ** 53 + 2]],
  [[0, 3, 3]],
  [[3]],
  [[]],
  [["0", "3"]],
  [null],
  ["03"],
  [{ 0: 0, 1: 3 }],
])("a tensor at %j of three bytes is refused", (offsets) => {
  const raw = file({ a: { dtype: "U8", shape: [3], data_offsets: offsets } }, 3);
  expect(() => parseSafetensors(raw).u8("a", [3])).toThrow("damaged");
});

test("what a page unpacks has room for so much, and what fails gives its room back", async () => {
  const { packed } = fixture("full");
  const { length } = await unpack(packed);
  const cut = packed.slice();
  cut[cut.length >> 1] ^= 1;
  const room = new Room(2 * length);
  const [first] = await Promise.all([unpack(packed, room), expect(unpack(cut, room)).rejects.toThrow("damaged")]);
  await expect(unpack(packed, room)).resolves.toHaveLength(length);
  await expect(unpack(packed, room)).rejects.toThrow("Show fewer of them in a page");
  room.give(first);
  room.give(first);
  await unpack(packed, room);
  await expect(unpack(packed, room)).rejects.toThrow("Show fewer of them in a page");
});
