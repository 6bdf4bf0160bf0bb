/** Light or dark, derived from what surrounds an element, so that any theme's toggle is followed. */

import { own } from "../own.ts";
import {
  accentColour,
  blend,
  headColours,
  luminance,
  quietest,
  type Rgb,
  sequentialScale,
  signedScale,
} from "./colour.ts";
import { element } from "./dom.ts";

export interface Theme {
  readonly dark: boolean;
  /** What the page paints behind the view. */
  readonly ground: Rgb;
  /** The page's text. */
  readonly ink: Rgb;
  /** Its ink for what is said beside. */
  readonly muted: Rgb;
  readonly accent: Rgb;
  readonly scale: readonly Rgb[];
  /** For numbers of either sign; nothing is in its middle. */
  readonly signed: readonly Rgb[];
  /** The same for a grid of cells, of which those of nothing are to be seen, too. */
  readonly difference: readonly Rgb[];
  readonly head: (head: number) => Rgb;
}

/** The theme that was read last: a page has few, and its scales are asked for again with each change. */
let last: Theme | null = null;

export function readTheme(element: Element): Theme {
  const text = resolve(getComputedStyle(element).color) ?? { colour: [0, 0, 0], alpha: 1 };
  const ground = groundBehind(element) ?? (luminance(text.colour) > 0.4 ? [18, 18, 18] : [255, 255, 255]);
  const ink = blend(ground, text.colour, text.alpha);
  if (last?.ground.join() !== ground.join() || last.ink.join() !== ink.join()) last = themeOf(ground, ink);
  return last;
}

/** Black on white. */
export const themeOfPaper = (): Theme => themeOf([255, 255, 255], [0, 0, 0]);

function themeOf(ground: Rgb, ink: Rgb): Theme {
  const dark = luminance(ink) > luminance(ground);
  const heads = headColours(dark);
  return {
    dark,
    ground,
    ink,
    muted: quietest(ground, ink),
    accent: accentColour(dark),
    scale: sequentialScale(ground, dark),
    signed: signedScale(ground, dark),
    difference: signedScale(blend(ground, ink, 0.05), dark),
    head: (head) => heads[head % heads.length],
  };
}

function groundBehind(element: Element): Rgb | null {
  // From a shadow root the way leads on to its host; a document has none.
  for (let at: Element | null = element; at; at = at.parentElement ?? (at.getRootNode() as ShadowRoot).host) {
    const background = resolve(getComputedStyle(at).backgroundColor);
    if (background && background.alpha > 0.5) return background.colour;
  }
  return null;
}

let probe: CanvasRenderingContext2D | null = null;

/** Any CSS colour as numbers: a canvas reads more notations than we ever should. */
export function resolve(css: string): { colour: Rgb; alpha: number } | null {
  probe ??= Object.assign(element("canvas"), { width: 1, height: 1 }).getContext("2d", {
    willReadFrequently: true,
  });
  if (!probe) return null;
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = css;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = probe.getImageData(0, 0, 1, 1).data;
  return { colour: [red, green, blue], alpha: alpha / 255 };
}

/** A theme may fade from one state to the other; what is read during the fade is read again after it. */
const SETTLED_MS = 400;
const listeners = new Set<() => void>();
let isWatching = false;

/** Calls back whenever the page's theme may have changed, until the signal is aborted. */
export function onThemeChange(listener: () => void, signal: AbortSignal): void {
  listeners.add(listener);
  signal.addEventListener("abort", () => listeners.delete(listener));
  if (!isWatching) watch();
  isWatching = true;
}

/** Once a page: themes show themselves in attributes of its root or body, or follow the system. */
function watch(): void {
  let settled = 0;
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const changed = () => {
    tell();
    clearTimeout(settled);
    settled = window.setTimeout(tell, SETTLED_MS);
  };
  const observer = new MutationObserver(changed);
  for (const part of [own("documentElement"), own("body")]) observer.observe(part, { attributes: true });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}
