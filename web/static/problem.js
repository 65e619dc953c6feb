// What is shown when a question could not be answered, and how it mends itself.

import { ready } from "./api.js";
import { button, el, quoted } from "./dom.js";
import { t } from "./i18n.js";

const FIRST_LOOK_MS = 2_000; // then twice as long each time
const LAST_LOOK_MS = 30_000;
const MOST_TRIES = 3; // what fails that often by itself is asked again by hand only

// What the page says of a problem, and after a colon what the server said.
function explanation({ kind, detail, wait }) {
  const message = t(`problem.${kind}_detail`, { count: wait });
  return message.endsWith(":") ? [`${message} `, quoted("span", {}, detail)] : [message];
}

// Shows a problem with a button that asks again. What passes by itself is waited for, and the question asked again then;
// `tries` says how often that happened already. `stop()` ends the waiting.
export class ProblemView {
  constructor(problem, tries, again) {
    this.again = again;
    this.delay = Math.min(FIRST_LOOK_MS * 2 ** tries, LAST_LOOK_MS);
    const passes = ["busy", "offline", "unreachable", "not_ready"].includes(problem.kind);
    this.message = el("p", {}, passes && tries >= MOST_TRIES ? quoted("span", {}, problem.detail) : explanation(problem));
    const byHand = () => this.#ask(true);
    const retry = problem.kind !== "invalid" && button(t("problem.again"), byHand, { class: "primary of-last" });
    this.title = el("p", { class: "problem-title" }, t(`problem.${problem.kind}`));
    this.node = el("div", { class: `problem ${problem.kind}` }, this.title, this.message, retry);
    if (!passes || tries >= MOST_TRIES) return;
    if (problem.kind === "busy") this.#countDown(problem);
    else this.#waitUntilReady();
  }

  // What a screen reader is told.
  get text() {
    return `${this.title.textContent}. ${this.message.textContent}`;
  }

  // Whoever asks something else meanwhile has this asked again by hand only.
  stop() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = null;
    removeEventListener("online", this.look);
    this.message.remove();
  }

  #ask(byHand) {
    this.stop();
    this.again(byHand);
  }

  #countDown(problem) {
    if (problem.wait <= 0) return this.#ask(false);
    this.message.replaceChildren(...explanation(problem));
    this.timer = setTimeout(() => this.#countDown({ ...problem, wait: problem.wait - 1 }), 1_000);
  }

  #waitUntilReady() {
    this.look = async () => {
      clearTimeout(this.timer);
      const back = navigator.onLine && (await ready());
      if (!this.timer) return; // it was stopped meanwhile
      if (back) return this.#ask(false);
      this.timer = setTimeout(this.look, this.delay);
      this.delay = Math.min(2 * this.delay, LAST_LOOK_MS);
    };
    addEventListener("online", this.look);
    this.timer = setTimeout(this.look, this.delay);
  }
}
