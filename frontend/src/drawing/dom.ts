import { own } from "../own.ts";

type Child = Node | string | null;

/** An element with its attributes and children. Strings become text nodes, never markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = own("createElement")(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function button(
  label: string,
  attributes: Readonly<Record<string, string>>,
  press: (event: MouseEvent) => void,
): HTMLButtonElement {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", (event) => {
    if (made.ariaDisabled !== "true") press(event);
  });
  return made;
}

/** Pixels of a canvas per CSS pixel; more than two are not seen and cost four times as much. */
export const pixelRatio = (): number => Math.min(2, Math.max(1, devicePixelRatio));

export type Painter = (context: CanvasRenderingContext2D) => void;

/** What paints each canvas, so that it can be painted again on something else than pixels. */
export const painters = new WeakMap<Element, Painter>();

/** Sizes a canvas, and paints it in CSS pixels. */
export function paint(canvas: HTMLCanvasElement, width: number, height: number, painter: Painter): void {
  painters.set(canvas, painter);
  const ratio = pixelRatio();
  const size = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser gives no canvas to draw on.");
  // Even to the same size, a canvas that is sized is a new one to the page, which is laid out anew.
  if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  painter(context);
}

const SCROLLS = { tabindex: "0", role: "group", "aria-label": "What is out of sight: arrow keys scroll" };

/** A box that has more than it shows can be scrolled with the keyboard. */
export function letScroll(box: HTMLElement): void {
  const hasMore = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
  for (const [name, value] of Object.entries(SCROLLS)) {
    if (hasMore) box.setAttribute(name, value);
    else box.removeAttribute(name);
  }
}

type Box = { readonly [side in "left" | "top" | "right" | "bottom" | "width" | "height" | `--${string}`]?: number };

/** Places an element, or what its style calls by a name, in CSS pixels. */
export function place<Node extends HTMLElement>(node: Node, box: Box): Node {
  for (const [side, length] of Object.entries(box)) node.style.setProperty(side, `${length}px`);
  return node;
}
