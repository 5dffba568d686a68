/**
 * A server that came back with newer scripts. What is being written is kept: the person chooses when to reload; a tab that nobody has seen for
 * ten minutes, and in which nothing is being written, does it by itself.
 */

/** A file of this tab's version: it may be kept for ever while the server is of that version. */
const ADDRESS = new URL("../favicon.svg", import.meta.url).pathname;
/** Hidden so long, the tab may be replaced by itself, ms. */
const QUIET = 10 * 60_000;

export class Version {
  /** @param {import("./toasts.js").Toasts} toasts @param {{ask?: typeof fetch, reload?: () => void, now?: () => number}} [doors] */
  constructor(toasts, doors = {}) {
    this.toasts = toasts;
    this.ask = doors.ask ?? ((...request) => fetch(...request));
    this.reload = doors.reload ?? (() => location.reload());
    this.now = doors.now ?? Date.now;
    this.old = false;
    this.hidden_since = 0;
  }

  /** The line is back: maybe it is another server. */
  async look() {
    const answer = await this.ask(ADDRESS, { method: "HEAD", cache: "no-store" }).catch(() => null);
    if (this.old || !answer?.ok || (answer.headers.get("cache-control") ?? "").includes("immutable")) return;
    this.old = true;
    this.toasts.add({ words: "A new version is ready.", lasting: true, actions: [{ words: "Reload", run: this.reload }] });
  }

  /** Once in a while. @param {boolean} visible @param {() => boolean} writing */
  tick(visible, writing) {
    if (visible) this.hidden_since = 0;
    else this.hidden_since ||= this.now();
    if (this.old && this.hidden_since > 0 && this.now() - this.hidden_since > QUIET && !writing()) this.reload();
  }
}

/** Something is being written in this tab. */
export function writing() {
  return [...document.querySelectorAll("textarea")].some((field) => field.value.trim() !== "");
}
