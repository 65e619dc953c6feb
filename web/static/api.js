// Talks to the server. Every failure is a Problem of a kind that the page has words for.

const TIMEOUT_MS = 120_000; // for an article
const SILENCE_MS = 30_000; // the server gives a sign of life every ten seconds

// `kind` names the texts of `problem.*`; `detail` is what the server said, if it said something; `wait` in seconds.
export class Problem extends Error {
  constructor(kind, { detail = "", status = 0, wait = 0 } = {}) {
    super(`${kind} ${detail}`);
    Object.assign(this, { kind, detail, status, wait });
  }
}

async function request(address, options = {}) {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS), ...options });
    if (response.ok) return response;
    throw await problemOf(response);
  } catch (error) {
    throw known(error);
  }
}

function known(error) {
  if (error instanceof Problem || error.name === "AbortError") return error;
  if (error.name === "TimeoutError") return new Problem("silent");
  return new Problem(navigator.onLine ? "unreachable" : "offline");
}

async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  return problemFrom({ detail: `HTTP ${response.status}`, ...body, status: response.status }, response.headers);
}

function problemFrom({ detail, status }, headers) {
  const wait = secondsOf(headers?.get("Retry-After"));
  if (status === 429 || (status === 503 && wait)) return new Problem("busy", { detail, status, wait: wait || 10 });
  const kinds = { 413: "invalid", 422: "invalid", 502: "unreachable", 503: "not_ready", 504: "unreachable" };
  return new Problem(kinds[status] ?? "failed", { detail, status });
}

// Retry-After is a number of seconds or a date (RFC 9110, 10.2.3).
function secondsOf(after) {
  const seconds = /^\d+$/.test(after) ? Number(after) : (Date.parse(after) - Date.now()) / 1000;
  return Math.max(0, Math.ceil(seconds)) || 0;
}

// Asks, and calls `on[event](data)` for each event of the answer as it comes. Gives the whole answer.
export async function ask(question, history, signal, on) {
  const silence = new AbortController();
  const hear = () => {
    clearTimeout(hear.timer);
    hear.timer = setTimeout(() => silence.abort(new DOMException("silent", "TimeoutError")), SILENCE_MS);
  };
  hear();
  let body = null;
  try {
    ({ body } = await request("/api/ask", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify({ question, history }),
      signal: AbortSignal.any([signal, silence.signal]),
    }));
    let answer = null;
    for await (const { name, data } of eventsOf(body, hear)) {
      if (name === "error") throw problemFrom(data);
      if (name === "final_answer") answer = data;
      on[name]?.(data);
    }
    if (!answer) throw new TypeError();
    return answer;
  } catch (error) {
    throw body && error instanceof TypeError ? new Problem("broke_off") : known(error);
  } finally {
    clearTimeout(hear.timer);
  }
}

async function* eventsOf(body, hear) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    hear();
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const match = block.match(/^event: ([^\n]*)\ndata: ([^\n]*)$/);
      if (match) yield { name: match[1], data: JSON.parse(match[2]) };
    }
  }
}

export async function fetchArticle(id) {
  const response = await request(`/api/articles/${encodeURIComponent(id)}`);
  return response.json().catch((error) => {
    throw known(error); // the connection broke off
  });
}

// Whether questions can be answered now.
export async function ready() {
  return request("/readyz").then(() => true, () => false);
}

// Tells the service what a reader thinks of an answer: { helpful, reason, comment }.
export async function sendFeedback({ id, question, asked, refusal, citations, trace }, history, said) {
  const body = { answer_id: id, index: trace.index, question, asked, history, refusal, ...said };
  body.citations = citations.map(({ article_id, quote }) => ({ article_id, quote }));
  await request("/api/feedback", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}
