// Makes elements. Strings become text nodes: nothing in this page is ever parsed as HTML.

// Attributes and children that are null, undefined or false are left out; lists of children may be nested.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// A real link to a span of an article, so that it can be copied and opened in a new tab; a plain click opens the
// article beside the chat, by calling `open` with { id, start, end }.
export function articleLink({ article_id: id, start, end }, open, attributes, ...children) {
  const href = `/articles/${encodeURIComponent(id)}?start=${start}&end=${end}`;
  const link = el("a", { href, ...attributes }, ...children);
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open({ id, start, end });
  });
  return link;
}

// An article's own address as a link, if it is one that can be linked to; `javascript:` and the like are not.
export function siteLink(url) {
  const address = url && URL.canParse(url) ? new URL(url) : null;
  if (address?.protocol !== "https:" && address?.protocol !== "http:") return null;
  return el("a", { href: address.href, target: "_blank", rel: "noopener" }, address.hostname);
}
