/** One query against all keys: its vector, theirs, what their neurons multiply to, and what the softmax makes of it. */

import { stepper } from "../../drawing/controls.ts";
import { button, element, place } from "../../drawing/dom.ts";
import { whenIdle } from "../../drawing/idle.ts";
import { clamp, onPointer } from "../../drawing/interaction.ts";
import type { Scores } from "../../exhibit/neurons.ts";
import { type Selection, select } from "../../scene/selection.ts";
import { labelOf } from "../../scene/tokens.ts";
import { firstOf, shownHead } from "../../state.ts";
import type { Stage } from "../view.ts";
import { headings } from "./headings.ts";
import { legend } from "./legend.ts";
import { Opened, openedQuery } from "./opened.ts";
import { endsOf, Ink } from "./paint.ts";
import { Table } from "./table.ts";
import { vectors } from "./vectors.ts";
import { type Claim, describe, type Place, tellCheck, tellDrivers, tellNeuron, tellSum } from "./words.ts";

/** Distance of the card from what it tells of. */
const CARD_GAP = 14;
/** So many products of neurons take no longer than a moment. */
const AT_ONCE = 2e6;
const NOTHING: Place = { key: null, neuron: null };

export class Expanded {
  readonly #root = element("div", { class: "neurons" });
  readonly #vectors = element("div", { class: "vectors" });
  readonly #headings = element("div", { class: "headings" });
  readonly #table: Table;
  /** On the neuron in the chosen query's strip. */
  readonly #mark = element("div", { class: "mark down" });
  readonly #card = element("div", { class: "card" });
  /** How a weight comes about, which neurons drive the head, and whether all adds up. */
  readonly #lines = [element("p"), element("p"), element("p", { class: "check" })];
  readonly #legend = element("div", { class: "legend" });
  readonly #chooser = stepper("query", (query) => this.stage.change({ query }));
  readonly #selection: Selection;
  readonly #ink: Ink;
  #drawn = "";
  #opened: Opened;
  #order: readonly number[] = [];
  #at = NOTHING;

