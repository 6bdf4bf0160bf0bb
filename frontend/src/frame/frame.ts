/** The view, the toolbar above it, and below it the line that tells what is looked at. */

import { toCss } from "../drawing/colour.ts";
import { element } from "../drawing/dom.ts";
import { readTheme, type Theme } from "../drawing/theme.ts";
import type { Exhibit } from "../exhibit/exhibit.ts";
import type { Neurons } from "../exhibit/neurons.ts";
import { count } from "../scene/format.ts";
import { AS_CAPTURED, Scene } from "../scene/scene.ts";
import { SIDES } from "../scene/tokens.ts";
import type { State } from "../state.ts";
import type { View } from "../views/view.ts";
import { about } from "./about.ts";
import { notesOf } from "./notes.ts";
import { type Toolbar, toolbar } from "./toolbar.ts";

/** Below this width in CSS pixels the toolbar breaks into lines. */
const NARROW = 560;

export class Frame {
  readonly node = element("div", { class: "frame" });
  readonly #toolbar: Toolbar;
  readonly #readout = element("p", { class: "readout", "aria-live": "polite" });
  readonly #notes = element("p", { class: "notes" });
  readonly #box = element("div", { class: "box" });
  #theme: Theme;
  #scene: Scene;
  /** The switches that the scene was made for. */
  #staged = "";
  /** What the notes were told for. */
  #told = "";
  #mounted = "";
  #unmount = new AbortController();
  #update: () => void = () => {};

  constructor(
    private readonly exhibit: Exhibit,
    private readonly views: readonly View[],
    private readonly neurons: () => Neurons | null,
    private readonly state: () => State,
    private readonly change: (change: Partial<State>) => void,
    private readonly host: HTMLElement,
  ) {
    this.#theme = readTheme(host);
    this.#scene = new Scene(exhibit.attentions[0], AS_CAPTURED);
    this.#toolbar = toolbar(exhibit, views, state, change);
    const foot = element("div", { class: "foot" }, this.#readout, about(exhibit));
    this.node.append(this.#toolbar.node, this.#notes, this.#box, foot);
  }

  /** Draws what the state, the theme and the width ask for. */
  draw(): void {
    const width = Math.floor(this.#box.clientWidth);
    if (!width) return;
    const state = this.state();
    const view = this.views.find(({ name }) => name === state.view) ?? this.views[0];
    this.#theme = readTheme(this.host);
    const { dark, accent, ground, ink } = this.#theme;
    this.node.classList.toggle("dark", dark);
    this.node.classList.toggle("narrow", width < NARROW);
    for (const [name, colour] of Object.entries({ accent, ground, ink })) {
      this.node.style.setProperty(`--${name}`, toCss(colour));
    }
    this.#stage(state, view);
    this.#toolbar.update(state, view, this.#theme, this.#scene);
    const own = view.needsNeurons ? [state.expanded, this.neurons() !== null] : [];
    const wanted = [view.name, this.#staged, state.filter, width, ground, ink, ...own].join();
    if (wanted !== this.#mounted) {
      this.#mounted = wanted;
      this.#mount(view, width);
    }
    this.#update();
  }

  /** Makes the scene that the state and the view ask for, and says what a reader must know of it. */
  #stage(state: State, view: View): void {
    const { attention, units, sink } = state;
    const switches = view.asCaptured ? AS_CAPTURED : { units, sink };
    const wanted = [attention, switches.units, switches.sink].join();
    if (wanted !== this.#staged) {
      this.#staged = wanted;
      this.#scene = new Scene(this.exhibit.find(attention), switches);
    }
    const layer = view.hasLayer(state) ? state.layer : null;
    const told = `${wanted},${layer}`;
    if (told === this.#told) return;
    this.#told = told;
    const notes = notesOf(this.exhibit, this.#scene, switches, layer);
    this.#notes.textContent = notes.join(" ");
    this.#notes.hidden = !notes.length;
  }

  /** The state as a view sees it, whose tokens are the scene's. */
  #seen(): State {
    const state = this.state();
    const shown = SIDES.map((side) => {
      const piece = state[side];
      return [side, piece === null ? null : this.#scene.shownAt(side, piece)];
    });
    return { ...state, ...Object.fromEntries(shown) };
  }

  /** A view's change, whose tokens are the scene's. */
  #changeSeen(change: Partial<State>): void {
    const pieces = SIDES.flatMap((side) => {
      const shown = change[side];
      return shown == null ? [] : [[side, this.#scene.pieceAt(side, shown)]];
    });
    this.change({ ...change, ...Object.fromEntries(pieces) });
  }

  /** Takes the view down and its observers with it. */
  unmount(): void {
    this.#unmount.abort();
    this.#mounted = "";
  }

  #mount(view: View, width: number): void {
    this.#unmount.abort();
    this.#unmount = new AbortController();
    const body = element("div", {
      class: "drawing",
      tabindex: "0",
      role: "application",
      "aria-label": `${sizes(this.#scene)} ${view.description}`,
    });
    const hadFocus = this.#box.contains((this.node.getRootNode() as ShadowRoot).activeElement);
    this.#box.replaceChildren(body);
    this.#update = view.mount({
      body,
      scene: this.#scene,
      neurons: this.neurons(),
      theme: this.#theme,
      width,
      signal: this.#unmount.signal,
      state: () => this.#seen(),
      change: (change) => this.#changeSeen(change),
      say: (line) => {
        const text = line ?? view.hint;
        this.#readout.classList.toggle("hint", line === null);
        if (this.#readout.textContent !== text) this.#readout.textContent = text;
      },
    });
    if (hadFocus) body.focus({ preventScroll: true });
  }
}

/** How many tokens attend to how many, for those who don't see it. */
function sizes({ query, key, attention: { of } }: Scene): string {
  if (of.query === of.key) return `${count(query.length)} attend to one another.`;
  return `${count(query.length, of.query)} attend to ${count(key.length, of.key)}.`;
}
