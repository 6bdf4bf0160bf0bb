import { onKeys } from "../drawing/interaction.ts";
import { choiceOf, joinsLayers } from "../scene/shown.ts";
import { Bipartite } from "./bipartite/bipartite.ts";
import type { View } from "./view.ts";
import { onlyHead, WALK, walk } from "./walk.ts";

/** Queries left, keys right, a line for each weight of the chosen heads. */
export const headView: View = {
  name: "head",
  title: "Head",
  hint: "Point at a token to see its links; click to pin it.",
  description: `Up and down choose a token, left and right a side, Enter pins it, Shift with Enter adds it. ${WALK}`,
  heads: "many",
  hues: true,
  hasLayer: (state) => !joinsLayers(state),
  shows: choiceOf,

  mount(stage) {
    const { theme } = stage;
    const colour = (head: number | null) => (head === null ? theme.accent : theme.head(head));
    const drawing = new Bipartite(stage, () => ({ ...choiceOf(stage.state()), colour }), stage.body);
    onKeys(stage, {
      move: (rows, columns) => drawing.move(rows, columns),
      press: (add) => drawing.press(add),
      cancel: () => stage.change({ query: null, key: null }),
      leave: () => drawing.leave(),
      ...walk(stage, () => onlyHead(stage.state())),
    });
    return () => drawing.update();
  },
};
