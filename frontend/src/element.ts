/** `<attn-view>`: from a page's markup to a drawing, and back out of the page. */

import { fromBase85, unpack } from "./bytes.ts";
import { element } from "./dom.ts";
import { type Exhibit, parseExhibit } from "./exhibit.ts";
import { Frame } from "./frame.ts";
import { whenIdle } from "./idle.ts";
import { initialState, reduce, type Shape, type State } from "./state.ts";
import css from "./style.css";
import { onThemeChange } from "./theme.ts";
import { VIEWS } from "./views/registry.ts";

const CARRIER = "attn-view[data-exhibit], attn-view[data-src]";
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

/** Several views of one exhibit on a page share what was decoded, for as long as one of them is there. */
const exhibits = new Map<string, { readonly exhibit: Promise<Exhibit>; readonly users: Set<AttnView> }>();

export class AttnView extends HTMLElement {
  #exhibit: Exhibit | null = null;
  #shape: Shape | null = null;
  #state: State | null = null;
  /** Changes that came before the exhibit. */
  #early: unknown[] = [];
  #frame: Frame | null = null;
  #error: Error | null = null;
  #leave = new AbortController();
  #loading = false;
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
    const key = this.dataset.key ?? "";
    const shared = exhibits.get(key);
    if (shared?.users.delete(this) && !shared.users.size) exhibits.delete(key);
  }

  async #load(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    try {
      this.#exhibit = await this.#fetchExhibit();
      const { layers, heads, query, key, hasPair } = this.#exhibit;
      const views = VIEWS.map(({ name }) => name);
      const shape = { views, layers, heads, queries: query.length, keys: key.length, hasPair };
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

  async #fetchExhibit(): Promise<Exhibit> {
    const { key } = this.dataset;
    if (!key) return decode(this);
    let shared = exhibits.get(key);
    if (!shared) {
      shared = { exhibit: findOwner(this, key).then(decode), users: new Set() };
      exhibits.set(key, shared);
    }
    shared.users.add(this);
    return shared.exhibit;
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
        this.#frame = new Frame(this.#exhibit, state, (change) => this.#change(change), this);
        this.shadowRoot?.replaceChildren(this.#frame.node);
      }
      this.#frame.draw();
      this.#settle.resolve();
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

/** The view that carries the data of an exhibit: the one that asks for it, or another on the page. */
async function findOwner(asking: HTMLElement, key: string): Promise<HTMLElement> {
  if (asking.matches(CARRIER)) return asking;
  if (document.readyState === "loading") {
    await new Promise((loaded) => document.addEventListener("DOMContentLoaded", loaded, { once: true }));
  }
  for (const owner of document.querySelectorAll<HTMLElement>(CARRIER)) if (owner.dataset.key === key) return owner;
  throw new Error("The data of this view is not on this page. Build the page again.");
}

async function decode({ dataset }: HTMLElement): Promise<Exhibit> {
  const bytes = dataset.exhibit ? fromBase85(dataset.exhibit) : await download(dataset.src ?? "");
  return parseExhibit(await unpack(bytes));
}

async function download(address: string): Promise<Uint8Array> {
  const failed = `The data of this view could not be loaded from ${address}`;
  const response = await fetch(address).catch(() => {
    throw new Error(`${failed}. Pages opened from disk need their data inline.`);
  });
  if (!response.ok) throw new Error(`${failed}: the server answered ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}
