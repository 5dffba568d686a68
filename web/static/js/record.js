/**
 * One conversation as this tab knows it: the row, the last number applied, what is held back for a gap, the messages
 * when they are on screen. Pure: no calls, no clock, no DOM.
 *
 * @import {Conversation, Event, Media, Message, User} from "./shapes.js"
 * @typedef {{
 *   items: Message[], seq: number|null, older: boolean, newer: boolean, held: Event[], state: "loading"|"ready"|"failed", why: string,
 *   ahead: Event[]|null, behind: Event[]|null, beyond: number[], least: number,
 *   events: Event[], from: number|null, upto: number, gap: {to: number, at: number}|null, fresh: Event[],
 * }} Thread  `seq` is the snapshot's; null while it is on its way, when events wait in `held`. `older`, `newer`: there are messages
 *   before those that are here, and after them; of the latter `beyond` are the numbers of those that came live, and events of them wait
 *   in `ahead` while the page after these is on its way, as those of messages before these do in `behind`. `least`: a row that came
 *   meanwhile knows events up to this number, which no event brings: a snapshot from before it has holes. `events` are those that the log tells as lines, by position; they are here from
 *   the number `from` on (0: all), null before the first reading, while those that come live are kept in `fresh` too. They are here
 *   up to the number `upto`; of those above, the ones between `at` and `to` of the `gap`
 * @typedef {{
 *   client_id: string, kind: "message"|"note", body: string, did: string|null, send_at: string|null, mentions: string[], media: Media[],
 *   state: "sending"|"held"|"failed", why: string, by: Message|null, at: string, quiet: import("./opening.js").Opening|null, anyway: boolean,
 *   again?: string|null,
 * }} Pending `quiet`: it is held because it is quiet where the contact is; `anyway`: it may leave all the same
 */
import { telling, united } from "./lines.js";

const CREATES = new Set(["message.received", "message.queued", "message.scheduled"]);

/** Does this event create the message it carries? (`message.queued` of a scheduled text does not.) @param {Event} event */
export function creates(event) {
  if (event.type === "note.added") return true;
  return CREATES.has(event.type) && event.data.message?.seq === event.seq;
}

/** States of an outbound message; they only go forward. */
const FORWARD = ["scheduled", "queued", "sending", "unconfirmed", "sent", "failed", "undelivered", "delivered", "cancelled"];

export class Record {
  /** @param {string} id @param {string} me */
  constructor(id, me) {
    this.id = id;
    this.me = me;
    /** @type {Conversation|null} */
    this.row = null;
    this.seq = 0;
    this.watched = false;
    this.loading = false;
    /** Times a gap was asked for since it opened; 0 when there is none. */
    this.asked = 0;
    /** The head that the last watch told: its run is here when `seq` has reached it. @type {number|null} */
    this.until = null;
    /** @type {Map<number, Event>} */
    this.held = new Map();
    /** Highest number that was alerted in this tab, so that a held or loading event is alerted once. */
    this.noticed = 0;
    /** @type {number} */
    this.read_seq = 0;
    /** Position of the newest word about what I have read: it may go back, when I mark it unread. */
    this.read_position = 0;
    /** The newest word about what I have read, `at` ms. @type {{seq: number, at: number}|null} */
    this.read_told = null;
    /** Personal changes (read, muted) seen, so that a load that began before one is not believed about them. */
    this.personal = 0;
    this.counted_to = 0;
    this.counted = 0;
    /** @type {number[]} */
    this.alerts = [];
    /** @type {Thread|null} */
    this.thread = null;
    /** @type {Pending[]} */
    this.pending = [];
    /** Over when the last text of mine has been answered. @type {Promise<void>} */
    this.turn = Promise.resolve();
    this.claiming = false;
    /** When it last changed, on the loads' counter. */
    this.touched = 0;
    /** @type {User[]} */
    this.viewing = [];
    /** @type {User[]} */
    this.typing = [];
  }

  /** Received whole: every event of it comes to this tab, so numbers must be contiguous. */
  get whole() {
    return this.watched || (this.row?.role ?? null) !== null;
  }

  get unread() {
    return this.row?.unread ?? 0;
  }

