// The chat: asks, shows, keeps.

import { LiveAnswer, answerView, spoken } from "./answer.js";
import { Problem, ask } from "./api.js";
import { Composer } from "./composer.js";
import { ConversationsDialog } from "./conversations-dialog.js";
import * as conversations from "./conversations.js";
import { button, el, quoted } from "./dom.js";
import { answerAsMarkdown, answerAsText } from "./export.js";
import { feedbackView } from "./feedback.js";
import { t } from "./i18n.js";
import * as pane from "./pane.js";
import { ProblemView } from "./problem.js";
import { copy } from "./saving.js";
import { listen } from "./shortcuts.js";
import { keep, kept } from "./storage.js";

const CURRENT = "conversation";
const SUGGESTED = 3; // below a refusal
const AT_ONCE = 10; // turns of a kept conversation: the last ones are there immediately, the others soon
const byId = (id) => document.getElementById(id);
const [log, welcome, status, newConversation] = ["conversation", "welcome", "status", "new-conversation"].map(byId);
const limits = document.body.dataset;
const suggestions = [...document.querySelectorAll(".suggestion")].map((node) => node.textContent);
const store = await conversations.open();
let id = kept("sessionStorage", CURRENT) ?? conversations.newId(); // of the conversation
let exchanges = await store.load(id); // its { question, answer }
let pending = null; // the AbortController of the question that is being answered
let editing = null; // while the last question is being changed: { draft }, what was typed before
let problem = null; // the ProblemView that waits
const turns = new WeakMap(); // of their nodes: { node, body, answer: the elements that show it }
const composer = new Composer(byId("composer"), Number(limits.maxQuestionChars), {
  onSubmit: submit,
  onStop: stop,
  onCancel: () => {
    stopEditing();
    composer.focus();
  },
  onEdit: (event) => edit(event),
});

// Asking

function submit(text) {
  const replaced = editing && turns.get(log.lastChild);
  stopEditing();
  askInto(addTurn(text), text, { replaced });
}

// `replaced` is the turn whose answer this one takes the place of, perhaps this turn itself; until then it is kept.
// `tries` says how often this was asked by itself.
async function askInto(turn, text, { replaced = null, tries = 0 } = {}) {
  problem?.stop();
  pending?.abort();
  pending = new AbortController();
  const { signal } = pending;
  const [conversation, before] = [id, replaced ? exchanges.slice(0, -1) : exchanges];
  if (replaced && replaced !== turn) replaced.node.hidden = true;
  if (composer.text.trim() === text) composer.put("");
  composer.start(text);
  const waiting = el("p", { class: "waiting" }, t("answer.searching"));
  const focused = document.activeElement;
  turn.body.replaceChildren(waiting);
  // What was pressed to ask this may be gone now: the focus goes where the answer will be.
  if (!focused.checkVisibility() || !focused.isConnected) turn.node.focus({ preventScroll: true });
  delete turn.node.dataset.walk;
  status.textContent = waiting.textContent;
  const live = new LiveAnswer(turn.body, waiting);
  try {
    const history = historyOf(before);
    const exchange = { question: text, answer: await ask(text, history, signal, live) };
    live.end();
    if (signal.aborted) return;
    exchanges = [...before, exchange];
    // Its buttons come when it is kept, and so when they do something: until then the next question has to wait.
    const stored = await (replaced ? store.replaceLast(conversation, exchange) : store.add(conversation, exchange));
    if (replaced !== turn) replaced?.node.remove();
    show(turn, exchange, history);
    status.textContent = spoken(exchange.answer);
    if (!stored) turn.body.append(el("p", { class: "stopped" }, t("answer.not_kept")));
  } catch (error) {
    live.end();
    if (!turn.node.isConnected) return;
    live.break();
    if (signal.aborted) showStopped(turn, text, replaced);
    else showProblem(turn, text, error, { replaced, tries });
    if (replaced) restore(replaced);
    if (replaced !== turn) composer.offer(text);
  } finally {
    if (pending?.signal === signal) settle();
  }
}

// Shows the answer again that was to be replaced.
function restore({ node, body, answer }) {
  node.hidden = false;
  node.dataset.walk = "";
  for (const part of answer) if (!part.isConnected) body.append(part);
}

function historyOf(before) {
  return conversations.history(before, Number(limits.maxHistoryTurns));
}

function settle() {
  pending = null;
  composer.settle();
}

function stop() {
  pending?.abort();
  problem?.stop();
}

function addTurn(text) {
  const turn = turnOf(text);
  log.append(turn.node);
  welcome.hidden = true;
  newConversation.hidden = false;
  turn.node.scrollIntoView({ block: "start" });
  return turn;
}

function turnOf(text) {
  const body = el("div", { class: "body" });
  const node = el("article", { class: "turn", tabindex: -1 }, quoted("h2", { class: "question" }, text), body);
  const turn = { node, body, answer: [] };
  turns.set(node, turn);
  return turn;
}

