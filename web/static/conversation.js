// The conversation so far. It lives in this tab only: the server keeps nothing, a reload loses nothing.

const KEY = "conversation";

export class Conversation {
  constructor(maxHistoryTurns) {
    this.maxHistoryTurns = maxHistoryTurns;
    this.exchanges = load();
  }

  add(question, answer) {
    this.exchanges.push({ question, answer });
    save(this.exchanges);
  }

  clear() {
    this.exchanges = [];
    save([]);
  }

  // What the API takes as `history`: the latest whole exchanges that fit. The short answer goes first: "he" is it.
  history() {
    const count = Math.floor(this.maxHistoryTurns / 2);
    const latest = count ? this.exchanges.slice(-count) : [];
    return latest.flatMap(({ question, answer }) => [
      { role: "user", content: question },
      { role: "assistant", content: answer.short_answer ? `${answer.short_answer}. ${answer.answer}` : answer.answer },
    ]);
  }
}

function load() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? [];
  } catch {
    return [];
  }
}

function save(exchanges) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(exchanges));
  } catch {
    // Storage is full or forbidden: the conversation then ends with the page, which is no reason to fail now.
  }
}
