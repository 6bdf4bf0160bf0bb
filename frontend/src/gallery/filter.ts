/** What readers look for among exhibits, as it stands in the page's address: `?q=cat&model=minilm&tag=pronouns`. */

export interface Wanted {
  /** Words that must all be there. */
  readonly q: string;
  readonly model: string;
  readonly tag: string;
}

/** What an exhibit is found by. */
export interface Found {
  readonly words: string;
  readonly models: readonly string[];
  readonly tags: readonly string[];
}

const KEYS = ["q", "model", "tag"] as const;

/** What an address asks for; a model or tag that no exhibit has is not asked for. */
export function readWanted(search: string, models: readonly string[], tags: readonly string[]): Wanted {
  const asked = new URLSearchParams(search);
  const one = (key: string, known: readonly string[]) => known.find((name) => name === asked.get(key)) ?? "";
  return { q: asked.get("q") ?? "", model: one("model", models), tag: one("tag", tags) };
}

/** The same address with what is asked for; what else stands in it stays. */
export function writeWanted(address: string, wanted: Wanted): string {
  const url = new URL(address);
  for (const key of KEYS) {
    url.searchParams.delete(key);
    if (wanted[key].trim()) url.searchParams.append(key, wanted[key].trim());
  }
  return url.href;
}

export const isAsked = (wanted: Wanted): boolean => KEYS.some((key) => wanted[key].trim() !== "");

export function fits({ words, models, tags }: Found, { q, model, tag }: Wanted): boolean {
  const text = plain(words);
  return (
    (!model || models.includes(model)) &&
    (!tag || tags.includes(tag)) &&
    plain(q)
      .split(/\s+/)
      .every((word) => text.includes(word))
  );
}

/** Small letters without accents. */
const plain = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();

/** Each name once, in the order of the alphabet. */
export const distinct = (names: readonly string[]): string[] => [...new Set(names)].sort((a, b) => a.localeCompare(b));
