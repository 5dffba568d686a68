/**
 * Notices: one at a time, the others wait; a waiting one of the same conversation is replaced. All of them are kept for the bell. Pure.
 *
 * @typedef {{words: string, run: () => void, quiet?: boolean}} Action
 * @typedef {{words: string, urgent: boolean, open: string|null, first: boolean, lasting: boolean, spoken: boolean,
 *   stays: number, actions: Action[], holds: () => boolean, id: number, at: number, read: boolean}} Toast
 *   `open`: the conversation that it is about; `first`: shown before those that wait; `lasting`: shown until it is closed, when nothing else
 *   is; `stays`: how long it is shown, ms; `holds`: what it says is so still; `spoken`: by the live region
 */

const STAYS_MS = 6000;
const MOST_WAITING = 5;
const MOST_KEPT = 50;

export class Toasts {
  /** @param {(calmly: boolean) => void} changed @param {(words: string) => void} [say] @param {() => number} [now] ms */
  constructor(changed, say = () => undefined, now = Date.now) {
    this.changed = changed;
    this.say = say;
    this.now = now;
    /** @type {Toast[]} the first one is shown */
    this.waiting = [];
    /** @type {Toast[]} newest first */
    this.recent = [];
    this.last = 0;
  }

  get shown() {
    return this.waiting[0] ?? null;
  }

  /** How many of the kept ones nobody has looked at. */
  get unread() {
    return this.recent.filter((toast) => !toast.read).length;
  }

  /** @param {Partial<Toast> & {words: string}} toast @returns {number} its id */
  add(toast) {
    const added = this.made(toast);
    const [shown, ...rest] = this.waiting.filter((each) => !each.lasting);
    const lasting = this.waiting.filter((each) => each.lasting);
    const others = rest.filter((each) => each.open === null || each.open !== added.open);
    const keep = shown && (shown.open === null || shown.open !== added.open) ? [shown, ...others] : others;
    const waiting = added.urgent || added.first ? [added, ...keep] : [...keep, added];
    if (waiting.length > MOST_WAITING) waiting.splice(1, waiting.length - MOST_WAITING);
    this.waiting = added.lasting ? [...keep, ...lasting, added] : [...waiting, ...lasting];
    this.remember(added);
    if (added.spoken && !added.urgent) this.say(added.words);
    return added.id;
  }

  /** For the bell alone. @param {Partial<Toast> & {words: string}} toast */
  keep(toast) {
    this.remember(this.made(toast));
  }

  /** @param {Partial<Toast> & {words: string}} toast @returns {Toast} */
  made(toast) {
    const usual = { urgent: false, open: null, first: false, lasting: false, spoken: true, stays: STAYS_MS, actions: [], holds: () => true, read: false };
    return { ...usual, at: this.now(), ...toast, id: ++this.last };
  }

  /** @param {Toast} toast */
  remember(toast) {
    this.recent = [toast, ...this.recent].slice(0, MOST_KEPT);
    this.changed(true);
  }

  /** @param {number} id */
  has(id) {
    return this.waiting.some((each) => each.id === id);
  }

  /** @param {number} id */
  close(id) {
    this.waiting = this.waiting.filter((each) => each.id !== id);
    this.changed(false);
  }

  /** The conversation was read, here or in another tab. @param {string} conversation */
  read(conversation) {
    this.waiting = this.waiting.filter((each) => each.open !== conversation || each.urgent);
    this.recent = this.recent.map((each) => (each.open === conversation ? { ...each, read: true } : each));
    this.changed(false);
  }

  /** Something changed: what does not hold any more is not shown. The bell keeps what was said. */
  settle() {
    const over = this.waiting.filter((each) => !each.holds());
    if (over.length === 0) return;
    this.waiting = this.waiting.filter((each) => !over.includes(each));
    this.changed(false);
  }

  /** The person has looked at the list of all. */
  readAll() {
    if (this.unread === 0) return;
    this.recent = this.recent.map((each) => ({ ...each, read: true }));
    this.changed(false);
  }
}
