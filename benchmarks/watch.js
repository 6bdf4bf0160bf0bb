// Put into a page before its own scripts: tells when it has drawn.
(() => {
  /** A page that has stayed the same for so many milliseconds has done what it had to do. */
  const STILL = 500;

  /** What of the page could have changed: its nodes, and how often a canvas was painted. */
  const nodes = () => {
    const views = [...document.querySelectorAll("attn-view")].map(({ shadowRoot }) => shadowRoot).filter(Boolean);
    return views.reduce(
      (count, root) => count + root.querySelectorAll("*").length,
      document.getElementsByTagName("*").length,
    );
  };
  let paintings = 0;
  const { getContext } = HTMLCanvasElement.prototype;
  HTMLCanvasElement.prototype.getContext = function (...given) {
    paintings++;
    return getContext.apply(this, given);
  };

  // A frame's callbacks run before it is painted: what one finds changed is on the screen when the next one runs.
  let seen = "";
  let changed = 0;
  let drawn = 0;
  let over = false;
  let asked = null;
  const look = (time) => {
    const now = `${nodes()} ${paintings}`;
    if (now !== seen) [seen, changed, drawn] = [now, time, 0];
    else drawn ||= performance.now();
    asked ??= document
      .querySelector("attn-view")
      ?.ready?.then(frame)
      .then(frame)
      .then(() => performance.now());
    if (!over) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);

  const frame = () => new Promise(requestAnimationFrame);

  // A browser tells how long it works for an event where a frame is asked for while the event is handled.
  for (const type of ["pointermove", "pointerup"]) window.addEventListener(type, frame, { capture: true });

  window.watched = {
    nodes,

    /** Milliseconds from the start until what is in the window was on the screen, of a view of ours. */
    usable: async () => {
      while (!asked) await frame();
      return asked;
    },

    /** Milliseconds from the start until all was on the screen; asked for once something is. */
    drawn: () =>
      new Promise((resolve) => {
        const ask = () => {
          over = drawn > 0 && performance.now() - changed > STILL;
          if (over) resolve(drawn);
          else setTimeout(ask, 100);
        };
        ask();
      }),

    /** Milliseconds from the start until the page showed anything. */
    painted: () =>
      new Promise((resolve) => {
        const observer = new PerformanceObserver((list) => {
          for (const { name, startTime } of list.getEntries())
            if (name === "first-contentful-paint") resolve(startTime);
        });
        observer.observe({ type: "paint", buffered: true });
      }),
  };
})();
