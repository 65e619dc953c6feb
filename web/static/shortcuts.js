// Keys: the list of them, and those that work on the whole page. Those of a single character can be turned off
// (WCAG 2.2, 2.1.4), and never work while something is being typed.

import { button, el } from "./dom.js";
import { t } from "./i18n.js";
import { keep, kept } from "./storage.js";

const SETTING = "single-key-shortcuts";
const IN_THE_QUESTION = [
  [["enter"], "enter"],
  [["shift", "enter"], "newline"],
  [["up"], "edit"],
];

// `keys` are the single characters that do what `actions` says by the same name.
export function listen(keys, actions) {
  const dialog = document.getElementById("shortcuts");
  const all = { ...keys, help: "?" };
  dialog.replaceChildren(...list(dialog, all));
  const show = () => dialog.open || dialog.showModal();
  onKeys(all, { ...actions, help: show });
  document.getElementById("open-shortcuts").addEventListener("click", show);
}

function onKeys(keys, actions) {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches?.("input, textarea, select, [contenteditable]");
    if (typing || !on() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const name = Object.keys(keys).find((action) => keys[action] === event.key);
    if (!name || (document.querySelector("dialog.dialog[open]") && name !== "help")) return;
    event.preventDefault();
    actions[name]();
  });
}

function list(dialog, keys) {
  const close = button(t("page.close"), () => dialog.close(), { class: "quiet" });
  const title = el("h2", { id: "shortcuts-title" }, t("shortcuts.title"));
  const box = el("input", { type: "checkbox", id: "single-keys", checked: on() });
  box.addEventListener("change", () => turn(box.checked));
  const inQuestion = document.getElementById("question") ? IN_THE_QUESTION : [];
  const typed = [...inQuestion, [["escape"], "escape"]].map(([names, what]) => row(names.map((name) => t(`shortcuts.key_${name}`)), what));
  const single = Object.entries(keys).map(([what, key]) => row([key], what));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return [
    el("div", { class: "dialog-head" }, title, close),
    el("dl", {}, typed),
    el("h3", {}, t("shortcuts.keys")),
    el("dl", {}, single),
    el("label", {}, box, ` ${t("shortcuts.single")}`),
  ];
}

function row(keys, what) {
  return el("div", {}, el("dt", {}, keys.map((key, i) => [i > 0 && " + ", el("kbd", {}, key)])), el("dd", {}, t(`shortcuts.${what}`)));
}

function on() {
  return kept("localStorage", SETTING) !== "off";
}

function turn(isOn) {
  keep("localStorage", SETTING, isOn ? "on" : "off");
}
