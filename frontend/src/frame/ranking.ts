/** By which statistic the model view ranks heads, and from which value on it shows them. */

import { chooser, slider } from "../drawing/controls.ts";
import { element } from "../drawing/dom.ts";
import { isOffered, STATISTICS, type Statistic } from "../exhibit/statistics.ts";
import { formatStatistic, mostOf } from "../scene/ranking.ts";
import type { State } from "../state.ts";
import { rankedBy } from "../views/measured.ts";
import type { Toolbar } from "./toolbar.ts";

const IN_LAYERS = "index";

export function ranking(change: (change: Partial<State>) => void): Toolbar {
  let most = 1;
  const titles = Object.fromEntries(STATISTICS.map((name) => [name, name]));
  // What is enough of one statistic is not of another.
  const sort = (sort: string) => change({ sort, least: null } as Partial<State>);
  const select = chooser("Sort heads by", { [IN_LAYERS]: "layer and head", ...titles }, sort);
  const filter = (percent: number) => change({ least: percent ? Math.round(percent * most) / 100 : null });
  const least = slider("At least", { min: "0", max: "100" }, filter);
  const node = element("div", { class: "ranking" }, element("label", {}, "Sort by", select), least.node);
  return {
    node,
    update: (state, view, _, scene) => {
      const by = rankedBy(state, scene);
      node.hidden = !view.ranks || scene.signed !== null;
      select.value = by ?? IN_LAYERS;
      for (const option of select.options) {
        option.hidden = option.value !== IN_LAYERS && !isOffered(option.value as Statistic, scene.attention);
      }
      least.node.hidden = !by;
      if (!by) return;
      most = mostOf(by, scene.attention.key.length);
      const value = state.least ?? 0;
      least.show((value / most) * 100, formatStatistic(by, value));
    },
  };
}
