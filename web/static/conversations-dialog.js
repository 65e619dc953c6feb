// The kept conversations: to open, to delete, to take along.

import { button, el } from "./dom.js";
import { conversationAsHtml } from "./export-html.js";
import { conversationAsJson, conversationAsMarkdown } from "./export.js";
import { moment, t } from "./i18n.js";
import { download, fileName } from "./saving.js";

const FORMS = [
  { name: "Markdown", extension: "md", type: "text/markdown", write: conversationAsMarkdown },
  { name: "HTML", extension: "html", type: "text/html", write: conversationAsHtml },
  { name: "JSON", extension: "json", type: "application/json", write: conversationAsJson },
];

// The page is asked for `current()`, the { id, exchanges } that it shows; it is told to `open(id)`, and by
// `onDeleted(id)` when the dialog closes what was deleted in it: until then a deletion can be undone.
export class ConversationsDialog {
  constructor(dialog, store, page) {
    this.dialog = dialog;
    this.store = store;
    this.page = page;
    this.deleted = new Set();
    this.status = el("p", { class: "visually-hidden", role: "status" });
    this.list = el("ul", { role: "list" });
    this.foot = el("div", { class: "all" });
    this.exports = el("div", { class: "exports" });
    this.place = el("p", { class: "place" });
    const close = button(t("page.close"), () => dialog.close(), { class: "quiet" });
    const title = el("h2", { id: "conversations-title", tabindex: "-1" }, t("conversations.title"));
    dialog.setAttribute("aria-labelledby", title.id);
    dialog.classList.add("conversations");
    const head = el("div", { class: "dialog-head" }, title, close);
    dialog.replaceChildren(head, this.place, this.list, this.foot, this.exports, this.status);
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("cancel", (event) => this.#cancel(event));
    dialog.addEventListener("close", () => this.#settle());
  }

  async show() {
    const conversations = await this.store.list();
    this.status.textContent = "";
    this.place.textContent = t(this.store.kept ? "conversations.here_only" : "conversations.not_kept");
    this.#fill(conversations);
    this.#offerExports(conversations);
    this.dialog.showModal();
    this.dialog.querySelector("h2").focus();
  }

  #fill(conversations) {
    this.list.replaceChildren(...conversations.map((conversation) => this.#row(conversation)));
    this.#offerAll();
  }

  #row(conversation) {
    const { id, updated, turns } = conversation;
    const title = titleOf(conversation);
    const item = el("li", {});
    const current = id === this.page.current().id;
    const shown = { class: "title", dir: "auto", "aria-current": current && "true" };
    const open = button(title, () => this.#open(id), shown);
    const facts = [updated && moment(updated), t("conversations.questions", { count: turns })];
    if (current) facts.push(t("conversations.current"));
    const named = { class: "quiet", "aria-label": t("conversations.delete_one", { title }) };
    const remove = button(t("conversations.delete"), () => this.#delete(conversation, item), named);
    item.append(el("div", {}, open, el("p", { class: "muted" }, facts.filter(Boolean).join(" · "))), remove);
    return item;
  }

  #open(id) {
    this.dialog.close();
    this.page.open(id);
  }

  // The place of a deleted conversation stays, with the way back, until the dialog closes.
  async #delete(conversation, item) {
    const undo = await this.store.remove(conversation.id);
    if (!undo) return this.#say(t("conversations.not_deleted"));
    this.deleted.add(conversation.id);
    const title = titleOf(conversation);
    const named = { class: "quiet", "aria-label": t("conversations.undo_one", { title }) };
    const back = button(t("conversations.undo"), () => this.#restore(conversation, item, undo), named);
    item.replaceChildren(el("p", { class: "muted" }, t("conversations.deleted")), back);
    back.focus();
    this.#say(t("conversations.deleted_one", { title }));
    this.#offerAll();
  }

  async #restore(conversation, item, undo) {
    await undo();
    this.deleted.delete(conversation.id);
    const row = this.#row(conversation);
    item.replaceWith(row);
    row.querySelector("button").focus();
    this.#say(t("conversations.restored", { title: titleOf(conversation) }));
    this.#offerAll();
  }

  #offerAll() {
    const left = this.list.querySelectorAll(".title").length;
    const empty = el("p", { class: "empty", tabindex: "-1" }, t("conversations.none"));
    const all = button(t("conversations.delete_all"), () => this.#askForAll(left), { class: "quiet" });
    this.foot.replaceChildren(...[!this.list.children.length && empty, left > 1 && all].filter(Boolean));
    this.asking = false;
  }

  #askForAll(count) {
    const question = el("p", { id: "conversations-sure" }, t("conversations.sure", { count }));
    const described = { "aria-describedby": question.id };
    const keep = button(t("conversations.keep"), () => this.#keepAll(), described);
    const all = button(t("conversations.delete_all"), () => this.#deleteAll(), { class: "quiet" });
    this.foot.replaceChildren(question, el("div", { class: "row" }, keep, all));
    this.asking = true;
    keep.focus();
  }

  #keepAll() {
    this.#offerAll();
    this.foot.querySelector("button").focus();
  }

  async #deleteAll() {
    const conversations = await this.store.list();
    if (!(await this.store.removeAll())) return this.#say(t("conversations.not_deleted"));
    for (const { id } of [...conversations, this.page.current()]) this.deleted.add(id);
    this.#fill([]);
    this.exports.replaceChildren();
    this.foot.querySelector(".empty").focus();
  }

  #offerExports(conversations) {
    const { id, exchanges } = this.page.current();
    if (!exchanges.length) return this.exports.replaceChildren();
    const created = conversations.find((conversation) => conversation.id === id)?.created ?? Date.now();
    const title = exchanges[0].question;
    const conversation = { id, title, created: new Date(created).toISOString(), exchanges };
    const buttons = FORMS.map(({ name, extension, type, write }) => {
      const save = () => {
        const file = fileName(title, extension);
        download(file, type, write(conversation, location.origin));
        this.#say(t("conversations.saved", { file }));
      };
      return button(name, save, { class: "quiet" });
    });
    const heading = el("h3", { id: "conversations-export" }, t("conversations.save"));
    const labelled = { "aria-labelledby": heading.id };
    this.exports.replaceChildren(el("section", labelled, heading, el("div", { class: "row" }, buttons)));
  }

  #cancel(event) {
    if (!this.asking) return;
    event.preventDefault();
    this.#keepAll();
  }

  #settle() {
    for (const id of this.deleted) this.page.onDeleted(id);
    this.deleted.clear();
  }

  #say(text) {
    this.status.textContent = text;
  }
}

function titleOf({ title }) {
  return title.trim() || t("conversations.untitled");
}
