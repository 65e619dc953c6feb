// Explains an answer to whoever asks "why this passage?": ranks, scores and time.

import { articleLink, el } from "./dom.js";

const COLUMNS = ["Passage", "Meaning", "Words", "Reader"];
const LEGEND =
  "Rank by meaning (cosine) and by shared words (BM25); the reader’s probability that the passage answers.";

export function howFound({ confidence, evidence, trace }, open) {
  const total = trace.timings_ms.total;
  const facts = [
    `Confidence ${percent(confidence)}`,
    `${evidence.length} ${evidence.length === 1 ? "passage" : "passages"}`,
    total !== undefined && `${Math.round(total)} ms`,
    trace.model,
  ];
  return el(
    "details",
    { class: "how" },
    el("summary", {}, "How this was found"),
    el("p", {}, facts.filter(Boolean).join(" · ")),
    evidence.length > 0 && [table(evidence, open), el("p", {}, LEGEND)],
  );
}

function table(evidence, open) {
  const head = el("tr", {}, COLUMNS.map((name) => el("th", { scope: "col" }, name)));
  return el("table", {}, el("thead", {}, head), el("tbody", {}, evidence.map((item) => row(item, open))));
}

function row(item, open) {
  const passage = articleLink(item, open, {}, item.text);
  const answerability = item.answerability === null ? "–" : percent(item.answerability);
  return el(
    "tr",
    {},
    el("td", {}, passage),
    el("td", {}, ranked(item.dense_rank, item.dense_score)),
    el("td", {}, ranked(item.lexical_rank, item.lexical_score)),
    el("td", {}, answerability),
  );
}

function ranked(rank, score) {
  if (rank === null) return "–";
  return score === null ? `${rank}` : [`${rank} `, el("span", { class: "score" }, score.toFixed(2))];
}

function percent(share) {
  return `${Math.round(share * 100)} %`;
}
