/**
 * What a document has by itself: an image in a page that has the name "createElement" takes the place of
 * `document.createElement`.
 */
export function own<Name extends keyof Document>(name: Name, of = document): Document[Name] {
  const value = Reflect.get(Document.prototype, name, of);
  return typeof value === "function" ? value.bind(of) : value;
}