// `history` is what the question was asked with. Whoever was on a mark of the answer while it was written stays on it.
function show(turn, exchange, history) {
  const focused = turn.body.contains(document.activeElement) && document.activeElement.getAttribute("href");
  const others = suggestions.filter((text) => text !== exchange.question).slice(0, SUGGESTED);
  turn.answer = [answerView(exchange.answer, others), actions(exchange, history)];
  turn.node.dataset.walk = "";
  turn.body.replaceChildren(...turn.answer);
  if (focused) [...turn.body.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
}

function showStopped(turn, text, replaced) {
  turn.body.querySelector(".waiting")?.remove();
  const again = button(t("answer.again"), () => askInto(turn, text, { replaced }), { class: "quiet of-last" });
  turn.body.append(el("p", { class: "stopped" }, t("answer.stopped")), el("div", { class: "actions" }, again));
  status.textContent = t("answer.stopped");
}

// The question stays on the page, and comes back into the composer unless something new has been typed there.
function showProblem(turn, text, error, { replaced, tries }) {
  const known = error instanceof Problem ? error : new Problem("page_failed", { detail: String(error) });
  problem = new ProblemView(known, tries, (byHand) => {
    askInto(turn, text, { replaced, tries: byHand ? 0 : tries + 1 });
    if (byHand) composer.focus();
  });
  turn.body.querySelector(".waiting")?.remove();
  turn.body.append(problem.node);
  status.textContent = problem.text;
}

// What can be done with an answer

function actions(exchange, history) {
  const said = el("span", { class: "muted", role: "status" });
  const copyAs = async (write) => {
    said.textContent = t((await copy(write(exchange, location.origin))) ? "answer.copied" : "answer.not_copied");
  };
  return el(
    "div",
    { class: "actions", role: "group", "aria-label": t("answer.actions") },
    button(t("answer.copy"), () => copyAs(answerAsText), { class: "quiet" }),
    button(t("answer.copy_markdown"), () => copyAs(answerAsMarkdown), { class: "quiet" }),
    button(t("answer.again"), again, { class: "quiet of-last" }),
    button(t("answer.edit"), edit, { class: "quiet of-last" }),
    said,
    "feedback" in limits && feedbackView(exchange, history),
  );
}

function again() {
  const turn = turns.get(log.lastChild);
  if (!pending) askInto(turn, exchanges.at(-1).question, { replaced: turn });
}

function edit(event) {
  if (pending || !log.lastChild?.hasAttribute("data-walk")) return; // the last question has no answer to be changed
  event.preventDefault();
  editing ??= { draft: composer.text };
  composer.edit(true);
  composer.put(exchanges.at(-1).question);
  composer.focus();
}

function stopEditing() {
  if (editing) composer.put(editing.draft);
  editing = null;
  composer.edit(false);
}

// Conversations

function begin(newId, found) {
  stop();
  stopEditing();
  [id, exchanges] = [newId, found];
  keep("sessionStorage", CURRENT, newId); // a reload shows it again
  log.replaceChildren();
  welcome.hidden = found.length > 0;
  newConversation.hidden = !found.length;
  showKept(found.length);
  log.lastChild?.scrollIntoView({ block: "start", behavior: "instant" });
}

// Shows the kept turns before the one with this number, the last of them first. Those above come a few at a time: the
// browser keeps in place what is on the screen, and stays at hand.
function showKept(end) {
  const [conversation, first] = [id, Math.max(0, end - AT_ONCE)];
  log.prepend(...exchanges.slice(first, end).map((exchange, i) => keptTurn(exchange, first + i)));
  if (first > 0) setTimeout(() => conversation === id && showKept(first));
}

function keptTurn(exchange, place) {
  const turn = turnOf(exchange.question);
  try {
    show(turn, exchange, historyOf(exchanges.slice(0, place)));
  } catch {
    // It was kept by another version of this page, whose answers this one cannot show.
  }
  return turn.node;
}

async function openConversation(wanted) {
  pane.close();
  begin(wanted, await store.load(wanted));
}

function startAnew() {
  pane.close();
  begin(conversations.newId(), []);
  status.textContent = t("page.new_conversation");
  composer.focus();
}

// Keys and buttons

const dialog = new ConversationsDialog(byId("conversations"), store, {
  open: openConversation,
  current: () => ({ id, exchanges }),
  onDeleted: (deleted) => deleted === id && startAnew(),
});
listen(
  { question: "/", next: "n", previous: "p" },
  {
    question: () => composer.focus(),
    next: () => pane.walk(1, answerAtHand()),
    previous: () => pane.walk(-1, answerAtHand()),
  },
);
window.addEventListener("keydown", ({ key, defaultPrevented }) => {
  if (key !== "Escape" || defaultPrevented || document.querySelector("dialog[open], .menu:popover-open")) return;
  if (editing) stopEditing();
  else stop();
});

// The answer that has the focus, or else the last one.
function answerAtHand() {
  return document.activeElement.closest("[data-walk]") ?? log.lastChild;
}

byId("open-conversations").addEventListener("click", () => dialog.show());
newConversation.addEventListener("click", startAnew);
document.addEventListener("click", ({ target }) => {
  const suggestion = target.closest?.(".suggestion");
  if (suggestion && !pending) submit(suggestion.textContent);
});

begin(id, exchanges);
pane.follow();
if (!pane.isOpen()) composer.focus();
