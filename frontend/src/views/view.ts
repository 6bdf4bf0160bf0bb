import type { Exhibit } from "../exhibit.ts";
import type { State } from "../state.ts";
import type { Theme } from "../theme.ts";

/** What a view draws on and with. A view is mounted anew when the exhibit, filter, theme or width changes. */
export interface Stage {
  /** Empty at first; it takes the keyboard's focus. */
  readonly body: HTMLElement;
  readonly exhibit: Exhibit;
  readonly theme: Theme;
  /** Of the body, in CSS pixels. */
  readonly width: number;
  /** Aborted when the view is taken down. */
  readonly signal: AbortSignal;
  state(): State;
  change(change: Partial<State>): void;
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
  readonly hasLayer: (state: State) => boolean;
  /** A choice of the view's own: a field of the state, and its values with their names. */
  readonly choice?: Choice;
  /** Draws; what it returns draws again after a change of state. */
  mount(stage: Stage): () => void;
}

export interface Choice {
  readonly field: "scale" | "thumbnails";
  readonly label: string;
  readonly options: Readonly<Record<string, string>>;
  /** The value in force, where the state leaves it to the view. */
  value(state: State, exhibit: Exhibit): string;
}
