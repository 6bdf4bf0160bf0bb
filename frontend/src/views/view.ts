import type { Theme } from "../drawing/theme.ts";
import type { Exhibit } from "../exhibit/exhibit.ts";
import type { Neurons } from "../exhibit/neurons.ts";
import type { Scene } from "../scene/scene.ts";
import type { Look } from "../scene/seen.ts";
import type { Choice } from "../scene/shown.ts";
import type { State } from "../state.ts";

/** What a view draws on and with. A view is mounted anew when the scene, filter, theme or width changes. */
export interface Stage {
  /** Empty at first; it takes the keyboard's focus. */
  readonly body: HTMLElement;
  /** What is to be drawn. */
  readonly scene: Scene;
  /** The scenes that are drawn beside one another, this one among them: one shade means the same in all of them. */
  readonly scenes: readonly Scene[];
  /** What the attention is made of; null where it was not captured, and until it is loaded. */
  readonly neurons: Neurons | null;
  readonly theme: Theme;
  /** Of the body, in CSS pixels. */
  readonly width: number;
  /** Aborted when the view is taken down. */
  readonly signal: AbortSignal;
  /** Its `query` and `key`, like those of a change, are indices into the scene's tokens. */
  state(): State;
  change(change: Partial<State>): void;
  /** Whether a finger's choice is added to those before it. */
  adds(): boolean;
  /** The head whose tile the reader looks at, to be shown alone meanwhile. */
  peeked(): number | null;
  /** What is pointed at in the drawing beside this one; tokens are this scene's, null for one that it doesn't have. */
  looked(): Look | null;
  /** Tells the drawing beside this one what is pointed at in this one. */
  look(at: Look | null): void;
  /** Tells the reader in one line what is looked at; null gives the view's hint again. */
  say(line: string | null): void;
}

export interface View {
  /** As in `State.view`. */
  readonly name: string;
  readonly title: string;
  /** What to do, told while nothing is looked at. */
  readonly hint: string;
  /** Accessible description of the drawing. */
  readonly description: string;
  /** How many heads are chosen with the tiles. */
  readonly heads: "many" | "one" | "none";
  /** Tells heads apart by their hues. */
  readonly hues?: true;
  readonly hasLayer: (state: State) => boolean;
  /** Draws the numbers as they were captured: no words, and the first token like any other. */
  readonly asCaptured?: true;
  /** What it shows, for a view that can show several heads or layers as one and of a query the strongest keys only. */
  readonly shows?: (state: State) => Choice;
  /** Shows heads in the order of a statistic, too. */
  readonly ranks?: true;
  /** Reads what attention is made of, for a view that shows it; such a view is offered where that was captured. */
  readonly readNeurons?: (raw: Uint8Array, exhibit: Exhibit) => Neurons;
  /** Styles that no other view needs. */
  readonly css?: string;
  /** What it tells of one query, key by key, beside the weights; null where it tells nothing but weights. */
  readonly keyNumbers?: (scene: Scene, state: State, neurons: Neurons | null) => KeyNumbers | null;
  /** A choice of the view's own: a field of the state, and its values with their names. */
  readonly own?: Own;
  /** Draws; what it returns draws again after a change of state. */
  mount(stage: Stage): () => void;
}

/** Numbers of one query, an entry for each of the scene's keys. */
export interface KeyNumbers {
  /** Its name. */
  readonly query: string;
  /** Those that it sees. */
  readonly keys: readonly number[];
  /** By their titles. */
  readonly columns: Readonly<Record<string, Float64Array>>;
  readonly weights: Float64Array;
}

export interface Own {
  readonly field: "scale" | "thumbnails" | "order";
  readonly label: string;
  readonly options: Readonly<Record<string, string>>;
  /** Whether there is something to choose; always, where it isn't said. */
  isOffered?(state: State, scene: Scene): boolean;
  /** The value in force, where the state leaves it to the view. */
  value(state: State, scene: Scene): string;
}
