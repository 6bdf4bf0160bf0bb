/** Bytes as they come from a page → the bytes of a safetensors file. */

import { Room } from "./room.ts";
import { damaged } from "./safetensors.ts";

/** No exhibit is larger than this when unpacked; a file that says so is not opened. */
export const LARGEST = 2 ** 29;
/** Deflate packs no better than this. */
const LARGEST_RATIO = 1032;

/** RFC 1924's alphabet, with `,.:[` in the place of `&<>@`; why is said where it is written, in `render/base85.py`. */
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%,()*+-;.=:?[^_`{|}~";

/** In place of a value, of a character that has none; a bit that no value has. */
const NONE = 128;

/** Base85: five characters hold four bytes; a last group of n characters holds n - 1. */
export function fromBase85(text: string): Uint8Array {
  const values = new Uint8Array(2 ** 16).fill(NONE);
  for (let value = 0; value < 85; value++) values[ALPHABET.charCodeAt(value)] = value;
  const bytes = new Uint8Array(Math.floor((text.length * 4) / 5));
  const missing = (5 - (text.length % 5)) % 5;
  const whole = text + "~".repeat(missing);
  // Written out, for a page waits for millions of them.
  for (let at = 0, to = 0; at < whole.length; at += 5, to += 4) {
    const a = values[whole.charCodeAt(at)];
    const b = values[whole.charCodeAt(at + 1)];
    const c = values[whole.charCodeAt(at + 2)];
    const d = values[whole.charCodeAt(at + 3)];
    const e = values[whole.charCodeAt(at + 4)];
    if ((a | b | c | d | e) & NONE) throw damaged("a character of it is none of base85's");
    const group = (((a * 85 + b) * 85 + c) * 85 + d) * 85 + e;
    if (group >= 2 ** 32) throw damaged("it is not base85");
    bytes[to] = group >>> 24;
    bytes[to + 1] = group >>> 16;
    bytes[to + 2] = group >>> 8;
    bytes[to + 3] = group;
  }
  if (missing === 4) throw damaged("it ends too early");
  return bytes;
}

/** What all views of a page may unpack. */
const PAGE = new Room(2 ** 30);

/** Unpacks gzip'd bytes; returns others as they are, for a server may have unpacked them already. */
export async function unpack(bytes: Uint8Array, room = PAGE): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  if (typeof DecompressionStream === "undefined") {
    throw new Error("This browser cannot unpack gzip'd data (DecompressionStream is missing). Use a newer browser.");
  }
  if (bytes.length < 18) throw damaged("it ends too early");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true);
  if (length > LARGEST || length > bytes.length * LARGEST_RATIO) throw damaged(`it claims to hold ${length} bytes`);

  const unpacked = room.take(length);
  let filled = 0;
  const reader = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      unpacked.set(value, filled); // throws where the stream holds more than it declares
      filled += value.length;
    }
  } catch {
    reader.cancel().catch(() => {});
    room.give(unpacked);
    throw damaged("it does not unpack");
  }
  if (filled === length) return unpacked;
  room.give(unpacked);
  throw damaged("it ends too early");
}
