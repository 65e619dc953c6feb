// Shows an article with one span marked: beside the page where there is room, as a sheet over it where there is not.

import { fetchArticle } from "./api.js";
import { button, el, quoted, siteLink, spanAddress } from "./dom.js";
import { day, t } from "./i18n.js";
import { neighbourhood, paragraphs, utf16Indices } from "./offsets.js";
import { copy } from "./saving.js";

const ROOM_FOR_TWO = matchMedia("(min-width: 60rem)");
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const FAR = 3; // heights of the pane beyond which text only races past
const MARK_TOP = 0.3; // how far down the marked span comes to rest, as a share of the visible height

export class Reader {
  constructor(dialog, { onClose, onWalk, onShown }) {
    this.dialog = dialog;
    this.articles = new Map();
    this.onShown = onShown;
    for (const part of ["name", "scroll", "title", "meta", "text", "walk", "place", "link"]) {
      this[part] = dialog.querySelector(`#reader-${part}`);
    }
    dialog.querySelector("#reader-close").addEventListener("click", onClose);
    dialog.querySelector("#reader-previous").addEventListener("click", () => onWalk(-1));
    dialog.querySelector("#reader-next").addEventListener("click", () => onWalk(1));
    this.link.addEventListener("click", () => this.#copyLink());
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      onClose();
    });
    dialog.addEventListener("click", (event) => event.target === dialog && onClose());
    document.addEventListener("keydown", (event) => {
      const modal = document.querySelector("dialog:modal");
      if (event.key !== "Escape" || !dialog.open || modal || event.defaultPrevented) return;
      event.preventDefault();
      onClose();
    });
    ROOM_FOR_TWO.addEventListener("change", () => {
      if (!dialog.open) return;
      dialog.close();
      this.#show();
    });
  }

  // `target` is the span { article_id, start, end } to mark; `stops` are all spans that can be walked through from it.
  async open(target, stops) {
    this.wanted = target;
    if (!this.dialog.contains(document.activeElement)) this.opener = document.activeElement;
    const walking = this.dialog.open;
    if (!walking) this.#show();
    this.#showPlace(target, stops);
    if (!this.articles.has(target.article_id)) {
      for (const part of [this.title, this.name, this.meta, this.text]) part.replaceChildren();
    }
    try {
      const article = this.articles.get(target.article_id) ?? (await fetchArticle(target.article_id));
      this.articles.set(target.article_id, article);
      if (this.wanted === target) this.#render(article, target, stops);
    } catch (problem) {
      if (this.wanted === target) this.#renderProblem(problem, target, stops);
    }
    // Whoever walks by button stays on the button.
    if (walking && this.dialog.contains(document.activeElement)) return;
    (this.text.querySelector("mark") ?? this.title).focus({ preventScroll: true });
  }

  close() {
    this.wanted = null;
    if (!this.dialog.open) return;
    this.dialog.close();
    const link = this.opener?.isConnected ? this.opener : document.querySelector("#question, main");
    link.focus({ preventScroll: true });
  }

  #show() {
    if (ROOM_FOR_TWO.matches) this.dialog.show();
    else this.dialog.showModal();
  }

  #showPlace(target, stops) {
    const place = stops.findIndex((stop) => spanAddress(stop) === spanAddress(target));
    this.walk.hidden = place < 0 || stops.length < 2;
    this.place.textContent = t("reader.place", { n: place + 1, count: stops.length });
    this.link.textContent = t("reader.copy_link");
  }

  #render(article, target, stops) {
    const { title, text, url, published } = article;
    this.onShown(article);
    const spans = spansOf(text, target, stops);
    const quote = text.slice(spans[0].from, spans[0].to);
    const link = siteLink(url, quote, (site) => t("reader.at_source", { site }));
    for (const part of [this.title, this.name, this.text]) Object.assign(part, { lang: "en", dir: "auto" });
    this.title.textContent = title;
    this.name.textContent = title;
    const date = published && el("time", { datetime: published }, day(published));
    this.meta.replaceChildren(...[date, link].filter(Boolean));
    this.text.replaceChildren(...paragraphs(text, spans).map((pieces) => quoted("p", {}, pieces.map(shown))));
    const mark = this.text.querySelector("mark");
    const top = mark ? mark.offsetTop - this.scroll.clientHeight * MARK_TOP : 0;
    const far = Math.abs(top - this.scroll.scrollTop) > FAR * this.scroll.clientHeight;
    this.scroll.scrollTo({ top, behavior: CALM.matches || far ? "instant" : "smooth" });
  }

  #renderProblem(problem, target, stops) {
    const missing = problem.status === 404;
    const message = missing ? t("reader.no_article_detail") : problem.detail;
    this.title.textContent = t(missing ? "reader.no_article" : `problem.${problem.kind}`);
    this.name.replaceChildren();
    this.meta.replaceChildren();
    const retry = !missing && button(t("problem.again"), () => this.open(target, stops));
    const told = message && el("p", { class: "notice", role: "alert" }, message);
    this.text.replaceChildren(...[told, retry].filter(Boolean));
  }

  async #copyLink() {
    const copied = this.wanted && (await copy(location.origin + spanAddress(this.wanted)));
    this.link.textContent = t(copied ? "answer.copied" : "answer.not_copied");
  }
}

// The marked span first, then what stands around it and what else was cited of this article; in UTF-16 units.
function spansOf(text, target, stops) {
  const others = stops.filter((stop) => stop.article_id === target.article_id && spanAddress(stop) !== spanAddress(target));
  const [marked, ...cited] = [target, ...others].map(({ start, end }) => {
    const [from, to] = utf16Indices(text, [start, end]);
    return { from, to, kind: "cited" };
  });
  if (marked.from >= marked.to) return [marked];
  return [{ ...marked, kind: "marked" }, { ...neighbourhood(text, marked), kind: "near" }, ...cited];
}

function shown({ text, kinds }) {
  if (kinds.includes("marked")) return el("mark", { tabindex: -1 }, text);
  return kinds.length ? el("span", { class: kinds.join(" ") }, text) : text;
}
