import { element } from "../drawing/dom.ts";
import { onKeys } from "../drawing/interaction.ts";
import { parseNeurons } from "../exhibit/neurons.ts";
import { select } from "../scene/selection.ts";
import { oneHead } from "../scene/shown.ts";
import { firstOf, type State, shownHead } from "../state.ts";
import css from "../styles/neuron.css";
import { Bipartite } from "./bipartite/bipartite.ts";
import { Expanded } from "./neuron/expanded.ts";
import { Opened, openedQuery } from "./neuron/opened.ts";
import type { Stage, View } from "./view.ts";
import { walk } from "./walk.ts";

/** How one head's attention comes of its queries and keys, neuron by neuron. */
export const neuronView: View = {
  name: "neuron",
  title: "Neuron",
  hint: "Point at a token or a neuron to read its numbers; click to open or pin it.",
  description:
    "One query against all keys. Up and down choose a key, left and right a neuron, Page Up and Page Down the query, " +
    "comma and full stop the head; Enter opens or pins, Escape lets go or leads back to all tokens.",
  heads: "one",
  hasLayer: () => true,
  asCaptured: true,
  css,
  readNeurons: parseNeurons,
  keyNumbers(scene, state, neurons) {
    const numbers = state.expanded ? neurons?.of(scene.attention.name) : null;
    if (!numbers) return null;
    const shown = select(scene, state.filter);
    const query = openedQuery(scene, shown.query, firstOf(state.query));
    const opened = new Opened(numbers, scene, state.layer, shownHead(state), query);
    const { dots, scores, weights } = opened.row;
    const keys = shown.key.filter((key) => !opened.isMasked(key));
    return { query: opened.name("query"), keys, columns: { q·k: dots, Score: scores, Weight: weights }, weights };
  },
  own: {
    field: "order",
    label: "Neurons by",
    options: { index: "index", token: "token share", head: "head share" },
    isOffered: ({ expanded }) => expanded,
    value: ({ order }) => order,
  },

  mount(stage) {
    const { neurons, scene, body } = stage;
    if (!neurons) {
      body.append(element("p", { class: "note" }, "Loading the neurons …"));
      return () => {};
    }
    const scores = neurons.of(scene.attention.name);
    if (!scores) {
      body.append(element("p", { class: "note" }, "The neurons of this attention were not captured."));
      return () => {};
    }
    const expanded = stage.state().expanded ? new Expanded(stage, scores) : null;
    const drawing = expanded ?? allTokens(stage);
    onKeys(stage, {
      move: (rows, columns) => drawing.move(rows, columns),
      press: (add) => drawing.press(add),
      cancel: () => {
        const { key, neuron } = stage.state();
        stage.change(key === null && neuron === null ? { expanded: false } : { key: null, neuron: null });
      },
      leave: () => drawing.leave(),
      ...walk(stage, () => shownHead(stage.state())),
      ...(expanded && { page: (by: number) => expanded.step(by) }),
    });
    return () => drawing.update();
  },
};

/** All tokens and the lines between them; a query opens where the head view pins it. */
function allTokens(stage: Stage): Bipartite {
  const change = (change: Partial<State>) =>
    stage.change("query" in change ? { query: change.query ?? stage.state().query, expanded: true } : change);
  const drawn = () => {
    const state = stage.state();
    return { ...oneHead(state.layer, shownHead(state)), colour: () => stage.theme.accent };
  };
  stage.body.classList.add("collapsed");
  stage.body.append(element("p", { class: "note" }, "⊕ opens a token: its query against all keys, neuron by neuron."));
  return new Bipartite({ ...stage, change }, drawn, stage.body);
}
