import { headView } from "./head.ts";
import { matrixView } from "./matrix.ts";
import { modelView } from "./model.ts";
import { neuronView } from "./neuron.ts";
import { textView } from "./text.ts";
import type { View } from "./view.ts";

/** Every view, in the order of the switch. */
export const VIEWS: readonly View[] = [headView, modelView, neuronView, matrixView, textView];

/** Those that need no more than attention. */
export const ATTENTION_VIEWS: readonly View[] = [headView, modelView, matrixView, textView];
