/** The view, the toolbar above it, and below it the line that tells what is looked at. */

import { toCss } from "./colour.ts";
import { element } from "./dom.ts";
import type { Exhibit } from "./exhibit.ts";
import type { State } from "./state.ts";
import { readTheme, type Theme } from "./theme.ts";
import { type Toolbar, toolbar } from "./toolbar.ts";
import { VIEWS } from "./views/registry.ts";

/** Below this width in CSS pixels the toolbar breaks into lines. */
const NARROW = 560;

export class Frame {
  readonly node = element("div", { class: "frame" });
  readonly #toolbar: Toolbar;
  readonly #readout = element("p", { class: "readout", "aria-live": "polite" });
  readonly #box = element("div", { class: "box" });
  #theme: Theme;
  #mounted = "";
  #unmount = new AbortController();
  #update: () => void = () => {};

  constructor(
    private readonly exhibit: Exhibit,
    private readonly state: () => State,
    private readonly change: (change: Partial<State>) => void,
    private readonly host: HTMLElement,
  ) {
    this.#theme = readTheme(host);
    this.#toolbar = toolbar(exhibit, VIEWS, state, change);
    const foot = element("div", { class: "foot" }, this.#readout, about(exhibit));
    this.node.append(this.#toolbar.node, this.#box, foot);
  }

  /** Draws what the state, the theme and the width ask for. */
  draw(): void {
    const width = Math.floor(this.#box.clientWidth);
    if (!width) return;
    const state = this.state();
    const view = VIEWS.find(({ name }) => name === state.view) ?? VIEWS[0];
    this.#theme = readTheme(this.host);
    const { dark, accent, ground, ink } = this.#theme;
    this.node.classList.toggle("dark", dark);
    this.node.classList.toggle("narrow", width < NARROW);
    for (const [name, colour] of Object.entries({ accent, ground, ink })) {
      this.node.style.setProperty(`--${name}`, toCss(colour));
    }
    this.#toolbar.update(state, view, this.#theme);
    const wanted = [view.name, state.filter, width, ground, ink].join();
    if (wanted !== this.#mounted) {
      this.#mounted = wanted;
      this.#mount(view, width);
    }
    this.#update();
  }

  /** Takes the view down and its observers with it. */
  unmount(): void {
    this.#unmount.abort();
    this.#mounted = "";
  }

  #mount(view: (typeof VIEWS)[number], width: number): void {
    this.#unmount.abort();
    this.#unmount = new AbortController();
    const body = element("div", {
      class: "drawing",
      tabindex: "0",
      role: "application",
      "aria-label": view.description,
    });
    const hadFocus = this.#box.contains((this.node.getRootNode() as ShadowRoot).activeElement);
    this.#box.replaceChildren(body);
    this.#update = view.mount({
      body,
      exhibit: this.exhibit,
      theme: this.#theme,
      width,
      signal: this.#unmount.signal,
      state: this.state,
      change: this.change,
      say: (line) => {
        const text = line ?? view.hint;
        this.#readout.classList.toggle("hint", line === null);
        if (this.#readout.textContent !== text) this.#readout.textContent = text;
      },
    });
    if (hadFocus) body.focus({ preventScroll: true });
  }
}

/** Where the numbers came from and how exact they are: one click away. */
function about({ provenance, error, layers, heads, query, key }: Exhibit): HTMLElement {
  const { model, dtype, source, revision, architecture, versions } = provenance;
  const precision = `error ≤ ${Math.ceil(error * 1e4) / 1e4}`;
  const facts: Record<string, string> = {
    Source: revision ? `${source} at ${revision.slice(0, 12)}` : source,
    Architecture: `${architecture}, ${layers} layers × ${heads} heads`,
    Tokens: query.length === key.length ? String(query.length) : `${query.length} queries, ${key.length} keys`,
    Precision: `computed in ${dtype}, shown with ${precision}; weights below 0.001 are drawn as 0`,
    "Made with": Object.entries(versions)
      .map((entry) => entry.join(" "))
      .join(", "),
  };
  const list = Object.entries(facts).flatMap(([name, fact]) => [element("dt", {}, name), element("dd", {}, fact)]);
  return element(
    "details",
    { class: "about" },
    element("summary", {}, `${model} · ${dtype} · ${precision}`),
    element("dl", {}, ...list),
    element("p", {}, "Attention shows where a head looks, not why the model answers."),
  );
}
