/** Memory that several take of together, so that all views of a page can't take more than a tab has. */

export class Room {
  #taken = 0;
  readonly #cleared = new FinalizationRegistry<number>((bytes) => {
    this.#taken -= bytes;
  });

  constructor(readonly bytes: number) {}

  /** So many bytes, which count until nothing refers to them any longer, or until they are given back. */
  take(length: number): Uint8Array {
    if (this.#taken + length > this.bytes) {
      const [needed, most] = [length, this.bytes].map((bytes) => `${Math.ceil(bytes / 1e6)} MB`);
      throw new Error(`This view needs ${needed}; all views of a page may take ${most}. Show fewer of them in a page.`);
    }
    const bytes = new Uint8Array(length);
    this.#taken += length;
    this.#cleared.register(bytes.buffer, length, bytes.buffer);
    return bytes;
  }

  /** Gives back at once what was taken. */
  give(bytes: Uint8Array): void {
    if (this.#cleared.unregister(bytes.buffer)) this.#taken -= bytes.length;
  }
}
