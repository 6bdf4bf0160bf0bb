/** Below the drawing: what is looked at, where the numbers came from, all of them as a table, and to take along. */

import { disclosure } from "../drawing/controls.ts";
import { element, letScroll } from "../drawing/dom.ts";
import { type Item, menu } from "../drawing/menu.ts";
import type { Theme } from "../drawing/theme.ts";
import type { Exhibit } from "../exhibit/exhibit.ts";
import type { Scene } from "../scene/scene.ts";
import { csv } from "../take/csv.ts";
import { rowsOf, type Seen, whereOf } from "../take/numbers.ts";
import { toPng } from "../take/png.ts";
import { asFileName, save } from "../take/save.ts";
import { asText, type Picture, toSvg } from "../take/svg.ts";
import { numbersOf } from "../take/table.ts";
import { about, precisionOf } from "./about.ts";
import { tableOf } from "./table.ts";

/** What can be taken along. */
export interface Taken {
  /** Of each model that is shown. */
  readonly exhibits: readonly Exhibit[];
  /** The view's own, such as "who-is-she/she"; null for one without. */
  readonly name: string | null;
  /** Address and fence of what is shown; null where there is none. */
  readonly address: (() => string) | null;
  readonly fence: (() => string) | null;
  /** What each drawing shows now, and where they are. */
  seen(): readonly Seen[];
  readonly drawing: HTMLElement;
  theme(): Theme;
  /** What fills the screen when that is asked for. */
  readonly frame: HTMLElement;
}

export class Foot {
  readonly node = element("div", { class: "foot" });
  readonly #readout = element("p", { class: "readout" });
  /** Where the browser doesn't let a page copy, it is there to be copied by hand. */
  readonly #field = element("textarea", { class: "copied", readonly: "", hidden: "" });
  readonly #table = element("div", { class: "scroll numbers" });
  /** What the table was made for. */
  #told = "";
  #scenes: readonly Scene[] = [];

  constructor(private readonly taken: Taken) {
    const facts = taken.exhibits.map(about);
    const sources = taken.exhibits.map((exhibit, i) => {
      const source = disclosure(exhibit.provenance.model, facts[i]);
      source.append(element("span", { class: "precision" }, ` · ${precisionOf(exhibit)}`));
      return source;
    });
    const table = disclosure("Table", this.#table);
    table.addEventListener("click", () => this.update());
    const ways = element("div", { class: "links" }, ...sources, table, ...menu("Save & share", () => this.#items()));
    this.node.append(this.#readout, ways, this.#field, ...facts, this.#table);
  }

  /** Tells what is looked at, or what to do. A hint is not told again and again to those who listen. */
  say(text: string, isHint = false): void {
    this.#readout.classList.toggle("hint", isHint);
    this.#readout.setAttribute("aria-live", isHint ? "off" : "polite");
    if (this.#readout.textContent !== text) this.#readout.textContent = text;
  }

  /** Shows the numbers of what is shown, if they are asked for. */
  update(): void {
    if (this.#table.hidden) return;
    const seen = this.taken.seen();
    // All heads take a while, and are the same whatever is chosen among them.
    const told = JSON.stringify(
      seen.map(({ view, state, neurons }) => [view.name, view.heads === "none" ? state.filter : state, !neurons]),
    );
    if (told === this.#told && seen.every(({ scene }, i) => scene === this.#scenes[i])) return;
    this.#told = told;
    this.#scenes = seen.map(({ scene }) => scene);
    this.#table.replaceChildren(...seen.map((each) => tableOf(numbersOf(each))));
    letScroll(this.#table);
  }

  #items(): Item[] {
    const { address, fence, frame } = this.taken;
    const isFull = (frame.getRootNode() as ShadowRoot).fullscreenElement === frame;
    const items: (Item | false | null)[] = [
      address && ["Copy link", () => this.#copy("Link", address())],
      fence && ["Copy fence", () => this.#copy("Fence", fence())],
      ["Download SVG", () => this.#save("svg", "image/svg+xml", () => asText(this.picture()))],
      ["Download PNG", () => this.#save("png", "image/png", () => toPng(this.picture()))],
      ["Download CSV", () => this.#save("csv", "text/csv", () => csv(rowsOf(this.taken.seen())))],
      document.fullscreenEnabled && [
        isFull ? "Leave full screen" : "Full screen",
        () => (isFull ? document.exitFullscreen() : frame.requestFullscreen()),
      ],
    ];
    return items.filter((item) => item !== null && item !== false);
  }

  async #copy(name: string, text: string): Promise<void> {
    this.#field.hidden = true;
    try {
      await navigator.clipboard.writeText(text);
      this.say("Copied.");
    } catch {
      this.#field.value = text;
      this.#field.hidden = false;
      this.#field.setAttribute("aria-label", name);
      this.#field.select();
      this.say(`The browser doesn't let this page copy; the ${name.toLowerCase()} is selected.`);
    }
  }

  async #save(extension: string, type: string, make: () => BlobPart | Promise<BlobPart>): Promise<void> {
    const { name, exhibits, seen } = this.taken;
    const file = `${asFileName(name ?? exhibits[0].provenance.model, whereOf(seen()[0]))}.${extension}`;
    try {
      save(file, new Blob([await make()], { type }));
      this.say(`Saved as ${file}`);
    } catch (error) {
      this.say((error as Error).message);
    }
  }

  /** What is drawn, with a line on what it is. */
  picture(): Picture {
    const { exhibits, seen, drawing, theme } = this.taken;
    const title = `${exhibits.map(({ provenance }) => provenance.model).join(", ")} · ${whereOf(seen()[0])}`;
    const text = exhibits[0].text ? ` on “${exhibits[0].text}”` : "";
    const said = this.#readout.classList.contains("hint") ? "" : this.#readout.textContent;
    return toSvg(drawing, theme(), {
      title,
      caption: `${precisionOf(exhibits[0])} · attention is not explanation`,
      description: `Attention${text}. ${said}`,
    });
  }
}
