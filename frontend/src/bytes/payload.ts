/** Where the data of a view is: in its element, in another of the page, or at an address. */

import { own } from "../own.ts";
import { damaged } from "./safetensors.ts";
import { fromBase85, LARGEST, unpack } from "./unpack.ts";

/** Attributes, as `dataset` names them: of the data's key, of the data itself, of its address. */
interface Attributes {
  readonly key: string;
  readonly inline: string;
  readonly link: string;
}

export const EXHIBIT: Attributes = { key: "key", inline: "exhibit", link: "src" };
/** Of the exhibit that it is compared with. */
export const SECOND: Attributes = { key: "secondKey", inline: "second", link: "secondSrc" };
export const NEURONS: Attributes = { key: "neuronsKey", inline: "neurons", link: "neuronsSrc" };

const carries = ({ dataset }: HTMLElement, { inline, link }: Attributes): boolean =>
  Boolean(dataset[inline] || dataset[link]);

/** Whether a view has such data, here or elsewhere on the page. */
export const isOffered = (view: HTMLElement, attributes: Attributes): boolean =>
  Boolean(view.dataset[attributes.key]) || carries(view, attributes);

/** The unpacked data of a view. */
export async function read(view: HTMLElement, attributes: Attributes): Promise<Uint8Array> {
  const [{ dataset }, { inline, link }] = await findCarrier(view, attributes);
  const data = dataset[inline];
  return unpack(data ? fromBase85(data) : await download(dataset[link] ?? ""));
}

/** The element that carries the data, and where: what one view compares with, another may show. */
async function findCarrier(asking: HTMLElement, attributes: Attributes): Promise<[HTMLElement, Attributes]> {
  if (carries(asking, attributes)) return [asking, attributes];
  if (own("readyState") === "loading") {
    await new Promise((loaded) => own("addEventListener")("DOMContentLoaded", loaded, { once: true }));
  }
  const key = asking.dataset[attributes.key];
  for (const view of own("querySelectorAll")<HTMLElement>("attn-view")) {
    for (const place of attributes === NEURONS ? [NEURONS] : [EXHIBIT, SECOND]) {
      if (key && view.dataset[place.key] === key && carries(view, place)) return [view, place];
    }
  }
  throw new Error("The data of this view is not on this page. Build the page again.");
}

async function download(address: string): Promise<Uint8Array> {
  const failed = `The data of this view could not be loaded from ${address}`;
  const response = await fetch(address).catch(() => {
    throw new Error(`${failed}. Pages opened from disk need their data inline.`);
  });
  if (!response.ok) throw new Error(`${failed}: the server answered ${response.status}.`);
  const length = Number(response.headers.get("content-length"));
  if (length > LARGEST) {
    response.body?.cancel().catch(() => {});
    throw damaged(`it has ${length} bytes`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** Several views of one page share what was decoded, for as long as one of them is there. */
export class Shared<T> {
  readonly #made = new Map<string, { readonly made: Promise<T>; readonly users: Set<HTMLElement> }>();

  /** What was made for that key, or is made now; without a key it is the user's own. */
  get(key: string | undefined, user: HTMLElement, make: () => Promise<T>): Promise<T> {
    if (!key) return make();
    let shared = this.#made.get(key);
    if (!shared) {
      shared = { made: make(), users: new Set() };
      this.#made.set(key, shared);
    }
    shared.users.add(user);
    return shared.made;
  }

  leave(user: HTMLElement): void {
    for (const [key, { users }] of this.#made) if (users.delete(user) && !users.size) this.#made.delete(key);
  }
}
