// Where a question is typed. What was typed is never lost: not by a reload, not by an error, not by a slow answer.

import { t } from "./i18n.js";
import { keep, kept } from "./storage.js";

const DRAFT = "draft";
const ASKED = "asked";
const NEAR_LIMIT = 0.8; // share of the limit from which characters are counted
const MOST_LINES = 6;
const COMPOSING = 229; // the key code by which Safari tells an Enter that only ends the input of a word

export class Composer {
  constructor(form, limit, { onSubmit, onStop, onCancel, onEdit }) {
    this.limit = limit;
    for (const part of ["question", "send", "counter", "editing"]) this[part] = form.querySelector(`#${part}`);
    this.busy = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.question.value.trim();
      if (!text || this.busy || this.#left() < 0) return;
      this.put("");
      onSubmit(text);
    });
    this.send.addEventListener("click", (event) => {
      if (!this.busy) return;
      event.preventDefault();
      onStop();
    });
    form.querySelector("#cancel-editing").addEventListener("click", onCancel);
    this.question.addEventListener("input", () => this.#changed());
    this.question.addEventListener("keydown", (event) => {
      if (event.key === "ArrowUp" && !this.question.value) onEdit(event);
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === COMPOSING) return;
      event.preventDefault();
      form.requestSubmit();
    });
    const lost = [ASKED, DRAFT].map((name) => kept("sessionStorage", name));
    this.put(this.question.value || lost.filter(Boolean).join("\n"));
    keep("sessionStorage", ASKED, "");
  }

  get text() {
    return this.question.value;
  }

  // Puts a question there, unless something else has been typed meanwhile.
  offer(text) {
    if (!this.question.value.trim()) this.put(text);
  }

  put(text) {
    this.question.value = text;
    this.#changed();
  }

  // A question is on its way: it is kept until it is answered, in case the page is reloaded now.
  start(text) {
    keep("sessionStorage", ASKED, text);
    this.#show(true);
  }

  settle() {
    keep("sessionStorage", ASKED, "");
    this.#show(false);
  }

  edit(isEdited) {
    this.editing.hidden = !isEdited;
  }

  focus() {
    this.question.focus({ preventScroll: true }); // the composer is always in sight
  }

  #show(busy) {
    this.busy = busy;
    this.send.classList.toggle("busy", busy);
    this.#count();
  }

  #changed() {
    keep("sessionStorage", DRAFT, this.question.value);
    this.question.rows = Math.min(MOST_LINES, this.question.value.split("\n").length); // where field-sizing is unknown
    this.#count();
  }

  // The server counts code points, after trimming.
  #left() {
    return this.limit - [...this.question.value.trim()].length;
  }

  #count() {
    const left = this.#left();
    const [near, over] = [left < this.limit * (1 - NEAR_LIMIT), left < 0];
    this.counter.textContent = over ? t("composer.too_long", { count: -left }) : near ? t("composer.left", { count: left }) : "";
    this.counter.classList.toggle("over", over);
    this.question.ariaInvalid = over ? "true" : null;
    this.send.disabled = over && !this.busy;
  }
}
