/** Views that the page's address drives. The browser follows the links; here is only listened. */

import type { AttnView } from "../element.ts";
import { own } from "../own.ts";
import type { State } from "../state.ts";
import { type Link, readAddress } from "./address.ts";

const MARK_MS = 1500;

/** Views that links drive, as they were before. */
const driven = new Map<AttnView, State>();
/** The address before links drove a view. */
let home = "";
/** Whether the reader goes back or forward in the history, and is left where the browser leads. */
let isReturning = false;
let timer = 0;

/** Once a page. */
export function listen(): void {
  home = withoutHash();
  // Browsers without it scroll after a return, too.
  window.navigation?.addEventListener("navigate", ({ navigationType }) => {
    isReturning = navigationType === "traverse";
  });
  addEventListener("hashchange", () => later());
  addEventListener("popstate", () => later());
  // A second click on a link makes no change of address, and a site's own navigation may make one silently.
  addEventListener("click", ({ target }) => {
    const link = target instanceof Element && target.closest<HTMLAnchorElement>("a[href^='#attn:']");
    if (link) later(link.hash);
  });
}

/** A view has come into the page; the address may be its own. */
export function arrived(view: HTMLElement): void {
  const link = readAddress(location.hash);
  if (!link || link.name !== view.dataset.name) return;
  home = withoutHash();
  later();
}

/** This page's address without what stands behind `#`. */
export const withoutHash = (): string => location.href.split("#")[0];

/** Goes where the browser has gone, if that is where it was to go; what comes at once is done once. */
function later(wanted?: string): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    const { hash } = location;
    const link = readAddress(hash);
    if (!link) rest();
    else if (hash === (wanted ?? hash)) drive(link);
  });
}

function rest(): void {
  const here = location.href;
  if (here === home) {
    for (const [view, state] of driven) view.state = state;
    driven.clear();
  }
  if (!driven.size) home = here;
}

async function drive({ name, state }: Link): Promise<void> {
  const view = own("querySelector")<AttnView>(`attn-view[data-name="${CSS.escape(name)}"]`);
  const here = location.href;
  await view?.ready.catch(() => {}); // told in the element
  if (!view?.state || view.error || location.href !== here) return;
  for (const old of driven.keys()) if (!old.isConnected) driven.delete(old);
  if (!driven.has(view)) driven.set(view, view.state);
  view.show(state);
  if (!isReturning) bringIntoSight(view);
}

function bringIntoSight(view: AttnView): void {
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  view.scrollIntoView({ block: "nearest", behavior: isCalm ? "instant" : "smooth" });
  if (isCalm) return;
  const outline = ["2px solid var(--accent)", "2px solid transparent"];
  view.shadowRoot?.firstElementChild?.animate({ outline, outlineOffset: ["8px", "8px"] }, MARK_MS);
}
