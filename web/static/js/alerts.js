/**
 * Which event deserves a person's eyes and ears, and in which words. Decided as the event arrives, before it is applied. Pure.
 *
 * @import {Event} from "./shapes.js"
 * @import {Record} from "./record.js"
 * @typedef {{
 *   words: string, urgent: boolean, open: string|null, text: boolean, sound: boolean, desktop: {title: string, body: string}|null,
 *   mute?: boolean, hushed: boolean, holds: () => boolean,
 * }} Alert  `text`: about a text, so it is spoken in the digest; `hushed`: kept for the bell alone; `mute`: offers it; `holds`: what it says
 *   is so still
 * @typedef {{
 *   me: string, looking: boolean, minutes: number|null, quiet?: boolean, pool?: boolean,
 * }} Now  `looking`: this conversation is on screen, in the focused window, scrolled to its end; `quiet`: the person wants no sounds and pop-ups;
 *   `pool`: hears of the pool
 */
import { creates } from "./record.js";
import { attached, called, short, some } from "./words.js";

/** @param {Event} event @param {Record} record as it was before the event @param {Now} now @returns {Alert|null} */
export function alertFor(event, record, now) {
  const { me, looking, quiet = false } = now;
  if (event.actor.kind === "user" && event.actor.id === me) return null;
  const alert = failed(event, record, me) ?? taken(event, record, me) ?? (looking || record.row?.muted ? null : arrived(event, record, me) ?? wentPublic(event, record, now));
  return alert && { ...alert, hushed: quiet };
}

/** @param {string} open @param {string} words @param {Partial<Alert>} [more] @returns {Alert} */
function about(open, words, more = {}) {
  return { words, urgent: false, open, text: false, sound: false, desktop: null, hushed: false, holds: () => true, ...more };
}

/** @param {Event} event @param {Record} record */
function nameIn(event, record) {
  const contact = event.data.conversation?.contact ?? record.row?.contact;
  return contact ? called(contact) : "A contact";
}

/** A text of mine that does not arrive. @param {Event} event @param {Record} record @param {string} me */
function failed(event, record, me) {
  const { message } = event.data;
  if (message?.user?.id !== me || (event.type !== "message.failed" && event.type !== "message.undelivered")) return null;
  const why = message.error ? `: ${message.error.says}` : ".";
  return about(record.id, `Your text to ${nameIn(event, record)} was not delivered${why}`, { urgent: true, sound: true });
}

/** It was mine, or is now. @param {Event} event @param {Record} record @param {string} me */
function taken(event, record, me) {
  const name = nameIn(event, record);
  if (event.type === "conversation.claimed" && record.row?.role === "owner") {
    return about(record.id, `${event.actor.name} claimed your conversation with ${name}. You still get its alerts.`, { mute: true });
  }
  if (event.type !== "conversation.transferred" || event.data.conversation?.owner?.id !== me) return null;
  const words = `${event.actor.name} handed ${name} over to you.`;
  return about(record.id, words, { sound: true, desktop: { title: name, body: words } });
}

/** A text or a note that concerns me. @param {Event} event @param {Record} record @param {string} me */
function arrived(event, record, me) {
  if (!creates(event) || !event.alert.includes(me)) return null;
  const { message } = event.data;
  const name = nameIn(event, record);
  const body = short(message.body || attached(message), 120);
  const loud = { text: true, sound: true, desktop: { title: name, body } };
  if (message.direction === "inbound") return about(record.id, `${name}: ${body}`, loud);
  if (message.kind === "note") {
    const mentioned = message.mentions?.some((/** @type {{id: string}} */ user) => user.id === me);
    if (!mentioned) return about(record.id, `${event.actor.name} added a note about ${name}.`, { text: true });
    return about(record.id, `${event.actor.name} mentioned you in a note about ${name}.`, loud);
  }
  return about(record.id, message.user ? `${message.user.name} replied to ${name}.` : `An automatic text went to ${name}.`, { text: true });
}

/** @param {Event} event @param {Record} record @param {Now} now */
function wentPublic(event, record, { minutes, pool = false }) {
  if (event.type !== "conversation.public") return null;
  const name = nameIn(event, record);
  if ((record.row?.role ?? null) !== null) {
    return about(record.id, `${name} is now public${minutes ? ` after ${some(minutes, "minute")} without an answer` : ""}.`);
  }
  const words = `${name} waits in the pool.`;
  return pool ? about(record.id, words, { sound: true, desktop: { title: name, body: "Waits in the pool" } }) : null;
}

/**
 * The contact of a conversation of mine asked to stop.
 * @param {Event} event `contact.opted_out` @param {Record} record @param {{me: string, quiet: boolean}} now @returns {Alert|null}
 */
export function optedOut(event, record, { me, quiet }) {
  if (event.type !== "contact.opted_out" || !record.row?.role || record.row.muted) return null;
  if (event.actor.kind === "user" && event.actor.id === me) return null;
  const how = event.data.reason === "keyword" ? " by texting STOP" : event.actor.kind === "user" ? `, says ${event.actor.name}` : "";
  return about(record.id, `${called(record.row.contact)} opted out${how}.`, { hushed: quiet });
}

/**
 * A conversation of mine that goes public soon. It passes where everything else is quiet, and sounds for its owner.
 * @param {Record} record @param {number} left ms @param {() => boolean} holds @returns {Alert}
 */
export function warning(record, left, holds) {
  const row = /** @type {import("./shapes.js").Conversation} */ (record.row);
  const soon = left > 110_000 ? "in 2 minutes" : left > 60_000 ? "in less than 2 minutes" : "in less than a minute";
  const name = called(row.contact);
  const owner = row.role === "owner";
  const desktop = owner ? { title: name, body: `Goes public ${soon}.` } : null;
  return about(row.id, `${name} goes public ${soon}.`, { sound: owner, desktop, holds });
}
