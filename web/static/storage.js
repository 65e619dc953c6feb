// What the browser keeps for this page under a name, if it keeps anything: where storage is full or forbidden, what was
// to be kept ends with the page.

export function keep(storage, name, text) {
  try {
    window[storage].setItem(name, text);
  } catch {
    // See above.
  }
}

// Null if nothing is kept under that name.
export function kept(storage, name) {
  try {
    return window[storage].getItem(name);
  } catch {
    return null;
  }
}
