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

export function button(name, onClick, attributes = {}) {
  const node = el("button", { type: "button", ...attributes }, name);
  node.addEventListener("click", onClick);
  return node;
}

// Words of an article: in its language, not the page's, and in whatever direction they are written.
export function quoted(tag, attributes, ...children) {
  return el(tag, { lang: "en", dir: "auto", ...attributes }, ...children);
}

// The address of a span of an article. It opens for anyone; `pane.js` opens it beside the page.
export function spanAddress({ article_id: id, start, end }) {
  return `/articles/${encodeURIComponent(id)}?start=${start}&end=${end}`;
}

// An article's own address, if it is one that can be linked to; `javascript:` and the like are not.
export function siteAddress(url) {
  const address = url && URL.canParse(url) ? new URL(url) : null;
  return address?.protocol === "https:" || address?.protocol === "http:" ? address : null;
}

// A link there. With a quote it leads to these words, in browsers that know text fragments.
export function siteLink(url, quote = null, name = (site) => site) {
  const address = siteAddress(url);
  if (!address) return null;
  if (quote) address.hash = `${address.hash}:~:text=${textFragment(quote)}`;
  return el("a", { href: address.href, target: "_blank", rel: "noopener" }, name(address.hostname));
}

const WORDS_AT_EACH_END = 5;

// https://wicg.github.io/scroll-to-text-fragment/: the words, or the first and the last of many.
function textFragment(quote) {
  const words = quote.split(/\s+/).filter(Boolean);
  const encode = (some) => encodeURIComponent(some.join(" ")).replaceAll("-", "%2D");
  if (words.length <= 2 * WORDS_AT_EACH_END && !/\n/.test(quote.trim())) return encode(words);
  return `${encode(words.slice(0, WORDS_AT_EACH_END))},${encode(words.slice(-WORDS_AT_EACH_END))}`;
}
