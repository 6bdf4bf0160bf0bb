import { formatWeight } from "../scene/format.ts";
import type { Signs } from "../scene/scene.ts";
import { type Rgb, toCss } from "./colour.ts";
import { element, type Painter, paint, pixelRatio, place } from "./dom.ts";
import { type Shading, shade, UNSEEN } from "./heatmap.ts";

const BAR = { width: 120, height: 10 };
const SWATCH = { left: 0, top: 0, width: 18, height: BAR.height };

/** What shades mean, and the hatch if something is unseen. */
export function legend(
  { scale, largest, ink }: Shading,
  words: string,
  unseen: string | null,
  signs: Signs | null = null,
): Node[] {
  const middle = largest / 4; // half-way along a square-root scale
  const marks = signs ? [-largest, 0, largest] : [0, middle, largest];
  const labels = marks.map((mark) => (mark ? (signs && mark > 0 ? "+" : "") + formatWeight(mark) : "0"));
  const [ramp, ...rest] = legendOf(scale, labels, words, ink, unseen);
  if (!signs) return [ramp, ...rest];
  return [element("span", { class: "signs" }, signs.less, ramp, signs.more), ...rest];
}

/** A scale with marks at its start, middle and end, what is to be said of it, and the hatch. */
export function legendOf(
  scale: readonly Rgb[],
  marks: readonly string[],
  words: string,
  ink: Rgb,
  unseen: string | null,
): Node[] {
  const bar = canvas(BAR, (context) => {
    for (let x = 0; x < BAR.width; x++) {
      context.fillStyle = toCss(scale[Math.round(((scale.length - 1) * x) / (BAR.width - 1))]);
      context.fillRect(x, 0, 2, BAR.height); // the next one covers the seam
    }
  });
  const labels = marks.map((mark) => element("span", {}, mark));
  const ramp = element("span", { class: "scale" }, bar, element("span", { class: "marks" }, ...labels));
  const parts = [ramp, ...(words ? [element("span", {}, words)] : [])];
  if (unseen) {
    const swatch = canvas(SWATCH, (context) => hatch(context, SWATCH, ink));
    parts.push(element("span", { class: "masked" }, swatch, unseen));
  }
  return parts;
}

function canvas(
  { width, height }: { readonly width: number; readonly height: number },
  painter: Painter,
): HTMLCanvasElement {
  const made = place(element("canvas"), { width, height });
  paint(made, width, height, painter);
  return made;
}

/** Fills a box of a canvas, in CSS pixels, with the hatch that stands for masked. */
export function hatch(
  context: CanvasRenderingContext2D,
  box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
  ink: Rgb,
): void {
  const [left, top, width, height] = [box.left, box.top, box.width, box.height].map((length) =>
    Math.round(length * pixelRatio()),
  );
  const bytes = shade(Float32Array.of(UNSEEN), 1, 1, width, height, 0, { scale: [], largest: 1, least: 0, ink });
  context.putImageData(new ImageData(bytes, width, height), left, top);
}
