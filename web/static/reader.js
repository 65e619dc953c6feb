// Shows an article with one span marked: beside the chat where there is room, as a sheet over it where there is not.

import { fetchArticle } from "./api.js";
import { el, siteLink } from "./dom.js";
import { markedParagraphs } from "./offsets.js";

const ROOM_FOR_TWO = matchMedia("(min-width: 60rem)");
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const MARK_TOP = 0.3; // how far down the marked span comes to rest, as a share of the visible height

export class Reader {
  constructor(dialog, onClose) {
    this.dialog = dialog;
    this.articles = new Map();
    for (const part of ["name", "scroll", "title", "meta", "text"]) {
      this[part] = dialog.querySelector(`#reader-${part}`);
    }
    dialog.querySelector("#reader-close").addEventListener("click", onClose);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      onClose();
    });
    dialog.addEventListener("click", (event) => event.target === dialog && onClose());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && dialog.open && ROOM_FOR_TWO.matches) onClose();
    });
    ROOM_FOR_TWO.addEventListener("change", () => {
      if (!dialog.open) return;
      dialog.close();
      this.#show();
    });
  }

  async open(target) {
    this.wanted = target;
    if (!this.dialog.contains(document.activeElement)) this.opener = document.activeElement;
    if (!this.dialog.open) this.#show();
    try {
      const article = this.articles.get(target.id) ?? (await fetchArticle(target.id));
      this.articles.set(target.id, article);
      if (this.wanted === target) this.#render(article, target);
    } catch (problem) {
      if (this.wanted === target) this.#renderProblem(problem, target);
    }
  }

  close() {
    this.wanted = null;
    if (!this.dialog.open) return;
    this.dialog.close();
    if (this.opener?.isConnected) this.opener.focus({ preventScroll: true });
  }

  #show() {
    if (ROOM_FOR_TWO.matches) this.dialog.show();
    else this.dialog.showModal();
  }

  #render({ title, text, url, published }, { start, end }) {
    const link = siteLink(url);
    this.title.textContent = title;
    this.name.textContent = title;
    this.meta.replaceChildren(...[published && el("time", { datetime: published }, published), link].filter(Boolean));
    this.text.replaceChildren(
      ...markedParagraphs(text, start, end).map((pieces) =>
        el("p", {}, pieces.map((piece) => (piece.marked ? el("mark", {}, piece.text) : piece.text))),
      ),
    );
    const mark = this.text.querySelector("mark");
    const top = mark ? mark.offsetTop - this.scroll.clientHeight * MARK_TOP : 0;
    this.scroll.scrollTo({ top, behavior: CALM.matches ? "instant" : "smooth" });
    this.title.focus({ preventScroll: true });
  }

  #renderProblem(problem, target) {
    const retry = el("button", { type: "button" }, "Try again");
    retry.addEventListener("click", () => this.open(target));
    this.title.textContent = problem.status === 404 ? "There is no such article" : problem.title;
    this.name.replaceChildren();
    this.meta.replaceChildren();
    this.text.replaceChildren(el("p", { class: "notice", role: "alert" }, problem.message), retry);
  }
}
