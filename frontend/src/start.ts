import { AttnView } from "./element.ts";
import { listen } from "./page/links.ts";
import type { View } from "./views/view.ts";

/** Makes `<attn-view>` an element that offers these views. */
export function start(views: readonly View[]): void {
  // A page may load the bundle twice, for instance after instant navigation.
  if (customElements.get("attn-view")) return;
  AttnView.views = views;
  customElements.define("attn-view", AttnView);
  listen();
}
