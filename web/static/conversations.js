// The conversations kept in this browser, and nowhere else. Where it does not let the page keep any, or has no room,
// they live as long as the page, and `kept` says so. Nothing here ever fails: a conversation can be had all the same.

const DATABASE = "ask-the-articles";
const CONVERSATIONS = "conversations"; // by id: { title, created, updated, turns }
const PATIENCE_MS = 3_000;
const EXCHANGES = "exchanges"; // by [id of the conversation, place in it]: to add to a long one costs as little

export async function open() {
  const store = new Conversations();
  await store.list(); // shows whether conversations can be kept
  return store;
}

// `crypto.randomUUID` is missing over plain HTTP, as in a local network.
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// What the API takes as `history`: the latest whole exchanges that fit. The short answer goes first: "he" is it.
export function history(exchanges, maxHistoryTurns) {
  const count = Math.floor(maxHistoryTurns / 2);
  const latest = count ? exchanges.slice(-count) : [];
  return latest.flatMap(({ question, answer }) => [
    { role: "user", content: question },
    { role: "assistant", content: answer.short_answer ? `${answer.short_answer}. ${answer.answer}` : answer.answer },
  ]);
}

class Conversations {
  #works = true; // whether the database did what it was last asked
  #unkept = new Map(); // conversations that it did not take: { about, exchanges } by id
  #last = new Map(); // the place of the last exchange that this page knows, by id: another tab may add more
  #removed = new Set(); // what this page removed: an answer that was still on its way must not bring it back

  get kept() {
    return this.#works && !this.#unkept.size;
  }

  // Newest first: [{ id, title, created, updated, turns }], times in milliseconds.
  async list() {
    const stored = await this.#ask("readonly", ({ conversations }) => asked(conversations.getAll()), []);
    const here = [...this.#unkept.values()].map(({ about }) => about);
    const others = stored.filter(({ id }) => !this.#unkept.has(id)).map(whole);
    return [...here, ...others].sort((a, b) => b.updated - a.updated);
  }

  // Its exchanges, oldest first; none if it is not there.
  async load(id) {
    if (this.#unkept.has(id)) return [...this.#unkept.get(id).exchanges];
    const stored = await this.#ask("readonly", ({ exchanges }) => entries(exchanges, id), []);
    const readable = stored.filter(({ exchange }) => isExchange(exchange));
    if (readable.length) this.#last.set(id, readable.at(-1).place);
    return readable.map(({ exchange }) => exchange);
  }

  // Whether the conversation goes on: one that was deleted, perhaps by another tab, stays deleted.
  add(id, exchange) {
    return this.#put(id, exchange, null);
  }

  // The same for an exchange that takes the place of the last one that this page added or loaded.
  replaceLast(id, exchange) {
    return this.#put(id, exchange, this.#last.get(id) ?? null);
  }

  // Gives a function that puts it back; null if it could not be removed.
  async remove(id) {
    const unkept = this.#unkept.get(id);
    const removed = await this.#ask("readwrite", async ({ conversations, exchanges }) => {
      const found = { about: await asked(conversations.get(id)), exchanges: await entries(exchanges, id) };
      conversations.delete(id);
      exchanges.delete(everyPlace(id));
      return found;
    }, null);
    if (!removed && !unkept) return null;
    this.#unkept.delete(id);
    this.#removed.add(id);
    return () => this.#restore(id, removed, unkept);
  }

  // Whether it could be done.
  async removeAll() {
    const allHere = (await this.list()).every(({ id }) => this.#unkept.has(id));
    const removed = await this.#ask("readwrite", async ({ conversations, exchanges }) => {
      conversations.clear();
      exchanges.clear();
      return true;
    }, allHere);
    if (!removed) return false;
    this.#unkept.clear();
    for (const id of this.#last.keys()) this.#removed.add(id);
    return true;
  }

  async #restore(id, removed, unkept) {
    this.#removed.delete(id);
    if (unkept) this.#unkept.set(id, unkept);
    if (!removed?.about) return;
    await this.#ask("readwrite", async ({ conversations, exchanges }) => {
      conversations.put(removed.about);
      for (const { place, exchange } of removed.exchanges) exchanges.put(exchange, [id, place]);
    });
  }

  async #put(id, exchange, place) {
    if (this.#removed.has(id)) return false;
    if (this.#unkept.has(id)) return this.#putHere(id, exchange, place);
    try {
      return await this.#write(id, exchange, place);
    } catch {
      const about = (await this.list()).find((conversation) => conversation.id === id);
      const exchanges = await this.load(id);
      if (!this.#unkept.has(id)) this.#unkept.set(id, { about, exchanges });
      this.#works = false;
      return this.#putHere(id, exchange, place);
    }
  }

  async #write(id, exchange, place) {
    const written = await within("readwrite", async ({ conversations, exchanges }) => {
      const about = await asked(conversations.get(id));
      if (!about && this.#last.has(id)) return null;
      const turns = await asked(exchanges.count(everyPlace(id)));
      const at = place ?? turns;
      exchanges.put(exchange, [id, at]);
      conversations.put(renewed(about, id, exchange, at, turns));
      return { at };
    });
    this.#works = true;
    if (written) this.#last.set(id, written.at);
    return written !== null;
  }

  #putHere(id, exchange, place) {
    const conversation = this.#unkept.get(id);
    const { exchanges } = conversation;
    const at = place === null || !exchanges.length ? exchanges.length : exchanges.length - 1;
    conversation.about = renewed(conversation.about, id, exchange, at, exchanges.length);
    exchanges[at] = exchange;
    this.#last.set(id, at);
    return true;
  }

  async #ask(mode, work, otherwise) {
    try {
      const result = await within(mode, work);
      this.#works = true;
      return result;
    } catch {
      this.#works = false;
      return otherwise;
    }
  }
}

