// The page: the composer, the conversation, and the article that the address names.

import { LiveAnswer, answerView, spoken } from "./answer.js";
import { Problem, ask } from "./api.js";
import { Conversation } from "./conversation.js";
import { el } from "./dom.js";
import { Reader } from "./reader.js";

const byId = (id) => document.getElementById(id);
const [composer, question, send, log, welcome, status, newConversation] = [
  "composer", "question", "send", "conversation", "welcome", "status", "new-conversation",
].map(byId);
const conversation = new Conversation(Number(document.body.dataset.maxHistoryTurns));
const reader = new Reader(byId("reader"), closeArticle);
let pending = null; // the AbortController of the question that is being answered

// The conversation

function submit(text) {
  if (pending || !text.trim()) return;
  const turn = addTurn(text);
  question.value = "";
  fitComposer();
  answerInto(turn, text);
}

async function answerInto(turn, text) {
  pending = new AbortController();
  const { signal } = pending;
  send.textContent = "Stop";
  turn.body.replaceChildren(el("p", { class: "waiting" }, "Searching the articles"));
  status.textContent = "Searching the articles";
  const live = new LiveAnswer(turn.body, openArticle);
  try {
    const answer = await ask(text, conversation.history(), signal, live);
    conversation.add(text, answer);
    turn.body.replaceChildren(answerView(answer, openArticle));
    status.textContent = spoken(answer);
  } catch (error) {
    if (signal.aborted) {
      if (turn.node.isConnected) showStopped(turn, text);
      return;
    }
    const known = error instanceof Problem;
    showProblem(turn, text, known ? error : new Problem(String(error), { title: "This page failed" }));
  } finally {
    if (pending?.signal === signal) settle();
    turn.node.scrollIntoView({ block: "nearest" });
  }
}

function settle() {
  pending = null;
  send.textContent = "Ask";
}

function stop() {
  pending?.abort();
  settle();
}

function showStopped(turn, text) {
  turn.body.querySelector(".waiting")?.remove();
  turn.body.append(el("p", { class: "stopped" }, "Stopped."));
  status.textContent = "Stopped";
  if (!question.value) question.value = text;
  fitComposer();
}

function addTurn(text) {
  const body = el("div", { class: "body" });
  const node = el("article", { class: "turn" }, el("h2", { class: "question" }, text), body);
  log.append(node);
  welcome.hidden = true;
  newConversation.hidden = false;
  node.scrollIntoView({ block: "start" });
  return { node, body };
}

// The question stays on the page, and comes back into the composer unless something new has been typed there.
function showProblem(turn, text, problem) {
  const retry = el("button", { type: "button" }, "Try again");
  retry.addEventListener("click", () => {
    if (pending) return;
    if (question.value === text) question.value = "";
    answerInto(turn, text);
    question.focus();
  });
  const title = el("p", { class: "problem-title" }, problem.title);
  const message = el("p", {}, problem.message);
  turn.body.replaceChildren(el("div", { class: "problem" }, title, message, problem.status !== 422 && retry));
  status.textContent = `${problem.title}. ${problem.message}`;
  if (!question.value) question.value = text;
  fitComposer();
}

function startAnew() {
  log.replaceChildren();
  stop();
  conversation.clear();
  welcome.hidden = false;
  newConversation.hidden = true;
  status.textContent = "New conversation";
  if (reader.dialog.open) closeArticle();
  question.focus();
}

function restore() {
  try {
    for (const { question: text, answer } of conversation.exchanges) {
      addTurn(text).body.append(answerView(answer, openArticle));
    }
  } catch {
    startAnew(); // stored by another version of this page
  }
}

// The composer

function fitComposer() {
  question.rows = Math.min(6, Math.max(1, question.value.split("\n").length));
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  submit(question.value);
});
send.addEventListener("click", (event) => {
  if (!pending) return;
  event.preventDefault();
  stop();
});
window.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !reader.dialog.open) stop();
});
question.addEventListener("input", fitComposer);
question.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});
newConversation.addEventListener("click", startAnew);
for (const button of document.querySelectorAll(".suggestion")) {
  button.addEventListener("click", () => submit(button.textContent));
}

// The article: the address says which is open, so that Back closes it and a link to it can be shared

function targetOf({ pathname, search }) {
  const match = pathname.match(/^\/articles\/([^/]+)$/);
  if (!match) return null;
  const parameters = new URLSearchParams(search);
  const [start, end] = ["start", "end"].map((name) => Number.parseInt(parameters.get(name) ?? "0", 10) || 0);
  return { id: decodeURIComponent(match[1]), start, end };
}

function openArticle({ id, start, end }) {
  const address = `/articles/${encodeURIComponent(id)}?start=${start}&end=${end}`;
  if (targetOf(location)) history.replaceState(history.state, "", address);
  else history.pushState({ overChat: true }, "", address);
  followAddress();
}

function closeArticle() {
  if (history.state?.overChat) history.back();
  else {
    history.replaceState(null, "", "/");
    followAddress();
  }
}

function followAddress() {
  const target = targetOf(location);
  if (target) reader.open(target);
  else reader.close();
  for (const link of log.querySelectorAll(".mark, .quote")) {
    if (link.getAttribute("href") === location.pathname + location.search) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

window.addEventListener("popstate", followAddress);
for (const link of document.querySelectorAll("a[data-article]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openArticle({ id: link.dataset.article, start: 0, end: 0 });
  });
}

restore();
if (!targetOf(location)) question.focus();
followAddress();
