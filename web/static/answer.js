// Turns an answer of the API into elements.

import { describe } from "./card.js";
import { el, quoted, siteLink, spanAddress } from "./dom.js";
import { whyThese } from "./evidence.js";
import { t } from "./i18n.js";

// Everything that is told of an answer. `suggestions` are offered where there is none.
export function answerView(answer, suggestions) {
  return el(
    "div",
    { class: answer.answered ? "answer" : "answer refusal" },
    answer.answered ? answered(answer) : refused(answer, suggestions),
    whyThese(answer),
  );
}

const AT_ONCE_MS = 150; // an answer that is whole within this time is not shown in pieces

// Shows an answer while it is being written, laid out as the whole will be, so that nothing moves when that comes. It
// handles the events of `ask`.
export class LiveAnswer {
  constructor(body, waiting) {
    this.body = body;
    this.waiting = waiting;
    this.text = el("div", { class: "text" });
    this.cited = new Map();
    this.uncited = [];
    this.source = null;
  }

  search_results(evidence) {
    this.waiting.textContent = t(evidence.length ? "answer.reading" : "answer.nothing");
  }

  message({ delta }) {
    const numbers = [...delta.matchAll(/\[(\d+)\]/g)].map(([, n]) => Number(n));
    this.uncited.push({ numbers, told: delta.replaceAll(/ ?\[\d+\]/g, "").trim() });
    this.#write();
  }

  citation(citation) {
    this.cited.set(citation.n, citation);
    this.#write();
  }

  // What was told so far stays, where no more will come.
  break() {
    if (this.text.firstChild) this.#show();
  }

  end() {
    clearTimeout(this.timer);
  }

  // A sentence is told with its citations, which come after it: marks put in later would move what stands there.
  #write() {
    while (this.uncited[0]?.numbers.every((n) => this.cited.has(n))) {
      const { numbers, told } = this.uncited.shift();
      if (!this.text.firstChild) this.timer = setTimeout(() => this.#show(), AT_ONCE_MS);
      if (String(numbers) !== this.source) this.text.append(quoted("p"));
      this.source = String(numbers);
      this.text.lastChild.append(quoted("bdi", {}, told), ...marksOf(numbers, "supported", this.cited), " ");
    }
  }

  #show() {
    if (this.text.isConnected) return;
    this.waiting.classList.add("visually-hidden");
    this.waiting.textContent = t("answer.writing");
    this.body.prepend(el("div", { class: "answer live" }, this.text));
  }
}

// What a screen reader is told when the answer arrives.
export function spoken({ refusal, notice, short_answer: short, sentences }) {
  if (refusal) return t(`refusal.${refusal}`);
  const told = sentences.filter(borneOut).map(({ text }) => text);
  return [notice && t("answer.without_model"), short && `${short}.`, ...told].filter(Boolean).join(" ");
}

function answered(answer) {
  const cited = new Map(answer.citations.map((citation) => [citation.n, citation]));
  return [
    answer.disagreement ? disagreement(answer, cited) : statement(answer, cited),
    remarks(answer),
    el("section", { class: "sources" }, el("h3", {}, t("answer.sources")), sources(answer.citations)),
    withheld(answer.sentences.filter((sentence) => !borneOut(sentence))),
  ];
}

// Below the text, since it is known after the text has been told.
function remarks({ asked, question, notice }) {
  return [
    asked !== question && el("p", { class: "asked" }, `${t("answer.searched_for")} `, quoted("q", {}, asked)),
    notice && el("div", { class: "notice" }, el("p", {}, t("answer.without_model")), quoted("p", { class: "muted" }, notice)),
  ];
}

function statement({ short_answer: short, sentences }, cited) {
  const sentence = ({ text, citations, support }) => [
    quoted("bdi", { class: "sentence" }, text),
    marksOf(citations, support, cited),
    " ",
  ];
  const text = byQuotes(sentences).map((group) => quoted("p", {}, group.map(sentence)));
  return [short && quoted("p", { class: "short-answer" }, short), el("div", { class: "text" }, text)];
}

