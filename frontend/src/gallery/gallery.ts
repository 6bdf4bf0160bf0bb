import { button, element } from "../drawing/dom.ts";
import { own } from "../own.ts";
import { distinct, type Found, fits, isAsked, readWanted, type Wanted, writeWanted } from "./filter.ts";

interface Card extends Found {
  readonly place: HTMLElement;
}

/** `<attn-gallery>`: filters the lists of exhibits of its page. Without it, all are shown. */
export class AttnGallery extends HTMLElement {
  private cards: readonly Card[] = [];
  private readonly query = element("input", { type: "search", autocomplete: "off", spellcheck: "false" });
  private model = element("select");
  private tag = element("select");
  private readonly count = element("p", { role: "status" });
  private readonly all = button("Show all", {}, () => {
    this.wanted = { q: "", model: "", tag: "" };
    this.query.focus();
  });

  connectedCallback(): void {
    this.cards = [...own("querySelectorAll")<HTMLElement>(".attnviz-card")].map(readCard);
    // What leaves nothing to choose is not offered.
    if (this.cards.length < 2) return;
    const [models, tags] = [this.every("models"), this.every("tags")];
    this.model = choice(models);
    this.tag = choice(tags);
    const labelled = (name: string, control: HTMLElement) => element("label", {}, name, control);
    const controls = [
      labelled("Search", this.query),
      models.length > 1 ? labelled("Model", this.model) : null,
      tags.length > 1 ? labelled("Tag", this.tag) : null,
    ].filter((control) => control !== null);
    this.replaceChildren(...controls, this.all, this.count);
    this.oninput = () => this.change();
    addEventListener("popstate", this.read);
    this.read();
  }

  disconnectedCallback(): void {
    removeEventListener("popstate", this.read);
  }

  private get wanted(): Wanted {
    return { q: this.query.value, model: this.model.value, tag: this.tag.value };
  }

  private set wanted({ q, model, tag }: Wanted) {
    this.query.value = q;
    this.model.value = model;
    this.tag.value = tag;
    this.change();
  }

  private readonly read = (): void => {
    const { q, model, tag } = readWanted(location.search, this.every("models"), this.every("tags"));
    [this.query.value, this.model.value, this.tag.value] = [q, model, tag];
    this.show();
  };

  private change(): void {
    this.show();
    try {
      history.replaceState(history.state, "", writeWanted(location.href, this.wanted));
    } catch {
      // A frame without an address of its own takes none, and a browser takes only so many in a time.
    }
  }

  private show(): void {
    const { cards, wanted } = this;
    for (const card of cards) card.place.hidden = !fits(card, wanted);
    for (const list of new Set(cards.map(({ place }) => place.parentElement))) if (list) showSection(list);
    const left = cards.filter(({ place }) => !place.hidden).length;
    this.all.hidden = !isAsked(wanted);
    this.count.textContent = isAsked(wanted) ? `${left} of ${cards.length} exhibits` : `${cards.length} exhibits`;
  }

  private every(what: "models" | "tags"): string[] {
    return distinct(this.cards.flatMap((card) => card[what]));
  }
}

function readCard(place: HTMLElement): Card {
  const said = (name: string) => [...place.querySelectorAll(name)].map(({ textContent }) => textContent ?? "");
  const words = `${place.dataset.text} ${place.textContent}`;
  return { place, words, models: said(".attnviz-model"), tags: said(".attnviz-tag") };
}

function choice(names: readonly string[]): HTMLSelectElement {
  return element(
    "select",
    {},
    element("option", { value: "" }, "All"),
    ...names.map((name) => element("option", { value: name }, name)),
  );
}

/** A list of which nothing is left goes with its heading, and with what stands between. */
function showSection(list: HTMLElement): void {
  const hidden = [...list.children].every((card) => (card as HTMLElement).hidden);
  list.hidden = hidden;
  for (let part = list.previousElementSibling; part; part = part.previousElementSibling) {
    if (!(part instanceof HTMLElement) || part.matches("h1, .attnviz-filter, .attnviz-cards")) return;
    part.hidden = hidden;
    if (part.matches("h2, h3, h4, h5, h6")) return;
  }
}
