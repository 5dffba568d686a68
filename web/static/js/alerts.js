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
