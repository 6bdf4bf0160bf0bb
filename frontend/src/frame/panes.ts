/** The drawings of a view: one, or two beside one another that share what is chosen and what is pointed at. */

import { element, letScroll } from "../drawing/dom.ts";
import type { Theme } from "../drawing/theme.ts";
import type { Neurons } from "../exhibit/neurons.ts";
import { count, isolate, UNPAIRED } from "../scene/format.ts";
import type { Scene } from "../scene/scene.ts";
import { asChosen, asLooked, asSeen, type Look } from "../scene/seen.ts";
import type { State } from "../state.ts";
import type { View } from "../views/view.ts";

/** Narrower than this, in CSS pixels, drawings stand below one another. */
const LEAST = 600;
const GAP = 28;

export interface Surroundings {
  neurons(): Neurons | null;
  state(): State;
  change(change: Partial<State>): void;
  /** Whether a finger's choice is added to those before it. */
  adds(): boolean;
  /** The head whose tile the reader looks at. */
  peeked(): number | null;
  /** Tells the reader what is looked at, or what to do. */
  say(text: string, isHint: boolean): void;
}

interface Pane {
  readonly scene: Scene;
  readonly body: HTMLElement;
  /** What it says is looked at. */
  line: string | null;
  update: () => void;
}

export class Panes {
  readonly node = element("div", { class: "box" });
  /** What the keys do in a drawing. */
  readonly keys = element("p", { id: "keys", hidden: "" });
  #panes: readonly Pane[] = [];
  #look: { readonly at: Look; readonly from: Scene } | null = null;
  #unmount = new AbortController();

  constructor(private readonly around: Surroundings) {}

  /** Takes the drawings down and their observers with them. */
  unmount(): void {
    this.#unmount.abort();
  }

  mount(view: View, scenes: readonly Scene[], theme: Theme, available: number): void {
    this.#unmount.abort();
    this.#unmount = new AbortController();
    this.#look = null;
    const isBeside = scenes.length > 1 && available >= LEAST;
    const width = isBeside ? Math.floor((available - GAP) / 2) : available;
    const panes = scenes.map((scene): Pane => ({ scene, body: bodyOf(scene, view), line: null, update: () => {} }));
    const { activeElement } = this.node.getRootNode() as ShadowRoot;
    const focused = this.#panes.findIndex(({ body }) => body === activeElement);
    this.#panes = panes;
    this.keys.textContent = view.description;
    this.node.classList.toggle("beside", isBeside);
    this.node.replaceChildren(
      ...panes.map(({ scene: { name }, body }) =>
        element("div", { class: "pane" }, name ? element("p", { class: "pane-name", dir: "auto" }, name) : null, body),
      ),
    );
    const { neurons, state, change, adds, peeked } = this.around;
    for (const pane of panes) {
      const { scene, body } = pane;
      pane.update = view.mount({
        body,
        scene,
        scenes,
        neurons: neurons(),
        theme,
        width,
        signal: this.#unmount.signal,
        state: () => asSeen(state(), scene),
        change: (wanted) => change(asChosen(wanted, scene)),
        adds,
        peeked,
        looked: () => this.#looked(scene),
        look: (at) => this.#lookAt(at, scene),
        say: (line) => {
          pane.line = line;
          this.#say(view);
        },
      });
    }
    panes[Math.min(focused, panes.length - 1)]?.body.focus({ preventScroll: true });
  }

  update(): void {
    for (const { update } of this.#panes) update();
    for (const box of this.node.querySelectorAll<HTMLElement>(".scroll")) letScroll(box);
  }

  #looked(scene: Scene): Look | null {
    if (!this.#look || this.#look.from === scene) return null;
    return asLooked(this.#look.at, this.#look.from, scene);
  }

  #lookAt(at: Look | null, from: Scene): void {
    if (this.#panes.length === 1) return;
    this.#look = at && { at, from };
    for (const { scene, update } of this.#panes) if (scene !== from) update();
  }

  /** What is looked at; of two drawings in a line each. */
  #say({ hint }: View): void {
    const [first] = this.#panes;
    if (this.#panes.every(({ line }) => line === null)) this.around.say(hint, true);
    else if (this.#panes.length === 1) this.around.say(first.line ?? "", false);
    else {
      const lines = this.#panes.map(({ scene, line }) => `${isolate(scene.name)}: ${line ?? UNPAIRED}`);
      this.around.say(lines.join("\n"), false);
    }
  }
}

/** Readers of the screen hand it the keys; what is inside is still there for them. */
function bodyOf(scene: Scene, { title }: View): HTMLElement {
  const name = scene.name || `${title} view`;
  const attributes = { class: "drawing", tabindex: "0", role: "application", "aria-describedby": "keys" };
  return element("div", { ...attributes, "aria-label": `${name}: ${sizes(scene)}` });
}

/** How many tokens attend to how many, for those who don't see it. */
function sizes({ query, key, attention: { of } }: Scene): string {
  if (of.query === of.key) return `${count(query.length)} attend to one another.`;
  return `${count(query.length, of.query)} attend to ${count(key.length, of.key)}.`;
}
