// The article beside the page: the address says which is open, so that Back closes it and a link to it can be shared.
// Every link to a span of an article opens it here, on whatever page it stands.

import { spanAddress } from "./dom.js";
import { Reader } from "./reader.js";

const reader = new Reader(document.getElementById("reader"), {
  onClose: close,
  onWalk: walk,
  onShown: (article) => {
    document.title = `${article.title} · ${site}`;
  },
});
const home = targetOf(location) ? "/" : location.pathname + location.search; // what this page shows, no article open
const site = document.querySelector(".name").textContent.trim();
const title = targetOf(location) ? site : document.title; // of the same
let stops = []; // the spans that n and p lead through: those that are linked to where the open one was followed

export function isOpen() {
  return reader.dialog.open;
}

export function close() {
  if (!targetOf(location)) return;
  if (history.state?.over) history.back();
  else {
    history.replaceState(null, "", home);
    follow();
  }
}

// To the next (1) or the previous (-1) span; to the first or last of `within`, if none is open.
export function walk(step, within = null) {
  const target = targetOf(location);
  if (!target && within) stops = stopsWithin(within);
  if (!stops.length) return;
  const place = stops.findIndex((stop) => target && spanAddress(stop) === spanAddress(target));
  const next = place < 0 && step < 0 ? -1 : (place + step) % stops.length;
  open(stops.at(next));
}

// Opens what the address names, or closes what is open; to be called once the page is complete.
export function follow() {
  const target = targetOf(location);
  const links = [...document.querySelectorAll("a[href^='/articles/']")].filter((link) => !reader.dialog.contains(link));
  const same = links.filter((link) => target && spanAddress(targetOf(link) ?? {}) === spanAddress(target));
  for (const link of links) link.removeAttribute("aria-current");
  for (const link of same) link.setAttribute("aria-current", "true");
  if (target && !stops.length && same.length) stops = stopsWithin(same.at(-1).closest("[data-walk]"));
  if (target) reader.open(target, stops);
  else {
    stops = [];
    document.title = title;
    reader.close();
  }
}

function open(target) {
  const address = spanAddress(target);
  if (targetOf(location)) history.replaceState(history.state, "", address);
  else history.pushState({ over: true }, "", address);
  follow();
}

// The span that an address names, or null: `/articles/<id>?start=..&end=..`.
function targetOf({ pathname, search }) {
  const match = pathname.match(/^\/articles\/([^/]+)$/);
  if (!match) return null;
  const parameters = new URLSearchParams(search);
  const [start, end] = ["start", "end"].map((name) => Number(parameters.get(name) ?? ""));
  const isSpan = Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start < end;
  return { article_id: decoded(match[1]), ...(isSpan ? { start, end } : { start: 0, end: 0 }) };
}

// What is no text at all is the id of no article.
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function stopsWithin(part) {
  const links = [...(part?.querySelectorAll("a[data-stop]") ?? [])];
  return links.map(targetOf);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='/articles/']");
  const target = link && targetOf(link);
  if (!target || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  stops = stopsWithin(link.closest("[data-walk]"));
  open(target);
});
window.addEventListener("popstate", () => {
  // After a reload with an article open, the page that it was opened from is another one than this.
  if (targetOf(location) || location.pathname + location.search === home) follow();
  else location.reload();
});
