/** Colours as numbers: conversions, the sequential scale, the heads' hues. */

export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * Ten hues a ground, far apart for readers with and without colour blindness (smallest OKLab distance, simulated
 * protanopia, deuteranopia and tritanopia included: 0.07), and at 3:1 or more against their ground.
 */
const HUES = 10;
const HEADS_ON_LIGHT = "644eef fe600c 3fa7d6 a40ea6 809d66 ad0000 54007f 07898b 15223c 035e40";
const HEADS_ON_DARK = "5bb3fe ecb427 c4f8ff de7bb4 feff7a d47013 8f7be5 159d73 b9c2d4 71ec9f";

/** Lengths of dashes in CSS pixels, 0 for none: what tells apart heads of one hue. */
export const DASHES = [0, 8, 4, 2];

/** How many of some heads come before one that they have the hue of. */
export const rankOf = (head: number, heads: readonly number[]): number =>
  heads.filter((other) => other < head && (head - other) % HUES === 0).length % DASHES.length;

export const headColours = (dark: boolean): Rgb[] => palette(dark ? HEADS_ON_DARK : HEADS_ON_LIGHT);

export const accentColour = (dark: boolean): Rgb => fromHex(dark ? "8fb4ff" : "2f4bc4");

export function fromHex(hex: string): Rgb {
  const value = Number.parseInt(hex, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export const toCss = ([r, g, b]: Rgb, alpha = 1): string => `rgba(${r},${g},${b},${alpha})`;

/** How strongly the links of one token are inked: the gentle power keeps weak ones visible beside strong ones. */
export const focusOpacity = (weight: number): number => weight ** 0.6;

/** Place of a weight on the sequential scale, 0 to 1. */
export const scalePosition = (weight: number, largest: number): number => Math.sqrt(Math.min(1, weight / largest));

/** Relative luminance (WCAG 2), 0 to 1. */
export function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map(toLinear);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio of two colours (WCAG 2), from 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [darker, lighter] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

/** How little ink text may have, and the contrast that it needs. */
const QUIET = { share: 0.7, contrast: 4.6 };

/** The quietest ink on a ground that can still be read by all. */
export function quietest(ground: Rgb, ink: Rgb): Rgb {
  let { share } = QUIET;
  while (share < 1 && contrast(ground, blend(ground, ink, share)) < QUIET.contrast) share += 0.02;
  return blend(ground, ink, Math.min(1, share));
}

/** Black or white, whichever is easier to read on a colour. */
export const readableOn = (ground: Rgb): Rgb => (luminance(ground) > 0.179 ? [0, 0, 0] : [255, 255, 255]);

/** What is seen where a colour lies on a ground with some opacity. */
export function blend(ground: Rgb, colour: Rgb, alpha: number): Rgb {
  return [0, 1, 2].map((i) => Math.round(ground[i] + (colour[i] - ground[i]) * alpha)) as unknown as Rgb;
}

/** One hue in even steps of perceived lightness (OKLab), which lead away from the page's own ground. */
const SCALE_ON_LIGHT = "bbcefa 7c9bef 445dae 14206f";
const SCALE_ON_DARK = "324474 4769c8 8fa9e5 dfe9ff";

/** 256 colours from the page's ground, which is nothing, to the strongest. */
export function sequentialScale(ground: Rgb, dark: boolean): Rgb[] {
  return ramp([ground, ...palette(dark ? SCALE_ON_DARK : SCALE_ON_LIGHT)], 256);
}

/**
 * Blue for positive, orange for negative, which readers with any colour blindness tell apart. Both sides have the same
 * lightness (OKLab) in every step, so that equal numbers weigh the same.
 */
const SIGNED_ON_LIGHT = { negative: "974c02 e97f25 f9c19c", positive: "bbcefa 7c9bef 445dae" };
const SIGNED_ON_DARK = { negative: "d89b71 aa5601 693812", positive: "324474 4769c8 8fa9e5" };

/** 511 colours from the most negative to the most positive; the page's ground, which is nothing, is in the middle. */
export function signedScale(ground: Rgb, dark: boolean): Rgb[] {
  const { negative, positive } = dark ? SIGNED_ON_DARK : SIGNED_ON_LIGHT;
  return ramp([...palette(negative), ground, ...palette(positive)], 511);
}

/** Place of a number on the signed scale, -1 to 1. */
export const signedPosition = (value: number, largest: number): number =>
  Math.sign(value) * scalePosition(Math.abs(value), largest || 1);

function ramp(stops: readonly Rgb[], count: number): Rgb[] {
  return Array.from({ length: count }, (_, i) => {
    const at = (i / (count - 1)) * (stops.length - 1);
    const from = Math.min(Math.floor(at), stops.length - 2);
    return blend(stops[from], stops[from + 1], at - from);
  });
}

const palette = (hexes: string): Rgb[] => hexes.split(" ").map(fromHex);

const toLinear = (value: number): number =>
  value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4;
