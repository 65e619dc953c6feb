// Turns an answer of the API into elements.

import { articleLink, el, siteLink } from "./dom.js";
import { howFound } from "./evidence.js";

const VERDICTS = {
  no_evidence: "Nothing in the articles is about this.",
  not_in_articles: "The articles do not say.",
  unsupported: "No answer was found that the articles bear out.",
};

// `open` is called with { id, start, end } when a source is followed.
export function answerView(answer, open) {
  return el(
    "div",
    { class: answer.answered ? "answer" : "answer refusal" },
    answer.asked !== answer.question && el("p", { class: "asked" }, "Searched for ", el("q", {}, answer.asked)),
    answer.notice && el("p", { class: "notice" }, answer.notice),
    answer.answered ? answered(answer, open) : refused(answer, open),
    withheld(answer.sentences.filter((sentence) => !borneOut(sentence))),
    howFound(answer, open),
  );
}

// Shows an answer while it is being written. It handles the events of `ask`.
export class LiveAnswer {
  constructor(body, open) {
    this.body = body;
    this.open = open;
    this.text = el("p");
    this.cited = new Map();
  }

  search_results(evidence) {
    this.body.querySelector(".waiting").textContent = evidence.length ? "Reading what was found" : "Nothing was found";
  }

  // The marks come as text here; a link takes their place, with the first one's `citation`.
  message({ delta }) {
    if (!this.text.isConnected) this.body.prepend(el("div", { class: "answer text" }, this.text));
    this.text.append(delta.replaceAll(/ ?\[\d+\]/g, ""));
    for (const [, n] of delta.matchAll(/\[(\d+)\]/g)) this.mark(this.cited.get(Number(n)));
    this.body.querySelector(".waiting").textContent = "Writing";
  }

  citation(citation) {
    this.cited.set(citation.n, citation);
    this.mark(citation);
  }

  mark(citation) {
    if (citation) this.text.append(mark(citation, this.open), " ");
  }
}

// What a screen reader is told when the answer arrives.
export function spoken({ answer, short_answer: short, sentences, notice }) {
  const told = sentences.filter(borneOut);
  if (!told.length) return answer;
  return [notice, short && `${short}.`, ...told.map(({ text }) => text)].filter(Boolean).join(" ");
}

function answered(answer, open) {
  const cited = new Map(answer.citations.map((citation) => [citation.n, citation]));
  const marks = (numbers) => numbers.map((n) => cited.has(n) && mark(cited.get(n), open));
  return [
    answer.disagreement ? disagreement(answer.disagreement, cited, marks) : statement(answer, marks),
    el("section", { class: "sources" }, el("h3", {}, "Sources"), sources(answer.citations, open)),
  ];
}

// Sentences out of one quote make one paragraph.
function statement({ short_answer: short, sentences }, marks) {
  const paragraphs = [];
  let source = null;
  for (const item of sentences.filter(borneOut)) {
    if (String(item.citations) !== source) paragraphs.push(el("p"));
    source = String(item.citations);
    paragraphs.at(-1).append(sentence(item, marks), " ");
  }
  return [short && el("p", { class: "short-answer" }, short), el("div", { class: "text" }, paragraphs)];
}

function sentence({ text, citations }, marks) {
  return el("span", { class: "sentence" }, text, marks(citations));
}

function borneOut({ support }) {
  return support !== "unsupported";
}

// What the language model wrote and the articles do not bear out: struck through, for whoever wants to know.
function withheld(sentences) {
  if (!sentences.length) return null;
  const count = sentences.length === 1 ? "One sentence was" : `${sentences.length} sentences were`;
  return el(
    "details",
    { class: "withheld" },
    el("summary", {}, `${count} withheld`),
    el("p", {}, "The language model wrote this, and the articles do not bear it out:"),
    sentences.map(({ text, problems }) =>
      el("p", {}, el("s", {}, text), problems.length > 0 && el("span", { class: "why" }, ` – ${problems.join("; ")}`)),
    ),
  );
}

function mark(citation, open) {
  const attributes = { class: "mark", "aria-label": `Source ${citation.n}: ${citation.title}`, title: citation.title };
  const bracket = (character) => el("span", { class: "bracket" }, character); // for whoever copies the text
  return articleLink(citation, open, attributes, bracket(" ["), citation.n, bracket("]"));
}

// Each side with what its article says; the sentences of such an answer only repeat this.
function disagreement({ sides }, cited, marks) {
  const items = sides.map(({ short_answer: short, citations }) => [
    el("p", { class: "short-answer" }, short, marks(citations)),
    citations.map((n) => cited.has(n) && el("p", { class: "side" }, cited.get(n).quote)),
  ]);
  return el(
    "section",
    { class: "disagreement" },
    el("h3", {}, "The articles disagree"),
    el("ul", { role: "list" }, items.map((item) => el("li", {}, item))),
  );
}

function sources(citations, open) {
  const byArticle = Map.groupBy(citations, (citation) => citation.article_id);
  return [...byArticle.values()].map((quotes) => [
    source(quotes[0]),
    el("ol", { role: "list" }, quotes.map((citation) => el("li", {}, quote(citation, open, citation.n)))),
  ]);
}

function source({ title, url }) {
  const link = siteLink(url);
  return el("p", { class: "source" }, title, link && [" · ", link]);
}

function quote(passage, open, n = null) {
  const words = el("span", { class: "words" }, passage.quote);
  return articleLink(passage, open, { class: "quote" }, n && el("span", { class: "n" }, n), words);
}

function refused({ refusal, closest, unknown_words: unknown }, open) {
  const words = unknown.map((word) => [" ", el("span", { class: "word" }, word)]);
  return [
    el("p", { class: "verdict" }, VERDICTS[refusal]),
    unknown.length > 0 && el("p", { class: "unknown" }, "In none of the articles:", words),
    closest && nearest(closest, open),
  ];
}

function nearest(closest, open) {
  const heading = el("h3", {}, "The closest passage, which does not answer");
  return el("section", { class: "sources" }, heading, source(closest), quote(closest, open));
}
