/** What of one exhibit, or of two that are compared, is drawn. */

import type { Attention, Exhibit } from "../exhibit/exhibit.ts";
import type { AttentionShape, State } from "../state.ts";
import { align } from "./align.ts";
import { difference, type Pairs, reachOf } from "./difference.ts";
import { Captured, type Scene, type Switches } from "./scene.ts";
import type { Side } from "./tokens.ts";

/** One of what is compared; one alone has no name. */
export interface Compared {
  readonly name: string;
  readonly exhibit: Exhibit;
}

/** What there is to choose from: the first's attentions, with the layers and heads that one of two has at least. */
export function shapesOf([first, second]: readonly Compared[]): AttentionShape[] {
  return first.exhibit.attentions.map((attention) => {
    const { name, query, key, hasPair } = attention;
    const other = second && counterpart(second, name);
    return { name, query, key, hasPair, ...reachOf(other ? [attention, other] : [attention]) };
  });
}

/** The attention of that name, if it has one. */
export const counterpart = ({ exhibit }: Compared, name: string): Attention | undefined =>
  exhibit.attentions.find((attention) => attention.name === name);

/** The scenes that are drawn beside one another: the first alone where the other has no such attention. */
export function scenesOf(
  [one, other]: readonly Compared[],
  { attention: name, comparison }: Pick<State, "attention" | "comparison">,
  switches: Switches,
): readonly Scene[] {
  const first = new Captured(one.exhibit.find(name), switches, one.name);
  const attention = other && counterpart(other, name);
  if (!attention || comparison === "first") return [first];
  const second = new Second(attention, switches, other.name, first);
  if (comparison === "difference") return [difference(first, second, second.pairs)];
  return comparison === "both" ? [first, second] : [second];
}

/** The second of two: tokens of the state are those of the first. */
class Second extends Captured {
  readonly pairs: Pairs;

  constructor(
    attention: Attention,
    switches: Switches,
    name: string,
    private readonly first: Scene,
  ) {
    super(attention, switches, name);
    const query = align(first.query, this.query);
    this.pairs = {
      query,
      key: first.key === first.query && this.key === this.query ? query : align(first.key, this.key),
    };
  }

  override shownAt(side: Side, piece: number): number | null {
    const token = this.first.shownAt(side, piece);
    return this.pairs[side].find(([first]) => first === token)?.[1] ?? null;
  }

  override pieceAt(side: Side, shown: number): number | null {
    const token = this.pairs[side].find(([, second]) => second === shown)?.[0] ?? null;
    return token === null ? null : this.first.pieceAt(side, token);
  }
}
