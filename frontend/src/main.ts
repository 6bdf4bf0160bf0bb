/**
 * Data flows one way: bytes → exhibit → scene → state → drawing.
 *
 * - `bytes/`    where a view's data is, and how it is unpacked and read
 * - `exhibit/`  what was captured: tokens, attention, queries and keys
 * - `scene/`    what of it is shown: pieces or words, without the first token, one segment, less another exhibit; and how
 *               it is called
 * - `state.ts`  what the reader has chosen
 * - `drawing/`  colours, lines, cells, labels, pointer and keyboard: shared by all views
 * - `views/`    the drawings; each knows the stage that it is mounted on, and nothing of the page
 * - `take/`     what readers take along: SVG, PNG, CSV, a fence, a table
 * - `frame/`    what stands around a drawing, or around two side by side: toolbar, notes, readout
 * - `page/`     what ties views to their page: its address, other views, a tour
 * - `gallery/`  what filters the lists of exhibits of a page
 * - `styles/`   one sheet for each of these
 *
 * `element.ts` brings them together, and `start.ts` starts it: here with all views, in `lean.ts` without the neuron view.
 */

import { start } from "./start.ts";
import { VIEWS } from "./views/registry.ts";

start(VIEWS);
