/** Calls of the HTTP API with the page's session. Knows no views; `fetch` is injected. */

/** How long an answer may take, ms: far longer than the server does, and for files and what is done to thousands. */
const [PATIENCE, LONG] = [30_000, 600_000];
const LASTING = /^\/(contacts\/bulk|status)\b/;

/** An answer that is no success, or none at all (`status` 0). */
export class Problem extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(body?.detail || body?.title || (status ? `The server answered ${status}.` : "You are offline."));
    this.status = status;
    /** @type {string} */
    this.code = body?.code ?? body?.error ?? (status ? String(status) : "offline");
    this.body = body ?? {};
  }

  /** The same call may go well in a moment. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export class Api {
  /**
   * @param {{fetch: typeof globalThis.fetch, csrf: string, newKey: () => string, base?: string,
   *   seen?: (at: string|null, sent: number, came: number) => void, now?: () => number,
   *   here?: () => Promise<void>, patience?: number, long?: number}} doors
   *   `seen` is told the instant that each answer gives, and when the request left and came, for the server's clock. What breaks off is told
   *   once `here` resolves
   */
  constructor(doors) {
    this.doors = doors;
  }

  /** @param {string} path @returns {Promise<any>} */
  get(path) {
    return this.call("GET", path);
  }

  /** @param {string} path @param {unknown} [body] @returns {Promise<any>} */
  post(path, body = {}) {
    return this.call("POST", path, body);
  }

  /** @param {string} path @param {unknown} [body] @returns {Promise<any>} */
  patch(path, body = {}) {
    return this.call("PATCH", path, body);
  }

  /** @param {string} path @param {unknown} [body] @returns {Promise<any>} */
  put(path, body = {}) {
    return this.call("PUT", path, body);
  }

  /** @param {string} path @returns {Promise<any>} */
  delete(path) {
    return this.call("DELETE", path);
  }

  /**
   * @param {string} method @param {string} path below `base`
   * @param {unknown} [body] goes as JSON; a Blob or a form goes as it is @param {string} [key] the Idempotency-Key of a repeat
   * @returns {Promise<any>} the JSON of the answer, null where it says nothing
   */
  async call(method, path, body, key) {
    const { fetch, csrf, newKey, now } = this.doors;
    /** @type {Record<string, string>} */
    const headers = { accept: "application/json" };
    if (method !== "GET") {
      headers["x-csrf-token"] = csrf;
      headers["idempotency-key"] = key ?? newKey();
    }
    const raw = body instanceof Blob || body instanceof FormData;
    if (body !== undefined && !raw) headers["content-type"] = "application/json";
    const { patience = PATIENCE, long = LONG } = this.doors;
    const signal = AbortSignal.timeout(raw || LASTING.test(path) ? long : patience);
    const sent = now?.() ?? 0;
    /** @type {Response} */
    let answer;
    try {
      answer = await fetch((this.doors.base ?? "/api/v1") + path, {
        method,
        headers,
        credentials: "same-origin",
        body: body === undefined || raw ? body : JSON.stringify(body),
        signal,
      });
    } catch {
      await this.doors.here?.();
      throw new Problem(0, null);
    }
    this.doors.seen?.(answer.headers.get("partyline-now"), sent, now?.() ?? 0);
    try {
      const text = await answer.text();
      const read = text === "" ? null : JSON.parse(text);
      if (answer.ok) return read;
      throw new Problem(answer.status, read);
    } catch (problem) {
      if (problem instanceof Problem) throw problem;
      await this.doors.here?.();
      // Cut off: what it was to say is not known.
      throw new Problem(answer.ok ? 0 : answer.status, null);
    }
  }
}
