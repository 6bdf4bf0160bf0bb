/** What a layer's mask lets queries see, in words. */

/** How far a query sees, in tokens before and after itself. */
export interface Window {
  readonly before: number;
  readonly after: number;
}

/**
 * How far the queries of a square mask see, `[query, key]` with 1 for masked; null where the mask is no window: some
 * query misses a key within the farthest distance at which another sees one.
 */
export function windowOf(masked: Uint8Array, tokens: number): Window | null {
  let [before, after] = [0, 0];
  let seen = 0;
  masked.forEach((unseen, at) => {
    if (unseen) return;
    const distance = Math.floor(at / tokens) - (at % tokens);
    before = Math.max(before, distance);
    after = Math.max(after, -distance);
    seen++;
  });
  // Each query but the first sees one key before it, each but the first two another, and so on.
  const within = (reach: number) => reach * tokens - (reach * (reach + 1)) / 2;
  return seen === tokens + within(before) + within(after) ? { before, after } : null;
}

/** A sentence for a reader, where queries are kept from more than the keys after them. */
export function describeMask(masked: Uint8Array | null, queries: number, keys: number): string | null {
  if (!masked) return null;
  const window = queries === keys ? windowOf(masked, queries) : null;
  if (!window) return "In this layer some tokens may not see some others.";
  const { before, after } = window;
  if (before === queries - 1 && (after === 0 || after === queries - 1)) return null;
  const tokens = (count: number) => (count === 1 ? "the token" : `the ${count} tokens`);
  const reach = [
    ...(before ? [`${tokens(before)} before it`] : []),
    ...(after ? [before ? `the ${after === 1 ? "one" : after} after it` : `${tokens(after)} after it`] : []),
  ];
  if (!reach.length) return "In this layer a token sees only itself.";
  return `In this layer a token sees ${reach.join(", ")}, and itself.`;
}
