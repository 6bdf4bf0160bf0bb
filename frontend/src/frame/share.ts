import { button, element } from "../drawing/dom.ts";

/** Copies the address of what is shown; where the browser refuses, it is there to be copied by hand. */
export function share(address: () => string, say: (line: string) => void): HTMLElement {
  const copy = async () => {
    field.value = address();
    try {
      await navigator.clipboard.writeText(field.value);
      say("Copied.");
    } catch {
      field.hidden = false;
      field.select();
      say("The browser doesn't let this page copy; the link is selected.");
    }
  };
  const field = element("input", { readonly: "", hidden: "", "aria-label": "Link" });
  return element("div", { class: "share" }, button("Copy link", {}, copy), field);
}
