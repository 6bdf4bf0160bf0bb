/** The view, the toolbar above it, and below it the line that tells what is looked at. */

import { toCss } from "../drawing/colour.ts";
import { element } from "../drawing/dom.ts";
import { readTheme, type Theme } from "../drawing/theme.ts";
import type { Exhibit } from "../exhibit/exhibit.ts";
import type { Neurons } from "../exhibit/neurons.ts";
import { count } from "../scene/format.ts";
import { AS_CAPTURED, Scene } from "../scene/scene.ts";
import { nameOf } from "../scene/shown.ts";
import { SIDES } from "../scene/tokens.ts";
import { asPins, listOf, type State } from "../state.ts";
import type { View } from "../views/view.ts";
import { about } from "./about.ts";
import { notesOf, notesOfChoice } from "./notes.ts";
import { share } from "./share.ts";
import { type Several, type Toolbar, toolbar } from "./toolbar.ts";
import { type Tour, tour } from "./tour.ts";

/** Below this width in CSS pixels the toolbar breaks into lines. */
const NARROW = 560;

/** What a frame stands around, and what is known of it. */
export interface Framed {
  readonly exhibit: Exhibit;
  readonly views: readonly View[];
  neurons(): Neurons | null;
  state(): State;
  change(change: Partial<State>): void;
  /** The element that the frame is in. */
  readonly host: HTMLElement;
  /** Of a tour's steps. */
  readonly captions: readonly string[];
  /** Where what is shown is found again; null where it has no name. */
  readonly address: (() => string) | null;
}

export class Frame {
  readonly node = element("div", { class: "frame" });
  readonly #toolbar: Toolbar;
  readonly #tour: Tour | null;
  readonly #readout = element("p", { class: "readout", "aria-live": "polite" });
  readonly #notes = element("p", { class: "notes" });
  readonly #box = element("div", { class: "box" });
  readonly #several: Several = { on: false };
  #theme: Theme;
  #scene: Scene;
  /** The switches that the scene was made for. */
  #staged = "";
  /** What the notes were told for. */
  #told = "";
  #mounted = "";
  #unmount = new AbortController();
  #update: () => void = () => {};

  constructor(private readonly framed: Framed) {
    const { exhibit, views, state, change, host, captions, address } = framed;
    this.#theme = readTheme(host);
    this.#scene = new Scene(exhibit.attentions[0], AS_CAPTURED);
    this.#toolbar = toolbar(exhibit, views, state, change, this.#several);
    this.#tour = captions.length ? tour(captions, change) : null;
    const copy = address && share(address, (line) => this.#say(line));
    const foot = element("div", { class: "foot" }, this.#readout, about(exhibit), copy);
    this.node.append(this.#toolbar.node, this.#tour?.node ?? "", this.#notes, this.#box, foot);
  }

  /** Draws what the state, the theme and the width ask for. */
  draw(): void {
    const width = Math.floor(this.#box.clientWidth);
    if (!width) return;
    const { views, host, neurons } = this.framed;
    const state = this.framed.state();
    const view = views.find(({ name }) => name === state.view) ?? views[0];
    this.#theme = readTheme(host);
    const { dark, accent, ground, ink } = this.#theme;
    this.node.classList.toggle("dark", dark);
    this.node.classList.toggle("narrow", width < NARROW);
    for (const [name, colour] of Object.entries({ accent, ground, ink })) {
      this.node.style.setProperty(`--${name}`, toCss(colour));
    }
    this.#stage(state, view);
    this.#toolbar.update(state, view, this.#theme, this.#scene);
    this.#tour?.update(state);
    const own = view.needsNeurons ? [state.expanded, neurons() !== null] : [];
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
      this.#scene = new Scene(this.framed.exhibit.find(attention), switches);
    }
    const layer = view.hasLayer(state) ? state.layer : null;
    const choice = view.shows?.(state) ?? null;
    const told = `${wanted},${layer},${choice && nameOf(choice)}`;
    if (told === this.#told) return;
    this.#told = told;
    const notes = notesOf(this.framed.exhibit, this.#scene, switches, layer);
    if (choice) notes.push(...notesOfChoice(this.#scene, choice));
    this.#notes.textContent = notes.join(" ");
    this.#notes.hidden = !notes.length;
  }

  /** The state as a view sees it, whose tokens are the scene's. */
  #seen(): State {
    const state = this.framed.state();
    const shown = SIDES.map((side) => {
      const tokens = listOf(state[side]).map((piece) => this.#scene.shownAt(side, piece));
      return [side, asPins(tokens)];
    });
    return { ...state, ...Object.fromEntries(shown) };
  }

  /** A view's change, whose tokens are the scene's. */
  #changeSeen(change: Partial<State>): void {
    const pieces = SIDES.flatMap((side) => {
      const shown = change[side];
      if (shown === undefined) return [];
      return [[side, asPins(listOf(shown).map((token) => this.#scene.pieceAt(side, token)))]];
    });
    this.framed.change({ ...change, ...Object.fromEntries(pieces) });
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
      neurons: this.framed.neurons(),
      theme: this.#theme,
      width,
      signal: this.#unmount.signal,
      state: () => this.#seen(),
      change: (change) => this.#changeSeen(change),
      adds: () => this.#several.on,
      say: (line) => this.#say(line ?? view.hint, line === null),
    });
    if (hadFocus) body.focus({ preventScroll: true });
  }

  #say(text: string, isHint = false): void {
    this.#readout.classList.toggle("hint", isHint);
    if (this.#readout.textContent !== text) this.#readout.textContent = text;
  }
}

/** How many tokens attend to how many, for those who don't see it. */
function sizes({ query, key, attention: { of } }: Scene): string {
  if (of.query === of.key) return `${count(query.length)} attend to one another.`;
  return `${count(query.length, of.query)} attend to ${count(key.length, of.key)}.`;
}
