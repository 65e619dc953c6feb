// Asks whether an answer helped, and why not. What is typed stays until it has been sent.

import { sendFeedback } from "./api.js";
import { button, el, quoted } from "./dom.js";
import { t } from "./i18n.js";

const OF_ANSWERS = ["wrong_answer", "wrong_quote", "incomplete", "misunderstood", "should_refuse"];
const OF_REFUSALS = ["should_answer", "misunderstood"];
const MAX_COMMENT = 500; // as web/schemas.py has it

// For the row of actions below an answer. `history` is what was sent along with the question.
export function feedbackView({ answer }, history) {
  const status = el("p", { role: "status" });
  const buttons = { true: choice("helpful", () => tell({ helpful: true })), false: choice("not_helpful", toggle) };
  const view = el(
    "div",
    { class: "feedback" },
    el("div", { class: "choices", role: "group", "aria-label": t("feedback.helped") }, Object.values(buttons)),
    status,
  );
  buttons.false.ariaExpanded = false;
  let form = null;
  let sending = false;

  function toggle() {
    if (form?.isConnected) return close();
    form ??= formFor(answer, tell, close); // made when it is first wanted: most answers are never rated
    status.replaceChildren();
    status.before(form);
    buttons.false.ariaExpanded = true;
    form.querySelector("input").focus();
  }

  function close() {
    if (form?.contains(document.activeElement)) buttons.false.focus();
    form?.remove();
    buttons.false.ariaExpanded = false;
  }

  async function tell(said) {
    if (sending) return;
    sending = true;
    status.textContent = t("feedback.sending");
    try {
      await sendFeedback(answer, history, said);
      for (const [helpful, node] of Object.entries(buttons)) node.ariaPressed = helpful === String(said.helpful);
      close();
      status.textContent = t("feedback.thanks");
    } catch ({ kind, detail }) {
      status.replaceChildren(`${t("feedback.not_sent", { problem: t(`problem.${kind}`) })} `, quoted("span", {}, detail));
    } finally {
      sending = false;
    }
  }

  return view;
}

function choice(name, onClick) {
  return button(t(`feedback.${name}`), onClick, { class: "quiet", "aria-pressed": "false", title: t("feedback.sends") });
}

function formFor(answer, tell, close) {
  const comment = el("textarea", { rows: 2, maxlength: MAX_COMMENT });
  const left = el("span", { class: "muted" });
  const count = () => (left.textContent = t("composer.left", { count: MAX_COMMENT - comment.value.length }));
  comment.addEventListener("input", count);
  count();
  const form = el(
    "form",
    {},
    reasons(answer.answered ? OF_ANSWERS : OF_REFUSALS),
    el("label", {}, t("feedback.comment"), comment),
    left,
    el("p", { class: "muted" }, t("feedback.sends")),
    el("div", { class: "choices" }, el("button", {}, t("feedback.send")), button(t("feedback.cancel"), close, { class: "quiet" })),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tell({ helpful: false, reason: new FormData(form).get("reason") || null, comment: comment.value });
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation(); // elsewhere it stops an answer
    close();
  });
  return form;
}

function reasons(names) {
  const options = [...names.map((name) => [name, name]), ["", "other"]];
  return el(
    "fieldset",
    {},
    el("legend", {}, t("feedback.what")),
    options.map(([value, name]) => el("label", {}, el("input", { type: "radio", name: "reason", value }), t(`feedback.${name}`))),
  );
}