  constructor(
    private readonly stage: Stage,
    private readonly scores: Scores,
  ) {
    const { scene, body, signal, theme } = stage;
    this.#selection = select(scene, stage.state().filter);
    this.#ink = new Ink(theme);
    body.append(this.#root, this.#legend, element("div", { class: "sums" }, ...this.#lines));
    this.#table = new Table(stage, scores, this.#selection.key, this.#ink, this.#root);
    const { layout, node } = this.#table;
    this.#root.append(this.#bar(), this.#vectors, this.#headings, node, this.#mark, this.#card);
    place(this.#root, { width: layout.width, "--strip": layout.product.left });
    this.#root.classList.toggle("stacked", layout.stacked);
    this.#opened = this.#open();
    onPointer<Place>(this.#root, signal, {
      hit: (event) => this.#hit(event),
      point: (place) => this.#point(place),
      press: () => this.press(),
    });
  }

  /** Draws what the state says. */
  update(): void {
    const { layer, order } = this.stage.state();
    const wanted = [layer, this.#head, this.#query, order].join();
    if (wanted !== this.#drawn) {
      this.#drawn = wanted;
      this.#draw();
    }
    this.#look();
  }

  /** Moves the keyboard's look: up and down by keys, left and right by neurons as they are shown. */
  move(rows: number, columns: number): void {
    const { key, neuron } = this.#looked();
    const { key: keys } = this.#selection;
    const next = keys[clamp(keys.indexOf(key ?? this.#strongest()) + (key === null ? 0 : rows), keys.length)];
    const column = neuron === null ? 0 : clamp(this.#order.indexOf(neuron) + columns, this.#order.length);
    this.#point({ key: next, neuron: columns || neuron !== null ? this.#order[column] : null });
    this.#table.scrollTo(next);
  }

  /** Goes to another query. */
  step(by: number): void {
    const { query: queries } = this.#selection;
    this.stage.change({ query: queries[clamp(queries.indexOf(this.#query) + by, queries.length)] });
  }

  /** Pins the key and the neuron that are looked at, or unpins them. */
  press(): void {
    if (this.#at === NOTHING) return;
    const { key, neuron } = this.#pinned;
    const wanted = { key: this.#at.key ?? key, neuron: this.#at.neuron ?? neuron };
    const isPinned = wanted.key === key && wanted.neuron === neuron;
    this.stage.change(isPinned ? NOTHING : { query: this.#query, ...wanted });
  }

  leave(): void {
    this.#point(null);
  }

  /** What the reader pinned; of several keys the first. */
  get #pinned(): Place {
    const { key, neuron } = this.stage.state();
    return { key: firstOf(key), neuron };
  }

  get #query(): number {
    return openedQuery(this.stage.scene, this.#selection.query, firstOf(this.stage.state().query));
  }

  get #head(): number {
    return shownHead(this.stage.state());
  }

  #open(): Opened {
    return new Opened(this.scores, this.stage.scene, this.stage.state().layer, this.#head, this.#query);
  }

  /** The way back to all tokens, and on to another query. */
  #bar(): HTMLElement {
    const { stage } = this;
    const back = button("‹ All tokens", { class: "back" }, () => stage.change({ query: this.#query, expanded: false }));
    return element(
      "div",
      { class: "bar" },
      back,
      element("div", { class: "title" }, element("b", {}, "q"), this.#chooser.node),
    );
  }

  #draw(): void {
    const { stage } = this;
    const { layout } = this.#table;
    const opened = this.#open();
    this.#opened = opened;
    this.#order = opened.order(stage.state().order);
    const ends = endsOf(opened);
    const strips = vectors(opened, this.#order, layout, this.#ink, (head) => stage.change({ head }));
    const queries = this.#selection.query.map((query) => [query, labelOf(stage.scene.query[query])] as const);
    this.#chooser.show(queries, opened.query);
    this.#vectors.replaceChildren(...strips);
    this.#headings.replaceChildren(...headings(opened, layout));
    this.#table.draw({ opened, order: this.#order, ends });
    const hasMasked = this.#selection.key.some((key) => opened.isMasked(key));
    this.#legend.replaceChildren(...legend(ends, stage.theme, hasMasked));
    // What takes no longer than a moment is told at once, so that nothing moves when it comes.
    if (this.scores.size * this.#selection.query.length * this.#selection.key.length < AT_ONCE) this.#tellAll();
    else whenIdle(this.#tellAll, stage.signal);
  }

  /** Works out what takes a while. */
  readonly #tellAll = (): void => {
    const { layer, head } = this.#opened;
    this.scores.summary(layer, head);
    this.#look();
  };

  #hit(event: MouseEvent): Place | null {
    const { top, bottom, left, right } = this.#vectors.getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    const inVectors = y >= top && y < bottom && x >= left && x < right;
    return inVectors ? { key: null, neuron: this.#table.neuronAt(x - left) } : this.#table.hit(event);
  }

  #point(place: Place | null): void {
    this.#at = place ?? NOTHING;
    this.#look();
  }

  /** What is looked at, hovered before pinned. */
  #looked(): Place {
    const { key, neuron } = this.#pinned;
    return {
      key: this.#at.key ?? (this.#selection.key.includes(key ?? -1) ? key : null),
      neuron: this.#at.neuron ?? (this.#order.includes(neuron ?? -1) ? neuron : null),
    };
  }

  /** Marks what is looked at, and tells of it. */
  #look(): void {
    const at = this.#looked();
    const opened = this.#opened;
    const { units, order } = this.stage.state();
    this.#table.look(at, this.#pinned.key);
    this.#markVector(at.neuron);
    const [sum, drivers, check] = this.#lines;
    tell(sum, tellSum(opened, at.key ?? this.#strongest()));
    tell(check, tellCheck(opened));
    drivers.textContent = tellDrivers(opened, order);
    this.#showCard(at);
    // The switch for words is not there.
    const pieces = units === "words" ? "Neurons are of pieces, not of words." : null;
    this.stage.say(describe(opened, at) ?? pieces);
  }

  #strongest(): number {
    const { weights } = this.#opened.row;
    return this.#selection.key.reduce((best, key) => (weights[key] > weights[best] ? key : best));
  }

  #markVector(neuron: number | null): void {
    const chosen = this.#vectors.querySelector(':not([aria-pressed="false"]) > canvas');
    const column = this.#table.column(neuron);
    this.#mark.hidden = column < 0;
    if (!chosen) return;
    const { product, cell } = this.#table.layout;
    const { top, height } = chosen.getBoundingClientRect();
    const from = this.#root.getBoundingClientRect().top;
    place(this.#mark, { left: product.left + column * cell, width: cell, top: top - from, height });
  }

  #showCard({ neuron, key }: Place): void {
    this.#card.hidden = neuron === null;
    if (neuron === null) return;
    const lines = tellNeuron(this.#opened, neuron, key).map((line) => element("span", {}, line));
    this.#card.replaceChildren(element("b", {}, `Neuron ${neuron}`), ...lines);
    const { offsetWidth: width, offsetHeight: height } = this.#card;
    const { layout, node } = this.#table;
    const { product, cell, pitch, score, stacked } = layout;
    const x = product.left + this.#table.column(neuron) * cell;
    const right = x + cell + CARD_GAP;
    // The numbers stay in sight.
    const left = right + width > (stacked ? layout.width : score.left) ? x - CARD_GAP - width : right;
    const row = key === null ? -pitch : this.#table.top(key);
    const below = row + pitch + CARD_GAP / 2;
    const isLow = node.getBoundingClientRect().top + below + height > innerHeight;
    const top = node.offsetTop + (isLow ? row - CARD_GAP / 2 - height : below);
    place(this.#card, { left: Math.max(0, Math.min(left, layout.width - width)), top });
  }
}

function tell(node: HTMLElement, claim: Claim | null): void {
  node.textContent = claim?.text ?? "";
  node.classList.toggle("wrong", claim?.isWrong === true);
}