// The sentences that are borne out, as paragraphs: those out of the same quotes belong together.
export function byQuotes(sentences) {
  const groups = [];
  let source = null;
  for (const sentence of sentences.filter(borneOut)) {
    if (String(sentence.citations) !== source) groups.push([]);
    source = String(sentence.citations);
    groups.at(-1).push(sentence);
  }
  return groups;
}

function borneOut({ support }) {
  return support !== "unsupported";
}

// How a sentence was verified, and a link to each quote that bears it out.
function marksOf(numbers, support, cited) {
  const known = numbers.filter((n) => cited.has(n));
  return known.length ? [sign(support), ...known.map((n) => mark(cited.get(n), support))] : [];
}

function sign(support) {
  const name = t(`answer.${support}`);
  return el("span", { class: `support ${support}`, role: "img", "aria-label": name, title: name });
}

function mark(citation, support) {
  const bracket = (character) => el("span", { class: "bracket" }, character); // for whoever copies the text
  const name = t("answer.source", { n: citation.n, title: citation.title });
  const attributes = { class: "mark", href: spanAddress(citation), "aria-label": name };
  const link = el("a", attributes, bracket(" ["), citation.n, bracket("]"));
  describe(link, citation, support);
  return link;
}

// What the language model wrote and the articles do not bear out: struck through, for whoever wants to know.
function withheld(sentences) {
  if (!sentences.length) return null;
  return el(
    "details",
    { class: "withheld" },
    el("summary", {}, t("answer.withheld", { count: sentences.length })),
    el("p", {}, t("answer.withheld_why")),
    sentences.map(({ text, problems }) =>
      quoted("p", {}, sign("unsupported"), " ", el("s", {}, text), problems.length > 0 && el("span", { class: "why" }, ` – ${problems.join("; ")}`)),
    ),
  );
}

// Each side with what its article says; the sentences of such an answer only repeat this.
function disagreement({ disagreement: { sides } }, cited) {
  const items = sides.map(({ short_answer: short, citations }) => [
    quoted("p", { class: "short-answer" }, short, marksOf(citations, "verbatim", cited)),
    citations.filter((n) => cited.has(n)).map((n) => [
      quoted("p", { class: "side" }, cited.get(n).quote),
      quoted("p", { class: "source" }, cited.get(n).title),
    ]),
  ]);
  return el(
    "section",
    { class: "disagreement" },
    el("h3", {}, t("answer.disagree")),
    el("ul", { role: "list" }, items.map((item) => el("li", {}, item))),
  );
}

function sources(citations) {
  const byArticle = Map.groupBy(citations, (citation) => citation.article_id);
  return [...byArticle.values()].map((quotes) => [
    source(quotes[0]),
    el("ol", { role: "list" }, quotes.map((citation) => el("li", {}, quoteLink(citation, citation.n)))),
  ]);
}

function source({ title, url, quote }) {
  const link = siteLink(url, quote);
  return el("p", { class: "source" }, quoted("span", {}, title), link && [" · ", link]);
}

function quoteLink(passage, n = null) {
  const number = n && el("span", { class: "n" }, n);
  return el("a", { class: "quote", href: spanAddress(passage), "data-stop": "" }, number, quoted("span", { class: "words" }, passage.quote));
}

function refused(answer, suggestions) {
  const { refusal, closest, unknown_words: unknown, sentences } = answer;
  const words = unknown.map((word) => [" ", quoted("span", { class: "word" }, word)]);
  return [
    el("p", { class: "verdict" }, t(`refusal.${refusal}`)),
    remarks(answer),
    unknown.length > 0 && el("p", { class: "unknown" }, t("refusal.unknown"), words),
    closest && el("section", { class: "sources" }, el("h3", {}, t("refusal.closest")), source(closest), quoteLink(closest)),
    withheld(sentences),
    suggestions.length > 0 && instead(suggestions),
  ];
}

function instead(suggestions) {
  const offers = suggestions.map((text) => el("li", {}, quoted("button", { type: "button", class: "suggestion" }, text)));
  return el("section", { class: "instead of-last" }, el("h3", {}, t("refusal.instead")), el("ul", { class: "suggestions", role: "list" }, offers));
}
