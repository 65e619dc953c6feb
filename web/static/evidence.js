// Explains an answer to whoever asks "why these passages?": ranks, scores and time.

import { el, quoted, spanAddress } from "./dom.js";
import { t } from "./i18n.js";

const COLUMNS = ["passage", "meaning", "words", "reader", "cited"];

// The table is made when it is first opened: a long conversation has hundreds, and few are looked at.
export function whyThese(answer) {
  const { confidence, evidence, trace } = answer;
  const total = trace.timings_ms.total;
  const facts = [
    t("evidence.confidence", { percent: Math.round(confidence * 100) }),
    t("evidence.passages", { count: evidence.length }),
    total !== undefined && t("evidence.milliseconds", { count: Math.round(total) }),
    trace.model === "extractive" ? t("evidence.extractive") : trace.model,
  ];
  const node = el("details", { class: "how" }, el("summary", {}, t("evidence.why")));
  node.addEventListener("toggle", () => {
    node.append(
      el("p", {}, facts.filter(Boolean).join(" · ")),
      ...(evidence.length ? [table(answer), el("p", {}, t("evidence.legend"))] : []),
    );
  }, { once: true });
  return node;
}

function table({ evidence, citations }) {
  const head = el("tr", {}, COLUMNS.map((name) => el("th", { scope: "col" }, t(`evidence.${name}`))));
  return el("table", {}, el("thead", {}, head), el("tbody", {}, evidence.map((item) => row(item, citations))));
}

function row(item, citations) {
  const taken = citations.filter(
    ({ article_id: id, start, end }) => id === item.article_id && start < item.end && item.start < end,
  );
  const cells = [
    quoted("a", { href: spanAddress(item) }, item.text),
    ranked(item.dense_rank, item.dense_score),
    ranked(item.lexical_rank, item.lexical_score),
    item.answerability === null ? t("evidence.none") : percent(item.answerability),
    taken.map(({ n }) => `[${n}]`).join(" ") || t("evidence.none"),
  ];
  // On a phone there is no room for a head: each cell has its name above it.
  return el("tr", {}, cells.map((cell, i) => el("td", { "data-name": i > 0 && t(`evidence.${COLUMNS[i]}`) }, cell)));
}

function ranked(rank, score) {
  if (rank === null) return t("evidence.none");
  return score === null ? `${rank}` : [`${rank} `, el("span", { class: "score" }, score.toFixed(2))];
}

function percent(share) {
  return t("evidence.percent", { percent: Math.round(share * 100) });
}
