import { AttnView } from "./element.ts";

// A page may load the bundle twice, for instance after instant navigation.
if (!customElements.get("attn-view")) customElements.define("attn-view", AttnView);
