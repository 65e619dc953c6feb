// Talks to the server. Every failure is a Problem whose message can be shown.

const TIMEOUT_MS = 120_000;

export class Problem extends Error {
  constructor(message, { status = 0, title = "The server cannot be reached" } = {}) {
    super(message);
    this.status = status;
    this.title = title;
  }
}

async function request(address, options = {}) {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  try {
    const response = await fetch(address, { ...options, signal });
    if (response.ok) return await response.json();
    throw await problemOf(response);
  } catch (error) {
    if (error instanceof Problem || error.name === "AbortError") throw error;
    if (error.name === "TimeoutError") throw new Problem("It took too long to answer.", { title: "No answer came" });
    throw new Problem("Check the connection, and that the service is running; then try again.");
  }
}

async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  const titles = { 422: "This question cannot be asked", 503: "The service is not ready" };
  return new Problem(body.detail ?? `It answered with status ${response.status}.`, {
    status: response.status,
    title: titles[response.status] ?? "The service failed",
  });
}

export function ask(question, history, signal) {
  return request("/api/ask", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ question, history }),
    signal,
  });
}

export function fetchArticle(id) {
  return request(`/api/articles/${encodeURIComponent(id)}`);
}
