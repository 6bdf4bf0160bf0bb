import { AttnView } from "./element.ts";
import { AttnGallery } from "./gallery/gallery.ts";
import { listen } from "./page/links.ts";
import type { View } from "./views/view.ts";

/** Makes `<attn-view>` an element that offers these views, and `<attn-gallery>` one that filters lists of exhibits. */
export function start(views: readonly View[]): void {
  // A page may load the bundle twice, for instance after instant navigation.
  if (customElements.get("attn-view")) return;
  AttnView.views = views;
  customElements.define("attn-view", AttnView);
  customElements.define("attn-gallery", AttnGallery);
  listen();
}
