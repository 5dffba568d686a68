/**
 * From the store to what is drawn: one signal per conversation, one for lists, counts and connection, and the flushing.
 * Changes of the open conversation are drawn on the next frame, the rest twenty times a second; a timer stands in for frames
 * that a starved or hidden tab does not get.
 */
import { batch, signal } from "@preact/signals";

const CALM_MS = 50;
const TWIN_MS = 250;

export class Screen {
  constructor() {
    /** @type {Map<string, import("@preact/signals").Signal<number>>} */
    this.conversations = new Map();
    this.lists = signal(0);
    this.tallies = signal(0);
    this.phase = signal(0);
    this.settings = signal(0);
    this.toasts = signal(0);
    /** What the polite live region says, the newest last. */
    this.said = signal(/** @type {Array<{id: number, words: string}>} */ ([]));
    /** How long the last call was on its way, there and back, ms. */
    this.travel = signal(0);
    /** When the last event came, the server's ms; 0: none yet. */
    this.heard_at = 0;
    /** The server's clock, once a second while the page is visible, ms. */
    this.now = signal(0);
    /** The same in minutes, for what is told in minutes. */
    this.minute = signal(0);
    /** @type {import("@preact/signals").Signal<import("./socket.js").State>} */
    this.line = signal(/** @type {import("./socket.js").State} */ ("connecting"));
    /** @type {string|null} */
    this.open = null;
    /** @type {Set<string>} */
    this.dirty = new Set();
    this.soon = false;
    this.calm = false;
  }

  /** Drawn again when this conversation changes; read it in a component. @param {string} id */
  conversation(id) {
    let found = this.conversations.get(id);
    if (!found) this.conversations.set(id, (found = signal(0)));
    return found;
  }

  /** @param {import("./store.js").Part} part @param {string|null} id */
  changed(part, id) {
    this.dirty.add(part === "conversation" ? `:${id}` : part);
    if (part === "phase" || (id !== null && id === this.open)) this.flushSoon();
    else this.flushCalmly();
  }

  /** @param {"toasts"} part @param {boolean} calmly what many events may ask for */
  redraw(part, calmly) {
    this.dirty.add(part);
    if (calmly) this.flushCalmly();
    else this.flushSoon();
  }

  flushSoon() {
    if (this.soon) return;
    this.soon = true;
    if (document.visibilityState === "visible") requestAnimationFrame(() => this.flush());
    setTimeout(() => this.flush(), document.visibilityState === "visible" ? TWIN_MS : 0);
  }

  flushCalmly() {
    if (this.calm || this.soon) return;
    this.calm = true;
    setTimeout(() => this.flush(), CALM_MS);
  }

  flush() {
    this.soon = this.calm = false;
    if (this.dirty.size === 0) return;
    const dirty = this.dirty;
    this.dirty = new Set();
    batch(() => {
      for (const part of dirty) {
        if (part.startsWith(":")) this.bump(this.conversations.get(part.slice(1)));
        else this.bump(this[/** @type {"lists"|"tallies"|"phase"|"settings"|"toasts"} */ (part)]);
      }
    });
  }

  /** @param {import("@preact/signals").Signal<number>|undefined} counter */
  bump(counter) {
    if (counter) counter.value += 1;
  }
}
