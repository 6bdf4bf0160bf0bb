import { place, prepare } from "./dom.ts";

/** Canvases are painted when they come this close to the window, in CSS pixels. */
const NEAR = 400;

interface Entry {
  readonly canvas: HTMLCanvasElement;
  readonly width: number;
  readonly height: number;
  readonly paint: (context: CanvasRenderingContext2D) => void;
  stale: boolean;
}

/** Canvases of a drawing that may be far taller than the window; those out of sight wait. */
export class LazyCanvases {
  readonly #entries = new Map<Element, Entry>();
  readonly #observer: IntersectionObserver;

  constructor(signal: AbortSignal) {
    this.#observer = new IntersectionObserver(
      (changes) => {
        for (const { target, isIntersecting } of changes) {
          const entry = this.#entries.get(target);
          if (entry && isIntersecting) paint(entry);
        }
      },
      { rootMargin: `${NEAR}px` },
    );
    signal.addEventListener("abort", () => this.#observer.disconnect());
    addEventListener("beforeprint", () => this.#entries.forEach(paint), { signal });
  }

  /** Takes a canvas in; `paint` draws it in CSS pixels from its own corner. */
  add(canvas: HTMLCanvasElement, width: number, height: number, paint: Entry["paint"]): void {
    place(canvas, { width, height });
    this.#entries.set(canvas, { canvas, width, height, paint, stale: true });
    this.#observer.observe(canvas);
  }

  clear(): void {
    this.#observer.disconnect();
    this.#entries.clear();
  }

  /** Paints what is in the window now, and the rest when it comes near. */
  repaint(): void {
    // All are measured before any is painted, which would undo the layout.
    const measured = [...this.#entries.values()].map((entry) => ({ entry, box: entry.canvas.getBoundingClientRect() }));
    for (const { entry, box } of measured) {
      entry.stale = true;
      if (box.bottom > 0 && box.top < innerHeight) paint(entry);
      else {
        // Observed anew, it is told at once whether it is near.
        this.#observer.unobserve(entry.canvas);
        this.#observer.observe(entry.canvas);
      }
    }
  }
}

function paint(entry: Entry): void {
  if (!entry.stale) return;
  entry.stale = false;
  entry.paint(prepare(entry.canvas, entry.width, entry.height));
}
