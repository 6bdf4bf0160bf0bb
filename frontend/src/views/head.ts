import { onKeys } from "../drawing/interaction.ts";
import { Bipartite } from "./bipartite/bipartite.ts";
import type { View } from "./view.ts";

/** Queries left, keys right, a line for each weight of the chosen heads. */
export const headView: View = {
  name: "head",
  title: "Head",
  hint: "Point at a token to see its links; click to pin it.",
  description: "Attention of the chosen heads. Up and down choose a token, left and right a side, Enter pins it.",
  heads: "many",
  hasLayer: () => true,

  mount(stage) {
    const shown = () => {
      const { layer, heads } = stage.state();
      return { layer, heads, colour: stage.theme.head };
    };
    const drawing = new Bipartite(stage, shown, stage.body);
    onKeys(stage, {
      move: (rows, columns) => drawing.move(rows, columns),
      press: () => drawing.press(),
      cancel: () => stage.change({ query: null, key: null }),
      leave: () => drawing.leave(),
    });
    return () => drawing.update();
  },
};
