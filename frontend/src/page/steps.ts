/** A tour through a view: steps with a caption and a state each. */

import { isRecord } from "../bytes/safetensors.ts";
import { reduce, type Shape, type State } from "../state.ts";

export interface Step {
  readonly caption: string;
  /** What it shows in place of what the author wrote for the view. */
  readonly state: unknown;
}

export const isSteps = (value: unknown): value is Step[] =>
  Array.isArray(value) && value.every((step) => isRecord(step) && typeof step.caption === "string");

/** Where a change sets out from: a step starts from what the author wrote, anything else from the present state. */
export function setOut(change: unknown, present: State, authored: State, steps: readonly Step[], shape: Shape): State {
  const wanted = (change as Partial<State> | null)?.step;
  const step = steps.find((_, number) => number === wanted);
  return step ? reduce(authored, step.state, shape) : present;
}
