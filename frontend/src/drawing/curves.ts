import type { Rgb } from "./colour.ts";
import { pixelRatio } from "./dom.ts";
import { Raster } from "./raster.ts";

/** Draws a curve between two heights, in CSS pixels. */
export type Curve = (from: number, to: number, thickness: number, colour: Rgb, alpha: number, dash: number) => void;

/** Keeps the shapes that are painted, in place of their pixels. */
export interface Recorder extends CanvasRenderingContext2D {
  curve(left: number, width: number, ...curve: Parameters<Curve>): void;
}

export const isRecorder = (context: CanvasRenderingContext2D): context is Recorder => "curve" in context;

/** Paints curves that lead from `left` to the right. */
export function paintCurves(
  context: CanvasRenderingContext2D,
  { left, width, height }: { readonly left: number; readonly width: number; readonly height: number },
  draw: (curve: Curve) => void,
): void {
  if (isRecorder(context)) {
    draw((...curve) => context.curve(left, width, ...curve));
    return;
  }
  const ratio = pixelRatio();
  const raster = new Raster(Math.round(width * ratio), Math.round(height * ratio));
  draw((from, to, thickness, colour, alpha, dash) =>
    raster.curve(from * ratio, to * ratio, thickness * ratio, colour, alpha, dash * ratio),
  );
  context.putImageData(new ImageData(raster.bytes(), raster.width, raster.height), Math.round(left * ratio), 0);
}
