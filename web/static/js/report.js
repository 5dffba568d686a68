/**
 * Lines of the report of SMS conversations while they change: events put in what they know at once, a reading the rest;
 * the order on screen is held while somebody points at it. Pure.
 *
 * @import {Contact, Conversation, Did, Event, User} from "./shapes.js"
 * @typedef {{
 *   conversation: string, contact: Contact, did: Did|null, owner: User|null, subscribers: User[],
 *   last_message: {direction: string, at: string, body: string, user: User|null}|null, waiting_since: string|null,
 *   first_reply_seconds: number|null, waits: number, in: number, out: number, state: string, was_public: boolean,
 * }} Line
 */

/** The columns, by the name that the API sorts by. */
export const COLUMNS = ["contact", "did", "owner", "subscribers", "last_message", "waiting_seconds", "first_reply_seconds", "waits", "in", "out", "state"];

/** @param {Conversation} row */
export function stateOf(row) {
  if (row.public_since) return "public";
  if (row.snoozed_until) return "snoozed";
  if (row.waiting_since) return "unanswered";
  return row.closed_at ? "closed" : "answered";
}

/** The line after an event of its conversation; the figures are left to the next reading. @param {Line} line @param {Event} event @returns {Line} */
export function after(line, event) {
  const { conversation: row, contact } = event.data;
  if (event.conversation === null) return contact?.id === line.contact.id ? { ...line, contact: { ...line.contact, name: contact.name } } : line;
  if (event.conversation !== line.conversation || !row?.contact) return line;
  const last = row.last_message;
  return {
    ...line,
    contact: row.contact,
    did: row.did,
    owner: row.owner,
    subscribers: row.subscribers,
    waiting_since: row.waiting_since,
    last_message: last ? { direction: last.direction, at: last.created_at, body: last.body, user: last.user } : null,
    state: stateOf(row),
    was_public: line.was_public || event.type === "conversation.public",
  };
}

/** Lines that say the same as before stay the same objects. @param {Line[]} before @param {Line[]} lines @returns {Line[]} */
export function kept(before, lines) {
  const known = new Map(before.map((line) => [line.conversation, line]));
  return lines.map((line) => {
    const old = known.get(line.conversation);
    return old && JSON.stringify(old) === JSON.stringify(line) ? old : line;
  });
}

/**
 * What is on screen when a reading has come: in its order, or, while that is held, in the old one.
 * @param {Line[]} shown @param {Line[]} read @param {boolean} held
 * @returns {{lines: Line[], waiting: number}} and how many lines would come, go or move
 */
export function arranged(shown, read, held) {
  if (!held || shown.length === 0) return { lines: kept(shown, read), waiting: 0 };
  const fresh = new Map(read.map((line) => [line.conversation, line]));
  const places = new Map(read.map((line, at) => [line.conversation, at]));
  const lines = shown.map((line) => fresh.get(line.conversation) ?? line);
  const moved = shown.filter((line, at) => places.get(line.conversation) !== at).length;
  return { lines: kept(shown, lines), waiting: Math.max(moved, read.length - shown.length) };
}
