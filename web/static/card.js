// What a citation says, shown beside its mark while that is pointed at or has the focus. It can be pointed at itself,
// stays until one leaves, and goes with Escape (WCAG 2.2, 1.4.13).

import { el, quoted } from "./dom.js";
import { t } from "./i18n.js";

const PATIENCE_MS = 150; // before it comes, and before it goes
const GAP = 6; // pixels between mark and card
const cited = new WeakMap();
const card = document.getElementById("card");
let shownFor = null;
let timer = null;

// Tells what the card of a mark is to say.
export function describe(mark, citation, support) {
  cited.set(mark, { citation, support });
}

function show(mark) {
  const { citation, support } = cited.get(mark);
  card.replaceChildren(
    quoted("p", { class: "source" }, citation.title),
    quoted("p", { class: "words" }, citation.quote),
    el("p", { class: "muted" }, t(`answer.${support}`)),
  );
  hide();
  shownFor = mark;
  card.showPopover();
  place(mark.getBoundingClientRect());
  mark.setAttribute("aria-describedby", card.id);
}

function place(at) {
  const { width, height } = card.getBoundingClientRect();
  const below = at.bottom + GAP + height <= innerHeight;
  card.style.left = `${Math.max(16, Math.min(at.left, innerWidth - width - 16))}px`;
  card.style.top = `${below ? at.bottom + GAP : Math.max(8, at.top - GAP - height)}px`;
}

function hide() {
  clearTimeout(timer);
  if (!shownFor) return;
  shownFor.removeAttribute("aria-describedby");
  shownFor = null;
  card.hidePopover();
}

function later(action) {
  clearTimeout(timer);
  timer = setTimeout(action, PATIENCE_MS);
}

function markOf(target) {
  const mark = target.closest?.(".mark");
  return cited.has(mark) ? mark : null;
}

document.addEventListener("pointerover", ({ target, pointerType }) => {
  if (pointerType !== "mouse") return;
  const mark = markOf(target);
  if (mark && mark !== shownFor) later(() => mark.isConnected && show(mark));
  else if (mark || card.contains(target)) clearTimeout(timer);
  else if (shownFor && shownFor !== document.activeElement) later(hide);
  else if (!shownFor) clearTimeout(timer);
});
document.addEventListener("focusin", ({ target }) => {
  const mark = markOf(target);
  if (mark?.matches(":focus-visible")) show(mark);
  else if (!card.contains(target)) hide();
});
document.addEventListener("focusout", hide);
document.addEventListener("click", (event) => !card.contains(event.target) && hide(), { capture: true });
document.addEventListener("scroll", ({ target }) => {
  if (!shownFor || card.contains(target)) return;
  if (shownFor === document.activeElement) place(shownFor.getBoundingClientRect()); // it was scrolled into sight
  else hide();
}, { capture: true, passive: true });
window.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !shownFor) return;
  event.stopImmediatePropagation(); // it closes the card, and nothing else
  event.preventDefault();
  hide();
}, { capture: true });
