/** What was computed is kept for a while. */

/** Heads are kept up to this many weights; a tab with long texts must not grow without end. */
const MOST_WEIGHTS = 2 ** 23;

/** Heads by what they are called; the oldest go first. */
export class Kept<T extends { readonly weights: Float32Array }> {
  readonly #kept = new Map<number | string, T>();

  get(name: number | string, make: () => T): T {
    const found = this.#kept.get(name);
    if (found) return found;
    const made = make();
    this.#kept.set(name, made);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size * made.weights.length <= MOST_WEIGHTS || oldest === name) break;
      this.#kept.delete(oldest);
    }
    return made;
  }
}
