/** A row for each key: its label, its strips, and what comes of them. */

import { element, place } from "../../drawing/dom.ts";
import { fontOf, rowHeight, speaker, speakerWidth, tokenColumn, widestLabel } from "../../drawing/labels.ts";
import { LazyCanvases } from "../../drawing/lazy.ts";
import type { Scores } from "../../exhibit/neurons.ts";
import { runsOf } from "../../scene/tokens.ts";
import type { Stage } from "../view.ts";
import { type Layout, layOut } from "./layout.ts";
import type { Opened } from "./opened.ts";
import { type Ends, type Ink, paintRow } from "./paint.ts";
import type { Place } from "./words.ts";

const FONT = 12;

/** What the table shows. */
export interface Shown {
  readonly opened: Opened;
  /** Neurons from left to right. */
  readonly order: readonly number[];
  readonly ends: Ends;
}

export class Table {
  readonly node = element("div", { class: "table" });
  readonly layout: Layout;
  readonly #canvases: LazyCanvases;
  readonly #labels: HTMLOListElement;
  /** On the row, and on the neuron in either strip. */
  readonly #marks = ["across", "down rows", "down rows"].map((kind) => element("div", { class: `mark ${kind}` }));
  #shown: Shown | null = null;

  constructor(
    { scene, width, signal }: Stage,
    scores: Scores,
    /** The keys that are shown, as indices. */
    private readonly keys: readonly number[],
    private readonly ink: Ink,
    styled: Element,
  ) {
    this.layout = layOut({
      width,
      speaker: speakerWidth(...scene.key),
      label: widestLabel(styled, scene.key) * 1.05 + 12,
      neurons: scores.size,
      hasBias: scores.hasBias,
      pitch: rowHeight(keys.length),
    });
    const { label, pitch, line } = this.layout;
    const height = pitch * keys.length;
    this.#labels = place(tokenColumn("key", scene.key, keys), { ...label });
    this.#canvases = new LazyCanvases(signal);
    const [across, ...down] = this.#marks;
    this.node.append(across);
    this.#canvases.addStrips(this.node, this.layout.width, height, (...at) => this.#paint(...at));
    const speakers = runsOf(scene.key, keys).map((run) =>
      place(speaker("query", run), { top: run.from * pitch, height: (run.to - run.from + 1) * pitch }),
    );
    this.node.append(this.#labels, ...speakers, ...down);
    const row = 2 * line;
    place(this.node, { height, "--pitch": pitch, "--row": row, "--token-size": Math.min(14, row - 3.5) });
  }

  draw(shown: Shown): void {
    this.#shown = shown;
    this.#canvases.repaint();
    this.#eachLabel((label, key) => label.classList.toggle("unseen", shown.opened.isMasked(key)));
  }

  /** Marks what is looked at, and the key that is pinned. */
  look({ key, neuron }: Place, pinned: number | null): void {
    const { pitch, cell, key: keyStrip, product } = this.layout;
    const [across, ...down] = this.#marks;
    across.hidden = key === null;
    place(across, { top: this.top(key ?? 0), height: pitch });
    const column = this.column(neuron);
    [keyStrip, product].forEach(({ left }, i) => {
      down[i].hidden = column < 0;
      place(down[i], { left: left + column * cell, width: cell, top: 0, height: pitch * this.keys.length });
    });
    this.#eachLabel(({ classList }, index) => {
      classList.toggle("looked-at", index === key);
      classList.toggle("pinned", index === pinned);
    });
  }

  /** What lies at a place of the window; on the right of a strip's end, a key alone. */
  hit({ clientX, clientY }: MouseEvent): Place | null {
    const box = this.node.getBoundingClientRect();
    const { pitch, key, product } = this.layout;
    const row = Math.floor((clientY - box.top) / pitch);
    if (row < 0 || row >= this.keys.length) return null;
    const x = clientX - box.left;
    return { key: this.keys[row], neuron: this.neuronAt(x - key.left) ?? this.neuronAt(x - product.left) };
  }

  /** The neuron at a distance from the left of a strip. */
  neuronAt(x: number): number | null {
    return this.#shown?.order[Math.floor(x / this.layout.cell)] ?? null;
  }

  /** Where a neuron stands in its strip; -1 for none. */
  column(neuron: number | null): number {
    return this.#shown?.order.indexOf(neuron ?? -1) ?? -1;
  }

  /** Where a key's row starts. */
  top(key: number): number {
    return this.keys.indexOf(key) * this.layout.pitch;
  }

  scrollTo(key: number): void {
    this.#labels.children[this.keys.indexOf(key)]?.scrollIntoView({ block: "nearest" });
  }

  #eachLabel(visit: (label: Element, key: number) => void): void {
    this.keys.forEach((key, row) => {
      visit(this.#labels.children[row], key);
    });
  }

  #paint(context: CanvasRenderingContext2D, top: number, height: number): void {
    if (!this.#shown) return;
    const { pitch } = this.layout;
    context.font = fontOf(this.node, FONT);
    context.textBaseline = "middle";
    for (let row = Math.floor(top / pitch); row < this.keys.length && row * pitch < top + height; row++) {
      const isNamed = row === 0 || !this.#shown.opened.isMasked(this.keys[row - 1]);
      paintRow(context, this.#shown, this.keys[row], isNamed, this.layout, row * pitch - top, this.ink);
    }
  }
}
