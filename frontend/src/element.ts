/** `<attn-view>`: from a page's markup to a drawing, and back out of the page. */

import { EXHIBIT, isOffered, NEURONS, read, Shared } from "./bytes/payload.ts";
import { element } from "./drawing/dom.ts";
import { whenIdle } from "./drawing/idle.ts";
import { onThemeChange } from "./drawing/theme.ts";
import { type Exhibit, parseExhibit } from "./exhibit/exhibit.ts";
import { type Neurons, parseNeurons } from "./exhibit/neurons.ts";
import { Frame } from "./frame/frame.ts";
import { initialState, reduce, type Shape, type State } from "./state.ts";
import css from "./styles/view.css";
import { VIEWS } from "./views/registry.ts";
import type { View } from "./views/view.ts";

/** How far outside the window a view starts to load. */
const NEAR = "600px";

let sheet: CSSStyleSheet | null = null;

function styleSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
  }
  return sheet;
}

const exhibits = new Shared<Exhibit>();
const neurons = new Shared<Neurons>();

export class AttnView extends HTMLElement {
  #exhibit: Exhibit | null = null;
  #neurons: Neurons | null = null;
  #shape: Shape | null = null;
  #state: State | null = null;
  /** Changes that came before the exhibit. */
  #early: unknown[] = [];
  #frame: Frame | null = null;
  #error: Error | null = null;
  #leave = new AbortController();
  #loading = false;
  #loadingNeurons = false;
  #settle: { resolve: () => void; reject: (error: Error) => void } = { resolve: () => {}, reject: () => {} };
  readonly #ready = new Promise<void>((resolve, reject) => {
    this.#settle = { resolve, reject };
  });

  constructor() {
    super();
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

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [styleSheet()];
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
    if (!this.dataset.src) whenIdle(() => this.#load(), signal);
    // A frame later, for drawing changes the height, and an observer must not cause what it observes.
    const size = new ResizeObserver(() => requestAnimationFrame(() => this.#draw()));
    size.observe(this);
    onThemeChange(() => this.#draw(), signal);
    signal.addEventListener("abort", () => {
      near.disconnect();
      size.disconnect();
    });
  }

  disconnectedCallback(): void {
    this.#leave.abort();
    this.#frame?.unmount();
    exhibits.leave(this);
    neurons.leave(this);
  }

  async #load(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    try {
      this.#exhibit = await this.#fetchExhibit();
      const shape = { views: this.#views.map(({ name }) => name), attentions: this.#exhibit.attentions };
      this.#shape = shape;
      this.#state = [this.#authored(), ...this.#early].reduce<State>(
        (state, change) => reduce(state, change, shape),
        initialState(shape),
      );
      this.#draw();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** The state that the page's author wrote. */
  #authored(): unknown {
    try {
      return JSON.parse(this.dataset.state ?? "{}");
    } catch {
      throw new Error("The state of this view is damaged: data-state is not JSON. Build the page again.");
    }
  }

  /** The views that there is data for. */
  get #views(): View[] {
    return VIEWS.filter(({ needsNeurons }) => !needsNeurons || isOffered(this, NEURONS));
  }

  #lacksNeurons({ view }: State): boolean {
    return !this.#neurons && this.#views.some(({ name, needsNeurons }) => name === view && needsNeurons);
  }

  async #fetchExhibit(): Promise<Exhibit> {
    return exhibits.get(this.dataset.key, this, async () => parseExhibit(await read(this, EXHIBIT)));
  }

  /** Pages may link neurons, so that only those who look at them fetch them. */
  async #loadNeurons(exhibit: Exhibit): Promise<void> {
    if (this.#loadingNeurons) return;
    this.#loadingNeurons = true;
    try {
      const make = async () => parseNeurons(await read(this, NEURONS), exhibit);
      this.#neurons = await neurons.get(this.dataset.neuronsKey, this, make);
      this.#draw();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #change(change: unknown): void {
    if (!this.#state || !this.#shape) return;
    const next = reduce(this.#state, change, this.#shape);
    if (JSON.stringify(next) === JSON.stringify(this.#state)) return;
    this.#state = next;
    this.#draw();
    this.dispatchEvent(new CustomEvent("attn-change", { bubbles: true, composed: true, detail: this.state }));
  }

  /** Draws if there is something to draw and room to draw it in. */
  #draw(): void {
    if (!this.#exhibit || !this.#state || !this.isConnected || !this.clientWidth) return;
    try {
      if (!this.#frame) {
        const state = () => this.#state as State;
        const change = (change: Partial<State>) => this.#change(change);
        this.#frame = new Frame(this.#exhibit, this.#views, () => this.#neurons, state, change, this);
        this.shadowRoot?.replaceChildren(this.#frame.node);
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
    const title = element("p", {}, "This view cannot be shown");
    this.shadowRoot?.replaceChildren(element("div", { class: "error", role: "alert" }, title, error.message));
    this.#settle.reject(error);
  }
}
