/** Bytes as they come from a page → the bytes of a safetensors file. */

import { damaged } from "./safetensors.ts";

/** No exhibit is larger than this when unpacked; a file that says so is not opened. */
const LARGEST = 2 ** 29;
/** Deflate packs no better than this. */
const LARGEST_RATIO = 1032;

export function fromBase64(text: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new Error("The data of this view is damaged: it is not base64. Build the page again.");
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Unpacks gzip'd bytes; returns others as they are, for a server may have unpacked them already. */
export async function unpack(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  if (typeof DecompressionStream === "undefined") {
    throw new Error("This browser cannot unpack gzip'd data (DecompressionStream is missing). Use a newer browser.");
  }
  if (bytes.length < 18) throw damaged("it ends too early");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true);
  if (length > LARGEST || length > bytes.length * LARGEST_RATIO) throw damaged(`it claims to hold ${length} bytes`);

  const unpacked = new Uint8Array(length);
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
    throw damaged("it does not unpack");
  }
  if (filled !== length) throw damaged("it ends too early");
  return unpacked;
}
