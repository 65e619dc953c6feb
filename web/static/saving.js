// Takes text out of the page: into a file, or to the clipboard.

import { t } from "./i18n.js";

const LONGEST_NAME = 80; // characters, well within what file systems allow
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/i; // devices on Windows

export function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // some browsers begin to read it only later
}

// A title as the name of a file that every system takes.
export function fileName(title, extension) {
  const words = title.replace(/[\p{C}\p{Z}\s<>:"/\\|?*.]+/gu, " ").trim();
  const name = Array.from(words).slice(0, LONGEST_NAME).join("").trim();
  return `${!name || RESERVED.test(name) ? t("export.file") : name}.${extension}`;
}

// Whether it worked. Over plain HTTP, as in a local network, browsers have no `navigator.clipboard`.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

function copySelected(text) {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true; // keeps the keyboard of a phone away
  field.className = "visually-hidden";
  (focused?.closest("dialog") ?? document.body).append(field); // beside a modal dialog nothing can be selected
  field.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    field.remove();
    getSelection().removeAllRanges(); // or Chromium would paste into nothing once the dialog is closed
    focused?.focus({ preventScroll: true });
  }
}
