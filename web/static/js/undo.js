/** The last thing that can be undone: a notice with Undo for ten seconds, and the key Z. */

const STAYS_MS = 10_000;

export class Undo {
  /** @param {import("./toasts.js").Toasts} toasts @param {(act: Promise<any>) => Promise<any>} tell says a refusal in words */
  constructor(toasts, tell) {
    this.toasts = toasts;
    this.tell = tell;
    /** @type {{toast: number, run: () => any}|null} */
    this.last = null;
  }

  /**
   * Offers to take back what was just done; it can be taken back while its notice is there.
   * @param {string} words what was done, as a sentence @param {() => any} run takes it back; its refusal is told
   */
  offer(words, run) {
    if (this.last) this.toasts.close(this.last.toast);
    const actions = [{ words: "Undo", run: () => this.run() }];
    this.last = { toast: this.toasts.add({ words, first: true, stays: STAYS_MS, actions }), run };
  }

  get there() {
    return this.last !== null && this.toasts.has(this.last.toast);
  }

  /** Takes back the last thing; nothing happens when there is none. */
  run() {
    const { last } = this;
    if (last === null || !this.there) return;
    this.last = null;
    this.toasts.close(last.toast);
    this.tell(Promise.resolve().then(last.run));
  }
}