  /**
   * A row as the server gave it to this user. Of a conversation that comes whole only the personal part is taken: its
   * events up to the row are still on their way, and skipping them would lose their messages.
   * @param {Conversation} row @returns {boolean} whether the row's personal part is the newest
   */
  load(row) {
    const old = this.row;
    if (old !== null && row.seq < this.counted_to) return false;
    this.counted = this.read_seq >= row.seq ? 0 : (row.unread ?? 0);
    this.counted_to = row.seq;
    this.alerts = this.alerts.filter((seq) => seq > row.seq);
    if (old !== null && this.whole && !this.loading) {
      this.row = { ...old, muted: row.muted, draft: row.draft };
    } else if (old === null || row.seq >= this.seq) {
      if (old === null && this.held.size === 0) this.noticed = row.seq;
      if (this.thread && row.seq > this.seq) this.thread.least = row.seq;
      this.seq = row.seq;
      this.row = row;
    }
    this.loading = false;
    this.asked = 0;
    this.recount();
    return true;
  }

  /** Takes the next event; the caller has checked the number. @param {Event} event */
  apply(event) {
    const old = /** @type {Conversation} */ (this.row);
    this.seq = /** @type {number} */ (event.seq);
    /** @type {Conversation} */
    const row = { ...old, ...event.data.conversation, seq: this.seq };
    row.role = roleOf(row, this.me);
    row.muted = row.role !== null && old.muted;
    this.row = row;
    const uncounted = this.seq > Math.max(this.read_seq, this.counted_to);
    if (uncounted && creates(event) && event.alert.includes(this.me)) this.alerts.push(this.seq);
    if (row.role === null) this.forgetCounted(); // nothing is unread for whoever takes no part
    this.recount();
    this.showInThread(event);
    const message = event.data.message;
    if (message?.client_id) this.settle(message);
    if (message?.user?.id === this.me && message.kind === "message" && creates(event)) this.row = { ...this.row, draft: null };
    if (message?.user && creates(event)) this.typing = this.typing.filter((user) => user.id !== message.user.id);
    // From here on events may be missed, so the messages would have holes.
    if (!this.whole) this.thread = null;
  }

  forgetCounted() {
    this.counted = 0;
    this.alerts = [];
  }

  /** I have read up to `seq`. @param {number} seq @returns {boolean} whether the count is still exact */
  readTo(seq) {
    this.read_seq = Math.max(this.read_seq, seq);
    this.personal += 1;
    this.alerts = this.alerts.filter((alert) => alert > this.read_seq);
    // Below what was counted it may also be that something was marked unread.
    const exact = this.read_seq >= this.counted_to;
    if (exact) this.counted = 0;
    this.recount();
    return exact;
  }

  /** I marked what is above `seq` unread again; how much that is only the server knows. @param {number} seq */
  readBackTo(seq) {
    this.read_seq = seq;
    this.personal += 1;
  }

  /** How my number stands, as an event of the contact says. @param {{phones?: Array<{number: string, opted_out: boolean, consent_review?: string|null, consent_review_why?: "sounds_like"|"no_words"|null}>}} contact */
  stands({ phones }) {
    const { row } = this;
    const found = phones?.find((phone) => phone.number === row?.contact.phone);
    if (!row || !found) return;
    const { opted_out, consent_review = null, consent_review_why = null } = found;
    this.row = { ...row, opted_out, consent_review, consent_review_why, contact: { ...row.contact, opted_out } };
  }

  recount() {
    if (this.row) this.row = { ...this.row, unread: this.row.muted ? 0 : this.counted + this.alerts.length };
  }

  /** @param {Event} event */
  showInThread(event) {
    if (!this.thread) return;
    if (telling(event)) this.tell(event);
    const message = event.data.message;
    if (!message) return;
    if (this.thread.seq === null) this.thread.held.push(event);
    else if (/** @type {number} */ (event.seq) <= this.thread.seq) return;
    else if (this.thread.newer && message.seq > (this.thread.items.at(-1)?.seq ?? 0)) this.pass(event, message);
    else if (this.thread.older && message.seq < (this.thread.items[0]?.seq ?? 0)) this.thread.behind?.push(event);
    else this.place(message);
  }

  /** A message after those that are here, where some between are not. @param {Event} event @param {Message} message */
  pass(event, message) {
    const thread = /** @type {Thread} */ (this.thread);
    thread.ahead?.push(event);
    if (creates(event)) this.surpass(message);
  }

  /** Only its number is kept: the page that holds it is read when one comes there. @param {Message} message */
  surpass({ seq }) {
    const thread = /** @type {Thread} */ (this.thread);
    if (!thread.beyond.includes(seq)) thread.beyond.push(seq);
  }

