import { element, type Painter, paint, painters, place } from "./dom.ts";
import { whenIdle } from "./idle.ts";

/** Canvases are painted when they come this close to the window, in CSS pixels. */
const NEAR = 400;
/** Height of a strip, in CSS pixels. */
const STRIP = 320;

interface Entry {
  readonly canvas: HTMLCanvasElement;
  readonly width: number;
  readonly height: number;
  readonly painter: Painter;
  readonly whole: Painter;
  readonly later: () => void;
  stale: boolean;
}

/** Canvases of a drawing that may be far taller than the window; those out of sight wait for a quiet moment. */
export class LazyCanvases {
  readonly #entries = new Map<Element, Entry>();
  readonly #observer: IntersectionObserver;

  constructor(private readonly signal: AbortSignal) {
    this.#observer = new IntersectionObserver(
      (changes) => {
        for (const { target, isIntersecting } of changes) {
          const entry = this.#entries.get(target);
          if (entry && isIntersecting) paintOnce(entry);
        }
      },
      { rootMargin: `${NEAR}px` },
    );
    signal.addEventListener("abort", () => this.#observer.disconnect());
  }

  /** Takes a canvas in; the painter draws it in CSS pixels from its own corner, and `whole` all that it is a part of. */
  add(canvas: HTMLCanvasElement, width: number, height: number, painter: Painter, whole = painter): void {
    place(canvas, { width, height });
    const later = () => this.#entries.get(canvas) === entry && paintOnce(entry);
    const entry: Entry = { canvas, width, height, painter, whole, later, stale: true };
    painters.set(canvas, whole);
    this.#entries.set(canvas, entry);
    this.#observer.observe(canvas);
  }

  /** The same for a drawing that may be high: in strips, of which each is painted when it comes near. */
  addStrips(
    host: HTMLElement,
    width: number,
    height: number,
    paint: (context: CanvasRenderingContext2D, top: number, height: number) => void,
  ): void {
    for (let top = 0; top < height; top += STRIP) {
      const canvas = element("canvas");
      const part = Math.min(STRIP, height - top);
      host.append(canvas);
      const whole: Painter = (context) => top === 0 && paint(context, 0, height);
      this.add(canvas, width, part, (context) => paint(context, top, part), whole);
    }
  }

  clear(): void {
    this.#observer.disconnect();
    this.#entries.clear();
  }

  /** Paints all anew. */
  repaint(): void {
    for (const entry of this.#entries.values()) entry.stale = true;
    this.paint();
  }

  /** Paints what is in the window now, and the rest when it comes near or nothing else is to be done. */
  paint(): void {
    const stale = [...this.#entries.values()].filter((entry) => entry.stale);
    // All are measured before any is painted, which would undo the layout.
    const measured = stale.map((entry) => ({ entry, box: entry.canvas.getBoundingClientRect() }));
    for (const { entry, box } of measured) {
      if (box.bottom > 0 && box.top < innerHeight) paintOnce(entry);
      else {
        // Observed anew, it is told at once whether it is near.
        this.#observer.unobserve(entry.canvas);
        this.#observer.observe(entry.canvas);
        whenIdle(entry.later, this.signal);
      }
    }
  }
}

function paintOnce(entry: Entry): void {
  if (!entry.stale) return;
  entry.stale = false;
  paint(entry.canvas, entry.width, entry.height, entry.painter);
  painters.set(entry.canvas, entry.whole);
}
