/**
 * Which event deserves a person's eyes, and in which words. Decided as the event arrives, before it is applied. Pure.
 *
 * @import {Event} from "./shapes.js"
 * @import {Record} from "./record.js"
 * @typedef {{words: string, urgent: boolean, open: string|null, mute?: boolean}} Alert
 */
import { creates } from "./record.js";
import { called, short, some } from "./words.js";

/**
 * @param {Event} event @param {Record} record as it was before the event
 * @param {{me: string, looking: boolean, minutes: number|null}} now `looking`: this conversation is on screen, in the
 *   focused window, scrolled to its end
 * @returns {Alert|null}
 */
export function alertFor(event, record, { me, looking, minutes }) {
  const { conversation, message } = event.data;
  if (event.actor.kind === "user" && event.actor.id === me) return null;
  const contact = conversation?.contact ?? record.row?.contact;
  const name = contact ? called(contact) : "A contact";
  const tell = (/** @type {string} */ words, urgent = false) => ({ words, urgent, open: record.id });
  const mine = message?.user?.id === me;
  if (mine && (event.type === "message.failed" || event.type === "message.undelivered")) {
    return tell(`Your text to ${name} was not delivered${message.error ? `: ${message.error.says}` : "."}`, true);
  }
  if (event.type === "conversation.claimed" && record.row?.role === "owner") {
    return { ...tell(`${event.actor.name} claimed your conversation with ${name}. You still get its alerts.`), mute: true };
  }
  if (event.type === "conversation.transferred" && conversation?.owner?.id === me) {
    return tell(`${event.actor.name} handed ${name} over to you.`);
  }
  if (looking || record.row?.muted) return null;
  if (creates(event) && event.alert.includes(me)) return tell(arrived(event, name));
  if (event.type === "conversation.public" && (record.row?.role ?? null) !== null) {
    return tell(`${name} is now public${minutes ? ` after ${some(minutes, "minute")} without an answer` : ""}.`);
  }
  return null;
}

/** @param {Event} event @param {string} name */
function arrived(event, name) {
  const { message } = event.data;
  if (message.direction === "inbound") return `${name}: ${short(message.body || "sent a picture", 120)}`;
  if (message.kind === "note") return `${event.actor.name} added a note about ${name}.`;
  return message.user ? `${message.user.name} replied to ${name}.` : `An automatic text went to ${name}.`;
}

/** Toasts: one at a time, the others wait; the same conversation's waiting one is replaced. */
export class Toasts {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    /** @type {Array<Alert & {id: number, actions?: Array<{words: string, run: () => void}>}>} */
    this.waiting = [];
    this.last = 0;
  }

  get shown() {
    return this.waiting[0] ?? null;
  }

  /** @param {Omit<Alert, "open"> & {open?: string|null, actions?: Array<{words: string, run: () => void}>}} toast */
  add(toast) {
    const added = { open: null, ...toast, id: ++this.last };
    const [shown, ...rest] = this.waiting;
    const others = rest.filter((each) => each.open === null || each.open !== added.open);
    const keep = shown && (shown.open === null || shown.open !== added.open) ? [shown, ...others] : others;
    this.waiting = added.urgent ? [added, ...keep] : [...keep, added];
    if (this.waiting.length > 5) this.waiting.splice(1, this.waiting.length - 5);
    this.changed();
  }

  /** @param {number} id */
  close(id) {
    this.waiting = this.waiting.filter((each) => each.id !== id);
    this.changed();
  }

  /** The conversation was read, here or in another tab. @param {string} conversation */
  read(conversation) {
    this.waiting = this.waiting.filter((each) => each.open !== conversation || each.urgent);
    this.changed();
  }
}
