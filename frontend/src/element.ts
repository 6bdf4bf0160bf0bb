/** `<attn-view>`: from a page's markup to a drawing, and back out of the page. */

import { EXHIBIT, isOffered, NEURONS, read, SECOND, Shared } from "./bytes/payload.ts";
import { isRecord } from "./bytes/safetensors.ts";
import { element } from "./drawing/dom.ts";
import { whenIdle } from "./drawing/idle.ts";
import { onThemeChange } from "./drawing/theme.ts";
import { type Exhibit, parseExhibit } from "./exhibit/exhibit.ts";
import type { Neurons } from "./exhibit/neurons.ts";
import { Frame } from "./frame/frame.ts";
import { own } from "./own.ts";
import { changes, writeAddress } from "./page/address.ts";
import { asFollower, chosenIn, join, leave, type Member, showOpened, tell } from "./page/groups.ts";
import { arrived, withoutHash } from "./page/links.ts";
import { isSteps, type Step, setOut } from "./page/steps.ts";
import { type Compared, shapesOf } from "./scene/comparison.ts";
import { formatToken } from "./scene/format.ts";
import { initialState, reduce, type Shape, type State } from "./state.ts";
import css from "./styles/view.css";
import { isFence, writeFence } from "./take/fence.ts";
import type { View } from "./views/view.ts";

/** How far outside the window a view starts to load. */
const NEAR = "600px";

/** A document takes no sheets but its own, and a view may be moved to another one. */
const sheets = new WeakMap<Document, CSSStyleSheet>();

/** Null for a document that no window shows. */
function styleSheetOf(page: Document): CSSStyleSheet | null {
  const made = sheets.get(page);
  const window = own("defaultView", page);
  if (made || !window) return made ?? null;
  const sheet = new window.CSSStyleSheet();
  sheet.replaceSync([css, ...AttnView.views.map((view) => view.css ?? "")].join(""));
  sheets.set(page, sheet);
  return sheet;
}

const exhibits = new Shared<Exhibit>();
const neurons = new Shared<Neurons>();

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === "string");

