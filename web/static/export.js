// Answers as text to take away: for the clipboard, for a file. Whatever an article or a model says stays words there:
// it can neither become markup nor lead anywhere. What was withheld is not told.

import { byQuotes } from "./answer.js";
import { siteAddress, spanAddress } from "./dom.js";
import { day, moment, t } from "./i18n.js";

export function answerAsText({ answer }, origin) {
  return told(answer, ownNumbers(answer), TEXT, origin);
}

export function answerAsMarkdown({ answer }, origin) {
  return told(answer, ownNumbers(answer), MARKDOWN, origin);
}

export function conversationAsMarkdown({ title, created, exchanges }, origin) {
  const about = `${t("export.about", { when: moment(created) })} ${FOOTNOTES.links([siteOf(origin)])}`;
  const turns = numbered(exchanges).map(({ question, answer, numbers }) =>
    [
      `## ${markdown(oneLine(question))}`,
      answer.asked !== question && `${t("answer.searched_for")} ${quoted(oneLine(answer.asked), FOOTNOTES)}`,
      told(answer, numbers, FOOTNOTES, origin),
    ],
  );
  return `${paragraphs(`# ${markdown(oneLine(title))}`, about, turns)}\n`;
}

// The answers of the API are kept whole; web/README.md describes the rest.
export function conversationAsJson({ id, title, created, exchanges }, origin) {
  const head = { format: "ask-the-articles conversation", version: 1, id, title, created, origin };
  return `${JSON.stringify({ ...head, exchanges }, null, 2)}\n`;
}

// Each exchange with the numbers that its citations have in the whole conversation, so that no two answers clash.
export function numbered(exchanges) {
  let before = 0;
  return exchanges.map(({ question, answer }) => {
    const numbers = new Map(answer.citations.map(({ n }, i) => [n, before + i + 1]));
    before += answer.citations.length;
    return { question, answer, numbers };
  });
}

// Where a quote can be read: on the article's own site, if that has an address, and here.
export function addresses(quote, origin) {
  return [siteOf(quote.url), { href: origin + spanAddress(quote), label: t("export.passage") }].filter(Boolean);
}

// A link to a site, if it is one.
export function siteOf(url) {
  const address = siteAddress(url);
  return address && { href: address.href, label: address.host };
}

function ownNumbers({ citations }) {
  return new Map(citations.map(({ n }) => [n, n]));
}

// How each form writes what an answer consists of.

const TEXT = {
  words: (text) => text,
  strong: oneLine,
  mark: (n) => ` [${n}]`,
  links: (links) => links.map(({ href }) => href).join("\n"),
  lines: (lines) => lines.join("\n"),
  source: (n, text) => hung(`[${n}] `, text),
  aside: (text) => hung("    ", text),
};

const MARKDOWN = {
  words: markdown,
  strong: (text) => `**${markdown(oneLine(text))}**`,
  mark: (n) => ` \\[${n}\\]`,
  links: (links) => links.map(({ href, label }) => `[${markdown(label)}](${destination(href)})`).join(" · "),
  lines: (lines) => lines.join("\\\n"),
  source: (n, text) => hung(`${n}. `, text),
  aside: (text) => hung("> ", text, "> "),
};

const FOOTNOTES = {
  ...MARKDOWN,
  mark: (n) => `[^${n}]`,
  source: (n, text) => hung(`[^${n}]: `, text, "    "),
};

function told(answer, numbers, form, origin) {
  const notice = answer.notice && `${t("export.notice")} ${form.words(oneLine(answer.notice))}`;
  if (!answer.answered) return paragraphs(notice, refusal(answer, form, origin));
  const marks = (citations) => citations.filter((n) => numbers.has(n)).map((n) => form.mark(numbers.get(n))).join("");
  const text = answer.disagreement ? disagreement(answer, marks, form) : statement(answer, marks, form);
  const sources = answer.citations.map((citation) =>
    form.source(numbers.get(citation.n), source(citation, form, origin)),
  );
  return paragraphs(notice, text, sources);
}

function statement({ short_answer: short, sentences }, marks, form) {
  const write = ({ text, citations }) => form.words(oneLine(text)) + marks(citations);
  return [short && form.strong(short), byQuotes(sentences).map((group) => group.map(write).join(" "))];
}

// Each side with what its articles say.
function disagreement({ disagreement: { sides }, citations: all }, marks, form) {
  const quotes = new Map(all.map(({ n, quote }) => [n, quote]));
  const items = sides.map(({ short_answer: short, citations }) => {
    const said = citations.filter((n) => quotes.has(n)).map((n) => quoted(quotes.get(n), form) + marks([n]));
    return hung("- ", [`${form.strong(short)}:`, ...said].join(" "));
  });
  return [t("export.disagree"), items];
}

function refusal({ refusal: why, closest, unknown_words: unknown }, form, origin) {
  const words = unknown.map((word) => quoted(word, form)).join(", ");
  return [
    form.strong(t(`refusal.${why}`)),
    words && `${t("refusal.unknown")} ${words}`,
    closest && [t("export.closest"), form.aside(source(closest, form, origin))],
  ];
}

function source(quote, form, origin) {
  const name = [form.strong(quote.title), quote.published && day(quote.published)].filter(Boolean).join(", ");
  return form.lines([name, quoted(quote.quote, form), form.links(addresses(quote, origin))]);
}

function quoted(text, form) {
  return t("export.quoted", { quote: form.words(text) });
}

function paragraphs(...blocks) {
  return blocks.flat(Infinity).filter(Boolean).join("\n\n");
}

// A block whose further lines stand below the first one's text.
function hung(marker, text, indent = " ".repeat(marker.length)) {
  return marker + text.replaceAll("\n", `\n${indent}`);
}

export function oneLine(text) {
  return text.trim().replace(/\s+/g, " ");
}

// Text as Markdown that shows exactly this text, line ends included, within one paragraph. Entities stand for what some
// dialects cannot escape, and for spaces and empty lines that Markdown would drop.
function markdown(text) {
  return text
    .replace(/&(?=#?\w+;)/g, "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/[\\`*_[\]{}#~|$^=]/g, "\\$&")
    .replace(/^[-+:]/gm, "\\$&")
    .replace(/^(\d+)([.)])/gm, "$1\\$2")
    .replace(/\n{2,}/g, (lines) => `\n${"&#10;".repeat(lines.length - 1)}`)
    .replace(/(?<=^|\n)[ \t]+|[ \t]+(?=\n|$)|\r/g, (spaces) => spaces.replace(/./gs, (c) => `&#${c.charCodeAt(0)};`));
}

// An address that ends where it should: not at a bracket of its own, and no code begins in it.
function destination(href) {
  return href.replace(/[()\\`]/g, (c) => `%${c.charCodeAt(0).toString(16)}`).replace(/&(?=#?\w+;)/g, "&amp;");
}