function renewed(about, id, { question }, at, turns) {
  const now = Date.now();
  const title = at === 0 ? question : about?.title;
  return { created: now, ...about, id, title, updated: now, turns: Math.max(turns, at + 1) };
}

// Another version of this page may have written something else: what can be told of it is.
function whole({ id, title, created, updated, turns }) {
  const number = (value) => (Number.isFinite(value) ? value : 0);
  return { id, title: String(title ?? ""), created: number(created), updated: number(updated), turns: number(turns) };
}

function isExchange(value) {
  const { question, answer } = value ?? {};
  const lists = [answer?.sentences, answer?.citations, answer?.evidence, answer?.unknown_words];
  return typeof question === "string" && typeof answer.answer === "string" && lists.every(Array.isArray);
}

async function entries(exchanges, id) {
  const [keys, values] = [exchanges.getAllKeys(everyPlace(id)), exchanges.getAll(everyPlace(id))].map(asked);
  const found = await values;
  return (await keys).map(([, place], i) => ({ place, exchange: found[i] }));
}

function everyPlace(id) {
  return IDBKeyRange.bound([id, 0], [id, Infinity]);
}

// One transaction over both stores. The connection is closed at once: no other version of this page waits for it.
async function within(mode, work) {
  const database = await Promise.race([opened(), tooLong()]);
  try {
    const transaction = database.transaction([CONVERSATIONS, EXCHANGES], mode);
    const ended = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const stores = [CONVERSATIONS, EXCHANGES].map((name) => [name, transaction.objectStore(name)]);
    const worked = work(Object.fromEntries(stores)).catch((error) => {
      transaction.abort();
      throw error;
    });
    const [result] = await Promise.race([Promise.all([worked, ended]), tooLong()]);
    return result;
  } finally {
    database.close();
  }
}

// Some browsers' databases never answer, which counts as not keeping anything.
function tooLong() {
  return new Promise((_, reject) => setTimeout(() => reject(new DOMException("slow", "TimeoutError")), PATIENCE_MS));
}

// Whatever version is there will do, as long as it has both stores.
function opened() {
  const request = indexedDB.open(DATABASE);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(CONVERSATIONS, { keyPath: "id" });
    request.result.createObjectStore(EXCHANGES);
  };
  return asked(request);
}

function asked(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
