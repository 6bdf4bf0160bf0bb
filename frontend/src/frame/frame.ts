/** The view, the toolbar above it, and below it the line that tells what is looked at. */

import { toCss } from "../drawing/colour.ts";
import { element } from "../drawing/dom.ts";
import { readTheme, type Theme, themeOfPaper } from "../drawing/theme.ts";
import type { Exhibit } from "../exhibit/exhibit.ts";
import type { Neurons } from "../exhibit/neurons.ts";
import { type Compared, scenesOf } from "../scene/comparison.ts";
import { reachOf } from "../scene/difference.ts";
import { AS_CAPTURED, type Scene } from "../scene/scene.ts";
import { asSeen } from "../scene/seen.ts";
import { nameOf } from "../scene/shown.ts";
import type { State } from "../state.ts";
import { type Seen, whereOf } from "../take/numbers.ts";
import type { View } from "../views/view.ts";
import { Foot } from "./foot.ts";
import { areOtherModels, notes } from "./notes.ts";
import { Panes } from "./panes.ts";
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
  /** The view's own; null for one without. */
  readonly name: string | null;
  /** Where what is shown is found again, and the lines that give it again; null where there are none. */
  readonly address: (() => string) | null;
  readonly fence: (() => string) | null;
}

export class Frame {
  readonly node = element("div", { class: "frame" });
  readonly #toolbar: Toolbar;
  readonly #tour: Tour | null;
  readonly #foot: Foot;
  /** Tells those who don't see it what is shown now. */
  readonly #status = element("p", { class: "spoken", role: "status" });
  readonly #notes = element("p", { class: "notes" });
  readonly #panes: Panes;
  readonly #several: Several = { on: false };
  readonly #printed = element("div", { class: "printed" });
  #theme: Theme;
  #view: View;
  /** What is drawn: one scene, or two side by side. */
  #scenes: readonly Scene[] = [];
  /** The switches that they were made for. */
  #staged = "";
  /** What the notes were told for. */
  #told = "";
  #said = "";
  #peeked: number | null = null;
  #mounted = "";

  constructor(private readonly framed: Framed) {
    const { exhibit, compared, views, state, change, host, captions } = framed;
    this.#theme = readTheme(host);
    this.#view = views[0];
    const names = compared.map(({ name }) => name);
    const peek = (head: number | null) => {
      this.#peeked = head;
      this.#panes.update();
    };
    this.#toolbar = toolbar(exhibit, views, state, change, this.#several, names, peek);
    this.#tour = captions.length ? tour(captions, change) : null;
    this.#panes = new Panes({
      ...framed,
      adds: () => this.#several.on,
      peeked: () => this.#peeked,
      say: (...said) => this.#foot.say(...said),
    });
    const models = compared.filter(({ exhibit: other }) => other === exhibit || areOtherModels(other, exhibit));
    this.#foot = new Foot({
      ...framed,
      exhibits: models.map((model) => model.exhibit),
      seen: () => this.#seen(),
      drawing: this.#panes.node,
      theme: () => this.#theme,
      frame: this.node,
    });
    this.node.addEventListener("fullscreenchange", () => this.draw());
    const { node, keys } = this.#panes;
    this.node.append(
      this.#toolbar.node,
      this.#tour?.node ?? "",
      this.#notes,
      node,
      keys,
      this.#printed,
      this.#foot.node,
      this.#status,
    );
  }

  /** On paper a picture stands for the drawing: it fits any sheet, and is never cut in two. */
  toPrint(): void {
    // An earlier one would hide the drawing, where a page is shown as on paper before it is printed.
    this.#printed.replaceChildren();
    if (!this.#panes.node.clientWidth) return;
    const { dark } = this.#theme;
    if (dark) this.draw(themeOfPaper());
    this.#printed.append(this.#foot.picture().node);
    if (dark) this.draw();
  }

  /** Draws what the state, the theme and the width ask for. */
  draw(theme = readTheme(this.framed.host)): void {
    const width = Math.floor(this.#panes.node.clientWidth);
    if (!width) return;
    const { views, neurons } = this.framed;
    const state = this.framed.state();
    const view = views.find(({ name }) => name === state.view) ?? views[0];
    this.#view = view;
    this.#theme = theme;
    const { dark, accent, ground, ink, muted } = this.#theme;
    this.node.classList.toggle("dark", dark);
    this.node.classList.toggle("narrow", width < NARROW);
    for (const [name, colour] of Object.entries({ accent, ground, ink, muted })) {
      this.node.style.setProperty(`--${name}`, toCss(colour));
    }
    this.#stage(state, view);
    const scenes = this.#scenes;
    // Two drawings side by side have one state; one alone shows what it can of it.
    const seen = scenes.length > 1 ? state : asSeen(state, scenes[0]);
    this.#toolbar.update(seen, view, this.#theme, scenes[0], reachOf(scenes));
    this.#tour?.update(state);
    const own = view.readNeurons ? [state.expanded, neurons() !== null] : [];
    const wanted = [view.name, this.#staged, state.filter, width, ground, ink, ...own].join();
    if (wanted !== this.#mounted) {
      this.#mounted = wanted;
      this.#panes.mount(view, scenes, this.#theme, width);
    }
    this.#panes.update();
    this.#foot.update();
    const said = `${view.title} view, ${whereOf(this.#seen()[0])}`;
    if (this.#said && said !== this.#said) this.#status.textContent = said;
    this.#said = said;
  }

  /** What each drawing shows. */
  #seen(): Seen[] {
    const { state, neurons } = this.framed;
    return this.#scenes.map((scene) => ({
      view: this.#view,
      state: asSeen(state(), scene),
      scene,
      neurons: neurons(),
    }));
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
}
