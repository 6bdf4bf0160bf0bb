/** The view, the toolbar above it, and below it the line that tells what is looked at. */

import { toCss } from "../drawing/colour.ts";
import { element } from "../drawing/dom.ts";
import { readTheme, type Theme } from "../drawing/theme.ts";
import type { Exhibit } from "../exhibit/exhibit.ts";
import type { Neurons } from "../exhibit/neurons.ts";
import { type Compared, scenesOf } from "../scene/comparison.ts";
import { reachOf } from "../scene/difference.ts";
import { AS_CAPTURED, type Scene } from "../scene/scene.ts";
import { asSeen } from "../scene/seen.ts";
import { nameOf } from "../scene/shown.ts";
import type { State } from "../state.ts";
import type { View } from "../views/view.ts";
import { about } from "./about.ts";
import { areOtherModels, notes } from "./notes.ts";
import { Panes } from "./panes.ts";
import { share } from "./share.ts";
import { type Several, type Toolbar, toolbar } from "./toolbar.ts";
import { type Tour, tour } from "./tour.ts";

/** Below this width in CSS pixels the toolbar breaks into lines. */
const NARROW = 560;

/** What a frame stands around, and what is known of it. */
export interface Framed {
  readonly exhibit: Exhibit;
  /** The exhibit, and another that it is compared with. */
  readonly compared: readonly Compared[];
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
  readonly #panes: Panes;
  readonly #several: Several = { on: false };
  #theme: Theme;
  /** What is drawn: one scene, or two side by side. */
  #scenes: readonly Scene[] = [];
  /** The switches that they were made for. */
  #staged = "";
  /** What the notes were told for. */
  #told = "";
  #mounted = "";

  constructor(private readonly framed: Framed) {
    const { exhibit, compared, views, state, change, host, captions, address } = framed;
    this.#theme = readTheme(host);
    const names = compared.map(({ name }) => name);
    this.#toolbar = toolbar(exhibit, views, state, change, this.#several, names);
    this.#tour = captions.length ? tour(captions, change) : null;
    this.#panes = new Panes({ ...framed, adds: () => this.#several.on, say: (...said) => this.#say(...said) });
    const copy = address && share(address, (line) => this.#say(line));
    const models = compared.filter(({ exhibit: other }) => other === exhibit || areOtherModels(other, exhibit));
    const abouts = models.map((model) => about(model.exhibit));
    const foot = element("div", { class: "foot" }, this.#readout, ...abouts, copy);
    this.node.append(this.#toolbar.node, this.#tour?.node ?? "", this.#notes, this.#panes.node, foot);
  }

  /** Draws what the state, the theme and the width ask for. */
  draw(): void {
    const width = Math.floor(this.#panes.node.clientWidth);
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
    const scenes = this.#scenes;
    // Two drawings side by side have one state; one alone shows what it can of it.
    const seen = scenes.length > 1 ? state : asSeen(state, scenes[0]);
    this.#toolbar.update(seen, view, this.#theme, scenes[0], reachOf(scenes));
    this.#tour?.update(state);
    const own = view.needsNeurons ? [state.expanded, neurons() !== null] : [];
    const wanted = [view.name, this.#staged, state.filter, width, ground, ink, ...own].join();
    if (wanted !== this.#mounted) {
      this.#mounted = wanted;
      this.#panes.mount(view, scenes, this.#theme, width);
    }
    this.#panes.update();
  }

  /** Makes the scene that the state and the view ask for, and says what a reader must know of it. */
  #stage(state: State, view: View): void {
    const { attention, comparison, units, sink } = state;
    const switches = view.asCaptured ? AS_CAPTURED : { units, sink };
    const wanted = [attention, comparison, switches.units, switches.sink].join();
    if (wanted !== this.#staged) {
      this.#staged = wanted;
      this.#scenes = scenesOf(this.framed.compared, state, switches);
    }
    const told = [wanted, view.name, view.hasLayer(state), nameOf(state), state.head].join();
    if (told === this.#told) return;
    this.#told = told;
    this.#notes.textContent = notes(this.framed.compared, this.#scenes, switches, view, state).join(" ");
    this.#notes.hidden = !this.#notes.textContent;
  }

  /** Takes the view down and its observers with it. */
  unmount(): void {
    this.#panes.unmount();
    this.#mounted = "";
  }

  #say(text: string, isHint = false): void {
    this.#readout.classList.toggle("hint", isHint);
    if (this.#readout.textContent !== text) this.#readout.textContent = text;
  }
}