export class AttnView extends HTMLElement implements Member {
  /** Those that the bundle brings. */
  static views: readonly View[] = [];
  #exhibit: Exhibit | null = null;
  /** The exhibit, and another that it is compared with. */
  #compared: readonly Compared[] = [];
  #neurons: Neurons | null = null;
  #shape: Shape | null = null;
  /** What the author wrote, without the tour. */
  #authored: State | null = null;
  #steps: readonly Step[] = [];
  #state: State | null = null;
  /** Changes that came before the exhibit. */
  #early: unknown[] = [];
  #frame: Frame | null = null;
  #error: Error | null = null;
  #leave = new AbortController();
  #loading = false;
  #loadingNeurons = false;
  #settle: { resolve: () => void; reject: (error: Error) => void } = { resolve: () => {}, reject: () => {} };
  /** A page may have written one itself, even one that is closed. */
  readonly #root = this.attachInternals().shadowRoot ?? this.attachShadow({ mode: "open" });
  readonly #ready = new Promise<void>((resolve, reject) => {
    this.#settle = { resolve, reject };
  });

  constructor() {
    super();
    // A page may promise `ready`, and set a state, before this script has made the element what it is.
    const early = Object.getOwnPropertyDescriptor(this, "state")?.value;
    if (early) this.#early.push(early);
    for (const name of ["ready", "state"]) Reflect.deleteProperty(this, name);
    this.#ready.catch(() => {}); // told in the element; a script that awaits it is told as well
  }

  /** Resolves when the view is drawn for the first time; asking for it starts loading, on screen or off. */
  get ready(): Promise<void> {
    this.#load();
    return this.#ready;
  }

  /** What was captured; null until it is loaded. */
  get exhibit(): Exhibit | null {
    return this.#exhibit;
  }

  /** What that is compared with; null until it is loaded, and for a view that compares nothing. */
  get second(): Exhibit | null {
    return this.#compared[1]?.exhibit ?? null;
  }

  /** What the attention is made of; null until a view that shows it is loaded. */
  get neurons(): Neurons | null {
    return this.#neurons;
  }

  /** Why nothing is drawn; null if all is well. */
  get error(): Error | null {
    return this.#error;
  }

  /** What the reader has chosen; a copy. Null until the exhibit is loaded. */
  get state(): State | null {
    return this.#state && { ...this.#state, heads: [...this.#state.heads] };
  }

  /** Takes a part of a state; what makes no sense in it is ignored. */
  set state(change: Partial<State> | null) {
    if (this.#state) this.#change(change);
    else this.#early.push(change);
  }

  /** Takes a part of a state in place of what the author wrote, not of what is shown. Nothing before it is loaded. */
  show(change: unknown): void {
    if (this.#state && this.#authored) this.#change(change, { ...this.#authored, step: this.#state.step });
  }

  /** What another view of the group was told. */
  follow(change: Partial<State>): void {
    if (this.#state) this.#take(reduce(this.#state, asFollower(this.#state, change), this.#shape as Shape));
  }

  /** The part of the page's address that leads to what is shown; null for a view without a name. */
  get address(): string | null {
    const { name } = this.dataset;
    if (!name || !this.#state || !this.#authored || !this.#shape) return null;
    const start = setOut(this.#state, this.#authored, this.#authored, this.#steps, this.#shape);
    return writeAddress(name, this.#state, { ...start, step: null }, this.#shape);
  }

  connectedCallback(): void {
    const sheet = styleSheetOf(this.ownerDocument);
    if (!sheet) return;
    this.#root.adoptedStyleSheets = [sheet];
    // A site's policy may forbid declarations in attributes, but not that a script makes them.
    if (!this.style.length) this.style.cssText = this.getAttribute("style") ?? "";
    // Until it is drawn, the page's picture of it stays.
    if (!this.#root.firstChild) this.#root.append(element("slot"));
    this.#leave = new AbortController();
    const { signal } = this.#leave;

    const near = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) this.#load();
      },
      { rootMargin: NEAR },
    );
    near.observe(this);
    // Data that the page carries is there already; what would have to be fetched waits until it is near.
    if (!this.dataset.src && !this.dataset.secondSrc) whenIdle(() => this.#load(), signal);
    // A frame later, for drawing changes the height, and an observer must not cause what it observes.
    const size = new ResizeObserver(() => requestAnimationFrame(() => this.#draw()));
    size.observe(this);
    onThemeChange(() => this.#draw(), signal);
    addEventListener("beforeprint", () => this.#frame?.toPrint(), { signal });
    signal.addEventListener("abort", () => {
      near.disconnect();
      size.disconnect();
    });
    if (this.dataset.link) join(this.dataset.link, this);
    arrived(this);
  }

  disconnectedCallback(): void {
    this.#leave.abort();
    this.#frame?.unmount();
    if (this.dataset.link) leave(this.dataset.link, this);
    exhibits.leave(this);
    neurons.leave(this);
  }

  async #load(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    try {
      this.#compared = await this.#fetchExhibits();
      this.#exhibit = this.#compared[0].exhibit;
      this.#steps = this.#written("steps", isSteps) ?? [];
      const views = this.#views.map(({ name }) => name);
      const shape = { views, attentions: shapesOf(this.#compared), steps: this.#steps.length };
      this.#shape = shape;
      const written = this.#written<Partial<State>>("state", isRecord);
      this.#authored = reduce(initialState(shape, written), written, shape);
      this.#state = setOut({ step: 0 }, this.#authored, this.#authored, this.#steps, shape);
      if (this.dataset.link) this.follow(chosenIn(this.dataset.link));
      for (const change of this.#early) this.#change(change);
      this.#draw();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** What writes the lines that give what is shown again in another page; null where the page has no such lines. */
  #fence(): (() => string) | null {
    const fence = this.#written("fence", isFence);
    const wanted = Object.keys(this.#written("state", isRecord) ?? {});
    return (
      fence &&
      (() => writeFence(fence, changes(this.#state as State, this.#authored as State, this.#shape as Shape, wanted)))
    );
  }

  /** What the page's author wrote; null for nothing. */
  #written<T>(what: "state" | "steps" | "names" | "fence", isSound: (value: unknown) => value is T): T | null {
    try {
      const value: unknown = JSON.parse(this.dataset[what] ?? "null");
      if (value === null || isSound(value)) return value;
    } catch {
      // Told below, like anything else that no build writes.
    }
    throw new Error(`The ${what} of this view can't be read: data-${what} is damaged. Build the page again.`);
  }

  /** The views that there is data for. */
  get #views(): View[] {
    return AttnView.views.filter(({ readNeurons }) => !readNeurons || (isOffered(this, NEURONS) && !this.second));
  }

  #lacksNeurons({ view }: State): boolean {
    return !this.#neurons && this.#views.some(({ name, readNeurons }) => name === view && readNeurons);
  }

  async #fetchExhibits(): Promise<Compared[]> {
    const fetched = (isOffered(this, SECOND) ? [EXHIBIT, SECOND] : [EXHIBIT]).map((place) =>
      exhibits.get(this.dataset[place.key], this, async () => parseExhibit(await read(this, place))),
    );
    const names = fetched.length > 1 ? (this.#written("names", isNames) ?? ["first", "second"]) : [""];
    return (await Promise.all(fetched)).map((exhibit, i) => ({
      exhibit,
      name: names[i] ? formatToken(names[i]) : "",
    }));
  }

  /** Pages may link neurons, so that only those who look at them fetch them. */
  async #loadNeurons(exhibit: Exhibit): Promise<void> {
    const parse = this.#views.find(({ readNeurons }) => readNeurons)?.readNeurons;
    if (this.#loadingNeurons || !parse) return;
    this.#loadingNeurons = true;
    try {
      const make = async () => parse(await read(this, NEURONS), exhibit);
      this.#neurons = await neurons.get(this.dataset.neuronsKey, this, make);
      this.#draw();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #change(change: unknown, present = this.#state): void {
    const [before, authored, shape] = [this.#state, this.#authored, this.#shape];
    if (!before || !present || !authored || !shape) return;
    const next = reduce(setOut(change, present, authored, this.#steps, shape), change, shape);
    const { link } = this.dataset;
    const after = link ? showOpened(before, next) : next;
    this.#take(after);
    if (link) tell(link, this, before, after);
  }

  #take(next: State): void {
    if (JSON.stringify(next) === JSON.stringify(this.#state)) return;
    this.#state = next;
    // What the reader chooses may need less room than what the page keeps for it.
    if (this.#frame) this.toggleAttribute("changed", true);
    this.#draw();
    this.dispatchEvent(new CustomEvent("attn-change", { bubbles: true, composed: true, detail: this.state }));
  }

  /** Draws if there is something to draw and room to draw it in. */
  #draw(): void {
    if (!this.#exhibit || !this.#state || !this.isConnected || !this.clientWidth) return;
    try {
      if (!this.#frame) {
        // The page's picture stays until all is there that is drawn first.
        if (this.#lacksNeurons(this.#state)) {
          this.#loadNeurons(this.#exhibit);
          return;
        }
        this.#frame = new Frame({
          exhibit: this.#exhibit,
          compared: this.#compared,
          views: this.#views,
          neurons: () => this.#neurons,
          state: () => this.#state as State,
          change: (change) => this.#change(change),
          host: this,
          captions: this.#steps.map(({ caption }) => caption),
          name: this.dataset.name ?? null,
          address: this.dataset.name ? () => withoutHash() + this.address : null,
          fence: this.#fence(),
        });
        this.#root.replaceChildren(this.#frame.node);
      }
      this.#frame.draw();
      if (this.#lacksNeurons(this.#state)) this.#loadNeurons(this.#exhibit);
      else this.#settle.resolve();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    this.#error = error;
    const title = element("p", {}, "This attention view can’t be shown");
    const panel = element("div", { class: "error", role: "alert" }, title, error.message);
    this.#root.replaceChildren(panel, element("slot"));
    this.#settle.reject(error);
  }
}
