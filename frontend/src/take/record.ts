/** What painters paint on canvases, as SVG: they paint once more, and their shapes are kept in place of pixels. */

import type { Recorder } from "../drawing/curves.ts";
import { element, type Painter, pixelRatio } from "../drawing/dom.ts";
import { LEVEL } from "../drawing/raster.ts";
import { ink, line, shape, type Values } from "./shapes.ts";

const ANCHORS: Readonly<Record<string, string>> = { center: "middle", right: "end" };
/** From a line's middle down to its baseline, in its size. */
const BASELINE = 0.35;

/**
 * The context's own state stays the browser's; only what would reach its pixels is kept instead.
 * @param at Where the canvas is.
 */
export function record(painter: Painter, { left, top }: DOMRect): SVGElement {
  const group = shape("g", { transform: `translate(${left} ${top})` });
  const context = element("canvas").getContext("2d") as Recorder;
  let outline: Values = {};
  let strand = { of: "", node: group };

  const keep = (made: SVGElement) => {
    const { a, b, c, d, e, f, isIdentity } = context.getTransform();
    if (!isIdentity) made.setAttribute("transform", `matrix(${[a, b, c, d, e, f]})`);
    if (context.globalAlpha < 1) made.setAttribute("opacity", `${context.globalAlpha}`);
    group.append(made);
  };
  const fill = () => ink("fill", String(context.fillStyle));

  const kept: Partial<Recorder> = {
    // A bar may lead to the left.
    fillRect: (x, y, width, height) =>
      keep(shape("rect", { x: Math.min(x, x + width), y, width: Math.abs(width), height, ...fill() })),
    fillText: (text, x, y) => {
      const [, weight, size] = context.font.match(/^(\d+ )?.*?([\d.]+)px/) ?? [];
      const more = { "font-weight": weight, "text-anchor": ANCHORS[context.textAlign], ...fill() };
      keep(line(text, x, y + BASELINE * Number(size), Number(size), more));
    },
    beginPath: () => {
      outline = {};
    },
    moveTo: (x, y) => {
      outline = { d: `${outline.d ?? ""}M${x} ${y}` };
    },
    lineTo: (x, y) => {
      outline = { d: `${outline.d}L${x} ${y}` };
    },
    roundRect: (x, y, width, height, rx) => {
      outline = { x, y, width, height, rx: Number(rx) };
    },
    stroke: () => {
      if (!Object.keys(outline).length) return;
      const dashes = { "stroke-dasharray": context.getLineDash().join(" ") || undefined };
      const style = { fill: "none", "stroke-width": context.lineWidth, ...ink("stroke", String(context.strokeStyle)) };
      keep(shape("d" in outline ? "path" : "rect", { ...outline, ...dashes, ...style }));
    },
    putImageData: (image: ImageData, x: number, y: number) => {
      const { width, height } = image;
      const canvas = Object.assign(element("canvas"), { width, height });
      canvas.getContext("2d")?.putImageData(image, 0, 0);
      const box = [x, y, width, height].map((length) => length / pixelRatio());
      keep(picture(canvas, new DOMRect(...box)));
    },
    curve: (left, width, from, to, thickness, colour, alpha, dash) => {
      const of = [colour, thickness, dash].join();
      if (strand.of !== of) {
        const values = { fill: "none", stroke: `rgb(${colour})`, "stroke-width": thickness };
        strand = { of, node: shape("g", { ...values, "stroke-dasharray": dash || undefined }) };
        group.append(strand.node);
      }
      // A polynomial of the third degree, as the raster's is.
      const rise = to - from;
      const bend = (rise * LEVEL) / 3;
      const points = [width / 3, bend, (2 * width) / 3, rise - bend, width, rise].map((length) => length.toFixed(2));
      strand.node.append(shape("path", { d: `M${left} ${from}c${points.join(" ")}`, "stroke-opacity": alpha }));
    },
  };
  painter(Object.assign(context, kept));
  return group;
}

/** A canvas as it is. */
export function picture(canvas: HTMLCanvasElement, { x, y, width, height }: DOMRect): SVGElement {
  return shape("image", { x, y, width, height, href: canvas.toDataURL() });
}
