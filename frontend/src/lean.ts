/** For pages without a neuron view: a sixth less to load. */

import { start } from "./start.ts";
import { ATTENTION_VIEWS } from "./views/registry.ts";

start(ATTENTION_VIEWS);
