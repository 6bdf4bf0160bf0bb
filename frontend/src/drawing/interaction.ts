/** How pointer and keyboard look at and choose what a drawing shows. */

type Handlers = { readonly [Type in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Type]) => void };

function listen(target: HTMLElement, signal: AbortSignal, handlers: Handlers): void {
  for (const [type, handler] of Object.entries(handlers)) {
    target.addEventListener(type, handler as EventListener, { signal });
  }
}

export interface Pointing<Place> {
  /** What lies under the pointer. */
  hit(event: MouseEvent): Place | null;
  /** Looks at a place, or away. */
  point(place: Place | null): void;
  /** Pins or opens what is looked at; adds it to what is pinned, where the reader says so. */
  press(add: boolean): void;
}

/** Shift, or the key that adds to a selection elsewhere on the machine. */
const adds = ({ shiftKey, ctrlKey, metaKey }: MouseEvent | KeyboardEvent): boolean => shiftKey || ctrlKey || metaKey;

/** A mouse looks where it points and presses with a click; a finger only presses. */
export function onPointer<Place>(
  target: HTMLElement,
  signal: AbortSignal,
  { hit, point, press }: Pointing<Place>,
): void {
  const isTouch = (event: Event) => (event as PointerEvent).pointerType === "touch";
  listen(target, signal, {
    pointermove: (event) => {
      if (!isTouch(event)) point(hit(event));
    },
    pointerleave: () => point(null),
    // With Shift a browser selects the text up to here.
    mousedown: (event) => {
      if (adds(event) && hit(event)) event.preventDefault();
    },
    click: (event) => {
      point(hit(event));
      press(adds(event));
      if (isTouch(event)) point(null);
    },
  });
}

export interface Steering {
  move(rows: number, columns: number): void;
  press(add: boolean): void;
  /** Unpins or closes. */
  cancel(): void;
  /** The focus goes elsewhere. */
  leave(): void;
  /** To the next or the previous page, and to another head, where there are some. */
  page?(by: number): void;
  head?(by: number): void;
}

/** Keys of a drawing that has the focus; other keys, and keys with a modifier, stay the browser's. */
export function onKeys(
  { body, signal }: { readonly body: HTMLElement; readonly signal: AbortSignal },
  { move, press, cancel, leave, page, head }: Steering,
): void {
  const actions: Readonly<Record<string, (event: KeyboardEvent) => void>> = {
    ArrowUp: () => move(-1, 0),
    ArrowDown: () => move(1, 0),
    ArrowLeft: () => move(0, -1),
    ArrowRight: () => move(0, 1),
    Enter: (event) => press(adds(event)),
    " ": (event) => press(adds(event)),
    Escape: cancel,
    ...(page && { PageUp: () => page(-1), PageDown: () => page(1) }),
    // Themes have keys of their own: in some, these lead to another page, which nobody wants from within a drawing.
    ",": () => head?.(-1),
    ".": () => head?.(1),
  };
  listen(body, signal, {
    keydown: (event) => {
      const action = Object.hasOwn(actions, event.key) && actions[event.key];
      if (!action || event.target !== body || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      action(event);
    },
    blur: leave,
  });
}

export const clamp = (index: number, length: number): number => Math.min(Math.max(index, 0), length - 1);
