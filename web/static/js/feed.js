/**
 * The manager's feed: events become rows, and later events of the same text or wait change a row where it stands. Pure.
 * What is asked for (kinds, a number, a person) means the same as in `GET /feed`.
 *
 * @import {Actor, Conversation, Event, Message, User} from "./shapes.js"
 */

import { named } from "./webhooks.js";

/** @type {{[kind: string]: string[]}} */
export const KINDS = {
  in: ["message.received"],
  out: [
    "message.scheduled", "message.queued", "message.sending", "message.sent", "message.delivered", "message.undelivered", "message.failed",
    "message.unconfirmed", "message.cancelled",
  ],
  claims: ["conversation.claimed", "conversation.released", "conversation.transferred"],
  public: ["conversation.public"],
  failed: ["message.failed", "message.undelivered"],
  opt_out: ["contact.opted_out", "contact.opted_in"],
  notes: ["note.added"],
  people: ["subscriber.added", "subscriber.removed", "user.updated"],
  webhooks: ["webhook.disabled"],
};

/** @typedef {{kinds: string[], did: string, user: string}} Asked empty asks for everything that the feed shows */

/** Is this event about this number and this person? @param {Event} event @param {{did: string|null, user: string|null}} asked */
export function isAbout(event, { did, user }) {
  const { message, conversation } = event.data;
  const thread = typeof conversation === "object" && conversation !== null ? conversation : null;
  if (did && (message ?? thread)?.did?.id !== did) return false;
  if (!user) return true;
  return [event.actor.id, event.data.user?.id, message?.user?.id, thread?.owner?.id].includes(user);
}

/** @param {Event} event @param {Asked} asked */
export function wanted(event, { kinds, did, user }) {
  const types = (kinds.length ? kinds : Object.keys(KINDS)).flatMap((kind) => KINDS[kind] ?? []);
  return types.includes(event.type) && isAbout(event, { did: did || null, user: user || null });
}

/**
 * What the feed keeps of an event.
 * @typedef {{position: number, at: string, type: string, conversation: string|null, contact: {name: string, phone: string}|null, actor: Actor,
 *   owner: User|null, did: string, user: User|null, reason: string, wait: number|null, webhook: string,
 *   message: {id: string, body: string, pictures: number, state: string, error: string, user: User|null, created: boolean}|null}} Fact
 */

/** @param {Event} event @returns {Fact} */
export function fact(event) {
  const { message, conversation, contact, user, reason } = event.data;
  const thread = typeof conversation === "object" && conversation !== null ? /** @type {Conversation} */ (conversation) : null;
  const who = thread?.contact ?? contact ?? null;
  return {
    position: event.position,
    at: event.at,
    type: event.type,
    conversation: event.conversation ?? thread?.id ?? null,
    contact: who ? { name: who.name, phone: who.phone ?? who.phones?.[0]?.number ?? who.name } : null,
    actor: event.actor,
    owner: thread?.owner ?? null,
    did: didOf(message?.did ?? thread?.did),
    user: user ?? null,
    reason: reason ?? "",
    webhook: event.data.webhook ? named(event.data.webhook) : "",
    wait: thread?.clock_start && thread.public_since ? Date.parse(thread.public_since) - Date.parse(thread.clock_start) : null,
    // A contact's event may name the text that caused it, which is a row of its own.
    message: message && event.conversation !== null ? kept(message, event) : null,
  };
}

/** @param {any} did */
function didOf(did) {
  return did && typeof did === "object" ? did.label || did.number : "";
}

/** @param {Message} message @param {Event} event @returns {Fact["message"]} */
function kept(message, event) {
  return {
    id: message.id,
    body: message.body.slice(0, 200),
    pictures: message.media?.length ?? 0,
    state: message.state,
    error: message.error?.says ?? "",
    user: message.user,
    created: message.seq === event.seq,
  };
}

/**
 * One row. `kind` is what it is about; `claimed` who took a public conversation and when, in place.
 * @typedef {{key: string, kind: "in"|"out"|"public"|"claims"|"failed"|"opt_out"|"notes"|"people"|"webhooks", first: Fact, state: string, error: string,
 *   claimed: {name: string, at: string}|null, as: string}} FeedRow `as` changes whenever the row does
 */