  /** Messages are on their way; those that are here stay until they come. @returns {Thread} */
  awaitThread() {
    const { items = [], newer = false, beyond = [], events = [] } = this.thread ?? {};
    this.thread = {
      items, seq: null, older: false, newer, held: [], state: "loading", why: "", ahead: null, behind: null, beyond, least: 0,
      events, from: null, upto: Infinity, gap: null, fresh: [],
    };
    return this.thread;
  }

  /** The newest messages, or with `newer` those about another place, from one snapshot. @param {Message[]} items @param {number} seq @param {boolean} older @param {boolean} [newer] */
  loadThread(items, seq, older, newer = false) {
    const { held, events, fresh } = this.thread ?? this.awaitThread();
    this.thread = { ...this.awaitThread(), items, seq, older, newer, state: "ready", events, fresh };
    for (const message of items) if (message.client_id) this.settle(message);
    for (const event of held) this.showInThread(event);
  }

  /** Messages before those that are there, from a snapshot. @param {Message[]} items @param {number} seq @param {boolean} older */
  loadOlder(items, seq, older) {
    const { thread } = this;
    if (!thread) return;
    const first = thread.items[0]?.seq ?? Infinity;
    const behind = thread.behind ?? [];
    Object.assign(thread, { items: [...items.filter((message) => message.seq < first), ...thread.items], older, behind: null });
    for (const event of behind) if (/** @type {number} */ (event.seq) > seq) this.showInThread(event);
  }

  /** Messages after those that are there, from a snapshot. @param {Message[]} items @param {number} seq @param {boolean} newer */
  loadNewer(items, seq, newer) {
    const { thread } = this;
    if (!thread) return;
    const last = thread.items.at(-1)?.seq ?? 0;
    const ahead = thread.ahead ?? [];
    Object.assign(thread, { items: [...thread.items, ...items.filter((message) => message.seq > last)], newer, ahead: null });
    for (const message of items) if (message.client_id) this.settle(message);
    for (const event of ahead) if (/** @type {number} */ (event.seq) > seq) this.showInThread(event);
  }

  /** Is the message with this number here? @param {number} seq */
  holds(seq) {
    return this.thread?.state === "ready" && this.thread.items.some((message) => message.seq === seq);
  }

  /** An event that is a line of the log; the same one twice is one. @param {Event} event */
  tell(event) {
    if (!this.thread) return;
    this.thread.events = united(this.thread.events, [event]);
    if (this.thread.from === null) this.thread.fresh.push(event);
  }

  /** The answer to something that was done with a message; what was told meanwhile is newer. @param {Message} message */
  advance(message) {
    const known = this.thread?.items.find((item) => item.id === message.id);
    if (known && FORWARD.indexOf(message.state) <= FORWARD.indexOf(known.state)) return;
    this.place(message);
  }

  /** Adds a message or replaces it where it stands; order is by number only. @param {Message} message */
  place(message) {
    if (!this.thread) return;
    const items = this.thread.items;
    const at = items.findLastIndex((item) => item.seq <= message.seq);
    const same = at >= 0 && items[at]?.id === message.id;
    if (at < 0 && this.thread.older && items.length > 0) return;
    if (this.thread.newer && message.seq > (items.at(-1)?.seq ?? 0)) return this.surpass(message);
    this.thread.items = [...items.slice(0, same ? at : at + 1), message, ...items.slice(at + 1)];
  }

  /** Keeps the newest messages; older ones can be loaded again. @param {number} most */
  trim(most) {
    if (!this.thread || this.thread.items.length <= most) return;
    this.thread.items = this.thread.items.slice(-most);
    this.thread.older = true;
  }

  /** The server has this message: our own copy of it goes. @param {Message} message */
  settle(message) {
    if (this.pending.length === 0) return;
    this.pending = this.pending.filter((pending) => pending.client_id !== message.client_id);
  }

  /** The number that the author has on screen. */
  get seen_seq() {
    return Math.max(this.seq, this.thread?.seq ?? 0);
  }
}

/** @param {Conversation} row @param {string} me @returns {"owner"|"subscriber"|null} */
export function roleOf(row, me) {
  if (row.owner?.id === me) return "owner";
  return row.subscribers?.some((user) => user.id === me) ? "subscriber" : null;
}
