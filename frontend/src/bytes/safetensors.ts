/** The container: a header's length, a JSON header, the bytes of the tensors. Nothing in it is trusted. */

export interface Tensors {
  /** The header's own words, by key. */
  readonly metadata: Record<string, unknown>;
  /** Of a shape; a list of any length where that is null. */
  u8(name: string, shape: readonly number[] | null): Uint8Array;
  f32(name: string): Float32Array;
  /** A tensor of any type that is read here; null where there is none of that name. */
  find(name: string): Tensor | null;
}

export interface Tensor {
  readonly dtype: keyof typeof ITEM_SIZES;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A header larger than this is none of ours; in its bytes. */
const LONGEST_HEADER = 2 ** 24;
/** In characters. */
const LONGEST_REASON = 200;
const ITEM_SIZES = { U8: 1, F16: 2, F32: 4 };

/** What is wrong may be quoted from a file that somebody made; it is told as far as anyone reads. */
export function damaged(what: string): Error {
  return new Error(`The data of this view is damaged: ${what.slice(0, LONGEST_REASON)}. Build the page again.`);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws Error: a value that should be text is something else. */
export function readText(value: unknown): string {
  if (typeof value !== "string") throw damaged("a text of its header is none");
  return value;
}

/** Whole numbers whose product is exact, so that a shape can be compared with a size. */
export function product(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

export function isShape(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.every((n) => Number.isSafeInteger(n) && n >= 0) &&
    Number.isSafeInteger(product(value))
  );
}

function isRange(value: unknown): value is [start: number, end: number] {
  return Array.isArray(value) && value.length === 2 && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** @throws Error: the bytes are no safetensors file; when a tensor is asked for: it lies outside the file. */
export function parseSafetensors(raw: Uint8Array): Tensors {
  if (raw.length < 8) throw damaged("it is too short");
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const length = view.getUint32(0, true);
  if (view.getUint32(4, true) !== 0 || length > Math.min(raw.length - 8, LONGEST_HEADER))
    throw damaged("its header does not fit into it");
  const header = parseJson(new TextDecoder().decode(raw.subarray(8, 8 + length)));
  const metadata = header.__metadata__;
  const data = raw.subarray(8 + length);

  function find(name: string): Tensor | null {
    if (!Object.hasOwn(header, name)) return null;
    const entry = header[name];
    const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
    if (!isItemType(dtype) || !isShape(shape) || !isRange(offsets)) throw damaged(`"${name}" cannot be read`);
    const [start, end] = offsets;
    if (end > data.length || end - start !== product(shape) * ITEM_SIZES[dtype]) {
      throw damaged(`"${name}" has the wrong size`);
    }
    return { dtype, shape, bytes: data.subarray(start, end) };
  }

  function bytes(name: string, dtype: Tensor["dtype"], expected: readonly number[] | null): Uint8Array {
    const tensor = find(name);
    if (tensor?.dtype !== dtype) throw damaged(`"${name}" is missing`);
    const fits = expected ? expected.join() === tensor.shape.join() : tensor.shape.length === 1;
    if (!fits) throw damaged(`"${name}" has the wrong size`);
    return tensor.bytes;
  }

  return {
    metadata: isRecord(metadata) ? metadata : {},
    u8: (name, shape) => bytes(name, "U8", shape),
    f32: (name) => new Float32Array(bytes(name, "F32", null).slice().buffer), // a copy is aligned
    find,
  };
}

const isItemType = (value: unknown): value is Tensor["dtype"] =>
  typeof value === "string" && Object.hasOwn(ITEM_SIZES, value);

export function parseJson(text: unknown): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(String(text));
    if (isRecord(value)) return value;
  } catch {
    // Told below, like any other header that is not an object.
  }
  throw damaged("its header cannot be read");
}