const BAD = new Set(["failed", "undelivered"]);

/**
 * All rows, oldest first, from facts in order of position. Rows that say the same as before stay the same objects.
 * @param {Fact[]} facts @param {Map<string, FeedRow>} [before]
 * @returns {Map<string, FeedRow>}
 */
export function fold(facts, before = new Map()) {
  /** @type {Map<string, FeedRow>} */
  const rows = new Map();
  /** The public row of each conversation that nobody took yet. @type {Map<string, FeedRow>} */
  const open = new Map();
  for (const one of facts) {
    const earlier = one.message && rows.get(one.message.id);
    const there = one.type === "conversation.claimed" && one.conversation !== null ? open.get(one.conversation) : undefined;
    if (earlier && one.message) Object.assign(earlier, { state: one.message.state, error: one.message.error });
    else if (there) {
      there.claimed = { name: one.owner?.name ?? one.actor.name ?? "", at: one.at };
      open.delete(one.conversation ?? "");
    } else {
      const row = rowOf(one);
      if (row) rows.set(row.key, row);
      if (row?.kind === "public" && one.conversation !== null) open.set(one.conversation, row);
    }
  }
  for (const [key, row] of rows) {
    row.as = `${row.state} ${row.error} ${row.claimed?.at ?? ""} ${row.first.position}`;
    const old = before.get(key);
    if (old?.as === row.as) rows.set(key, old);
    else if (BAD.has(row.state)) row.kind = row.kind === "out" ? "failed" : row.kind;
  }
  return rows;
}

/** @type {{[type: string]: FeedRow["kind"]}} */
const BEGIN = {
  "message.received": "in",
  "note.added": "notes",
  "conversation.public": "public",
  "conversation.claimed": "claims",
  "conversation.released": "claims",
  "conversation.transferred": "claims",
  "contact.opted_out": "opt_out",
  "contact.opted_in": "opt_out",
  "subscriber.added": "people",
  "subscriber.removed": "people",
  "user.updated": "people",
  "webhook.disabled": "webhooks",
};

/** The row that a fact begins; null for a receipt of a text whose row is not here, unless it says that the text failed. @param {Fact} one @returns {FeedRow|null} */
function rowOf(one) {
  const { message } = one;
  const begins = BEGIN[one.type] ?? (message && (message.created || BAD.has(message.state)) ? "out" : null);
  if (!begins) return null;
  return { key: message?.id ?? String(one.position), kind: begins, first: one, state: message?.state ?? "", error: message?.error ?? "", claimed: null, as: "" };
}

/** Rows on screen at most. */
export const MOST = 500;
/** Facts kept at most: rows begin with one and have a few more. */
const MOST_FACTS = 4000;

/** What a feed on screen holds; bounded. */
export class FeedLines {
  constructor() {
    /** @type {Fact[]} */
    this.facts = [];
    /** @type {Set<number>} */
    this.positions = new Set();
    /** Oldest first. @type {Map<string, FeedRow>} */
    this.rows = new Map();
  }

  /** @param {Event[]} events in any order, some maybe twice @returns {boolean} whether anything changed */
  add(events) {
    const fresh = events.filter((event) => !this.positions.has(event.position)).map(fact);
    if (fresh.length === 0) return false;
    for (const one of fresh) this.positions.add(one.position);
    this.facts = [...this.facts, ...fresh].sort((a, b) => a.position - b.position);
    this.rows = fold(this.facts, this.rows);
    this.trim();
    return true;
  }

  /** Keeps the newest rows, and the facts that they are made of. */
  trim() {
    const over = this.rows.size - MOST;
    if (over <= 0 && this.facts.length <= MOST_FACTS) return;
    for (const key of [...this.rows.keys()].slice(0, Math.max(over, 0))) this.rows.delete(key);
    const from = Math.min(...[...this.rows.values()].map((row) => row.first.position));
    this.facts = this.facts.filter((one) => one.position >= from).slice(-MOST_FACTS);
    this.positions = new Set(this.facts.map((one) => one.position));
  }

  /** The first position that is held; what is before it can be read. */
  get oldest() {
    return this.facts[0]?.position ?? null;
  }
}
