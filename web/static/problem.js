// What is shown when a question could not be answered, and how it mends itself.

import { ready } from "./api.js";
import { button, el } from "./dom.js";
import { t } from "./i18n.js";

const FIRST_LOOK_MS = 2_000; // then twice as long each time
const LAST_LOOK_MS = 30_000;

// Title and explanation of a problem, in the page's words; the server's own words are added where ours say so.
export function problemTexts({ kind, detail, wait }) {
  const explained = { busy: { count: wait } };
  if (kind === "invalid") return [t("problem.invalid"), detail];
  const message = t(`problem.${kind}_detail`, explained[kind]);
  return [t(`problem.${kind}`), message.endsWith(":") ? `${message} ${detail}` : message];
}

// Shows a problem with a button that asks again. What passes by itself is waited for, and the question asked again then;
// `tries` says how often that happened already. `stop()` ends the waiting.
export class ProblemView {
  constructor(problem, tries, again) {
    const [title, message] = problemTexts(problem);
    this.again = again;
    this.delay = Math.min(FIRST_LOOK_MS * 2 ** tries, LAST_LOOK_MS);
    this.message = el("p", {}, message);
    const retry = problem.kind !== "invalid" && button(t("problem.again"), () => this.#ask(true));
    this.node = el("div", { class: `problem ${problem.kind}` }, el("p", { class: "problem-title" }, title), this.message, retry);
    if (problem.kind === "busy") this.#countDown(problem);
    if (["offline", "unreachable", "not_ready"].includes(problem.kind)) this.#waitUntilReady();
  }

  // Whoever asks something else meanwhile has this asked again by hand only.
  stop() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    removeEventListener("online", this.look);
    this.message.remove();
  }

  #ask(byHand) {
    this.stop();
    this.again(byHand);
  }

  #countDown(problem) {
    if (problem.wait <= 0) return this.#ask(false);
    this.message.textContent = problemTexts(problem)[1];
    this.timer = setTimeout(() => this.#countDown({ ...problem, wait: problem.wait - 1 }), 1_000);
  }

  #waitUntilReady() {
    this.look = async () => {
      clearTimeout(this.timer);
      const back = navigator.onLine && (await ready());
      if (!this.node.isConnected) return this.stop();
      if (back) return this.#ask(false);
      this.timer = setTimeout(this.look, this.delay);
      this.delay = Math.min(2 * this.delay, LAST_LOOK_MS);
    };
    addEventListener("online", this.look);
    this.timer = setTimeout(this.look, this.delay);
  }
}
