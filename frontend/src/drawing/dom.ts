type Child = Node | string | null;

/** An element with its attributes and children. Strings become text nodes, never markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
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
  made.addEventListener("click", press);
  return made;
}

/** Pixels of a canvas per CSS pixel; more than two are not seen and cost four times as much. */
export const pixelRatio = (): number => Math.min(2, Math.max(1, devicePixelRatio));

/** Sizes a canvas and gives its context in CSS pixels. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = pixelRatio();
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser gives no canvas to draw on.");
  context.scale(ratio, ratio);
  return context;
}

type Box = { readonly [side in "left" | "top" | "right" | "bottom" | "width" | "height"]?: number };

/** Places an element, in CSS pixels. */
export function place<Node extends HTMLElement>(node: Node, box: Box): Node {
  for (const [side, length] of Object.entries(box)) node.style.setProperty(side, `${length}px`);
  return node;
}
