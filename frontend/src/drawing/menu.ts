import { own } from "../own.ts";
import { button, element, place } from "./dom.ts";
import { rove } from "./rove.ts";

export type Item = readonly [title: string, act: () => unknown];

/** Around a menu, and what it takes, in CSS pixels. */
const GAP = 4;
const SIZE = { width: 180, row: 32, pad: 14 };

/** A button, and the list of others that it opens above the page and that the browser closes. */
export function menu(title: string, items: () => readonly Item[]): HTMLElement[] {
  const list = element("div", { class: "menu", popover: "", role: "menu", "aria-label": title });
  const opener = element("button", { type: "button", "aria-haspopup": "menu", "aria-expanded": "false" }, title);
  opener.popoverTargetElement = list;
  const close = () => list.hidePopover();
  const entry = ([name, act]: Item, i: number) =>
    button(name, { role: "menuitem", ...(i ? {} : { autofocus: "" }) }, () => {
      close();
      act();
    });
  rove(list);
  list.addEventListener("keydown", ({ key }) => key === "Tab" && close());
  list.addEventListener("beforetoggle", (event) => {
    const isOpen = (event as ToggleEvent).newState === "open";
    opener.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) {
      if (list.matches(":focus-within")) opener.focus();
      return;
    }
    list.replaceChildren(...items().map(entry));
    const { clientWidth, clientHeight } = own("documentElement");
    const box = opener.getBoundingClientRect();
    const right = Math.min(Math.max(GAP, clientWidth - box.right), clientWidth - SIZE.width - GAP);
    const below = clientHeight - box.bottom - GAP > list.childElementCount * SIZE.row + SIZE.pad;
    list.removeAttribute("style");
    place(list, { right: right - scrollX });
    if (below) place(list, { top: box.bottom + scrollY + GAP });
    else place(list, { bottom: clientHeight - box.top - scrollY + GAP });
  });
  return [opener, list];
}
