// A conversation as one HTML file that needs nothing else. It is built of elements, so the browser itself escapes it.

import { byQuotes } from "./answer.js";
import { el, quoted } from "./dom.js";
import { addresses, numbered, oneLine, siteOf } from "./export.js";
import { day, moment, t } from "./i18n.js";

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const STYLE = `
:root {
  color-scheme: light dark;
  --muted: color-mix(in srgb, var(--ink) 68%, var(--paper));
  --line: color-mix(in srgb, var(--ink) 25%, var(--paper));
}
body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.55 Charter, Georgia, serif;
  overflow-wrap: anywhere;
}
main { max-width: 40rem; margin: 0 auto; padding: 2rem clamp(1rem, 4vw, 2rem) 4rem; }
h1 { font-size: 1.75rem; line-height: 1.25; }
h2 {
  margin-top: 2.5rem;
  padding-top: 1.5rem;
  border-top: 1px solid var(--line);
  font-size: 1.25rem;
  line-height: 1.35;
  white-space: pre-wrap;
}
h3, .about, .asked, .where { color: var(--muted); font-size: .875rem; }
.short { font-size: 1.5rem; line-height: 1.3; }
.notice, .refusal { padding-inline-start: 1rem; border-inline-start: 3px double var(--muted); }
blockquote { margin: .5rem 0; padding-inline-start: 1rem; border-inline-start: 2px solid var(--line); }
li { margin-block: 1rem; }
li p { margin-block: .25rem; }
a { color: var(--accent); }
sup a, .back { padding: .25rem .375rem; text-decoration: none; }
:target { outline: 2px solid var(--accent); outline-offset: .25rem; }
@media print {
  :root { color-scheme: light; --paper: white; --ink: black; --accent: black; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; }
  li, blockquote { break-inside: avoid; }
  .where a[href^="http"]::after { content: " <" attr(href) ">"; }
  .back { display: none; }
}
`;

// In the language and the colours of this page, which `web/rendering.py` puts into its head.
export function conversationAsHtml({ title, created, exchanges }, origin) {
  const head = el(
    "head",
    {},
    el("meta", { charset: "utf-8" }),
    el("meta", { "http-equiv": "Content-Security-Policy", content: POLICY }),
    el("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    el("meta", { name: "color-scheme", content: "light dark" }),
    el("title", {}, oneLine(title)),
    el("style", {}, document.querySelector("head style").textContent, STYLE),
  );
  const about = [t("export.about", { when: moment(created) }), " ", link(siteOf(origin))];
  const main = el(
    "main",
    {},
    el("h1", { dir: "auto" }, oneLine(title)),
    el("p", { class: "about" }, about),
    numbered(exchanges).map((exchange) => turn(exchange, origin)),
  );
  const page = el("html", { lang: document.documentElement.lang }, head, el("body", {}, main));
  return `<!doctype html>\n${page.outerHTML.replaceAll("\r", "&#13;")}\n`;
}

function turn({ question, answer, numbers }, origin) {
  const asked = [t("answer.searched_for"), " ", el("q", { dir: "auto" }, answer.asked)];
  return el(
    "article",
    {},
    el("h2", { dir: "auto" }, question),
    answer.asked !== question && el("p", { class: "asked" }, asked),
    answer.notice && el("p", { class: "notice" }, t("export.notice"), " ", quoted("bdi", {}, answer.notice)),
    answer.answered ? answered(answer, new Notes(numbers), origin) : refused(answer, origin),
  );
}

// The footnotes of an answer: from each mark to its source, and back.
class Notes {
  constructor(numbers) {
    this.numbers = numbers;
    this.uses = new Map([...numbers.keys()].map((n) => [n, 0]));
  }

  marks(citations) {
    return citations.filter((n) => this.numbers.has(n)).map((n) => {
      this.uses.set(n, this.uses.get(n) + 1);
      const number = this.numbers.get(n);
      const attributes = { id: `mark-${number}-${this.uses.get(n)}`, href: `#source-${number}`, role: "doc-noteref" };
      return el("sup", {}, el("a", attributes, `[${number}]`));
    });
  }

  source(citation, origin) {
    const number = this.numbers.get(citation.n);
    const back = Array.from({ length: this.uses.get(citation.n) }, (_, i) => {
      const name = t("export.back", { n: number, use: i + 1 });
      const attributes = { class: "back", href: `#mark-${number}-${i + 1}`, role: "doc-backlink", "aria-label": name };
      return [" ", el("a", attributes, "↩")];
    });
    return el("li", { id: `source-${number}`, value: number }, quote(citation, origin, back));
  }
}

function answered(answer, notes, origin) {
  const text = answer.disagreement ? disagreement(answer, notes) : statement(answer, notes);
  const sources = answer.citations.map((citation) => notes.source(citation, origin));
  return [text, sources.length > 0 && [el("h3", {}, t("answer.sources")), el("ol", {}, sources)]];
}

function statement(answer, notes) {
  const { short_answer: short } = answer;
  return [
    short && quoted("p", { class: "short" }, short),
    byQuotes(answer.sentences).map((group) =>
      el("p", {}, group.map(({ text, citations }) => [quoted("bdi", {}, text), notes.marks(citations), " "])),
    ),
  ];
}

function disagreement({ disagreement: { sides }, citations: all }, notes) {
  const quotes = new Map(all.map(({ n, quote }) => [n, quote]));
  const items = sides.map(({ short_answer: short, citations }) =>
    el(
      "li",
      {},
      quoted("p", { class: "short" }, short),
      citations.filter((n) => quotes.has(n)).map((n) =>
        el("p", {}, quoted("q", {}, quotes.get(n)), notes.marks([n])),
      ),
    ),
  );
  return [el("p", {}, t("export.disagree")), el("ul", {}, items)];
}

function refused({ refusal, closest, unknown_words: unknown }, origin) {
  const words = unknown.map((word, i) => [i > 0 && ", ", el("q", { dir: "auto" }, word)]);
  return el(
    "div",
    { class: "refusal" },
    el("p", {}, el("strong", {}, t(`refusal.${refusal}`))),
    words.length > 0 && el("p", {}, t("refusal.unknown"), " ", words),
    closest && [el("p", {}, t("export.closest")), quote(closest, origin)],
  );
}

function quote(passage, origin, back = null) {
  const links = addresses(passage, origin);
  const { title, published } = passage;
  const date = published && [", ", el("time", { datetime: published }, day(published))];
  return [
    el("p", {}, quoted("cite", {}, title), date),
    quoted("blockquote", { cite: links.at(-1).href }, passage.quote),
    el("p", { class: "where" }, links.map((address, i) => [i > 0 && " · ", link(address)]), back),
  ];
}

function link({ href, label }) {
  return el("a", { href, rel: "noreferrer" }, label);
}
