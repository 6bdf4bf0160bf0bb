import { toCss } from "./colour.ts";
import { element, pixelRatio, place, prepare } from "./dom.ts";
import { formatWeight } from "./format.ts";
import { type Shading, shade, UNSEEN } from "./heatmap.ts";

const BAR = { width: 120, height: 10 };
const SWATCH = { width: 18, height: BAR.height };

/** What the colours of a matrix mean. */
export function legend(shading: Shading, scope: string, hasMasked: boolean): Node[] {
  const { scale, largest } = shading;
  const bar = element("canvas");
  const context = prepare(place(bar, BAR), BAR.width, BAR.height);
  for (let x = 0; x < BAR.width; x++) {
    context.fillStyle = toCss(scale[Math.round((255 * x) / (BAR.width - 1))]);
    context.fillRect(x, 0, 1, BAR.height);
  }
  const middle = largest / 4; // half-way along a square-root scale
  const marks = ["0", formatWeight(middle), formatWeight(largest)].map((mark) => element("span", {}, mark));
  const ramp = element("span", { class: "scale" }, bar, element("span", { class: "marks" }, ...marks));
  const parts = [ramp, element("span", {}, `square-root scale, ${scope}`)];
  if (hasMasked) parts.push(element("span", { class: "masked" }, swatch(shading), "masked"));
  return parts;
}

function swatch(shading: Shading): HTMLCanvasElement {
  const canvas = element("canvas");
  const context = prepare(place(canvas, SWATCH), SWATCH.width, SWATCH.height);
  const ratio = pixelRatio();
  const [width, height] = [SWATCH.width * ratio, SWATCH.height * ratio].map(Math.round);
  const hatch = shade(Float32Array.of(UNSEEN), 1, 1, width, height, 0, shading);
  context.putImageData(new ImageData(hatch, width, height), 0, 0);
  return canvas;
}
