import { element } from "../drawing/dom.ts";
import { asText, type Picture } from "./svg.ts";

/** Pixels for each CSS pixel, and the longest side that browsers take. */
const SCALE = { wanted: 2, longest: 16_384 };

/** A picture as pixels. @throws Error: the browser can't make it. */
export async function toPng(picture: Picture): Promise<Blob> {
  const { width, height } = picture;
  const image = Object.assign(new Image(), { src: `data:image/svg+xml,${encodeURIComponent(asText(picture))}` });
  // What is too large, and what a site's policy doesn't let a page load.
  const refuse = () => {
    throw new Error("The browser can't make this picture; the SVG has all of it.");
  };
  await image.decode().catch(refuse);
  const scale = Math.min(SCALE.wanted, SCALE.longest / Math.max(width, height));
  const canvas = Object.assign(element("canvas"), { width: width * scale, height: height * scale });
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
  return blob ?? refuse();
}
