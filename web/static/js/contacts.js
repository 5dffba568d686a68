/**
 * The contacts that one page shows: read by keyset in the server's order, then kept by events. Events carry absolute states,
 * so one that crossed a reading is harmless; an older one than the row is dropped. Knows no DOM; calls and timers are given.
 *
 * @import {Event} from "./shapes.js"
 * @import {Contact, Query} from "./contact_query.js"
 */
import { activity, compare, EVERYBODY, filterOf, latestOf, matches, same, sameWords } from "./contact_query.js";

const PAGE = 50;
/** The most that one call gives. */
const MOST = 200;
/** How many rows may come by events before the list is read again. */
const ROOM = 100;
/** How many unknown contacts are asked for one by one. */
const FEW = 10;
const [SOON, SELDOM, RETRY] = [200, 3000, 5000];

export class Contacts {
  /** @param {{api: {get: (path: string) => Promise<any>}, later: (run: () => void, ms: number) => unknown, changed: () => void}} doors */
  constructor(doors) {
    this.doors = doors;
    /** @type {Map<string, Contact>} */
    this.rows = new Map();
    /** @type {Query} */
    this.query = EVERYBODY;
    /** How many there are; null when that is not known, or more than the server counts. @type {number|null} */
    this.total = null;
    /** @type {string|null} */
    this.next = null;
    /** The last row of the last page, as it was then: what is behind it comes with the next page. @type {Contact|null} */
    this.last = null;
    /** @type {"new"|"loading"|"ready"|"failed"} */
    this.state = "new";
    this.why = "";
    this.turn = this.loaded = 0;
    /** Counts the queries that were answered: then the rows are others, in an order of their own. */
    this.edition = 0;
    this.asked_for = "";
    this.reading = false;
    /** @type {Event[]} */
    this.held = [];
    /** Contacts of which events said that they belong here now. @type {Set<string>} */
    this.unknown = new Set();
    /** Who is in the live filter that is asked for, as far as events said. @type {Map<string, boolean>} */
    this.members = new Map();
    this.counting = this.counted_lately = this.asking = this.asked_lately = this.stale = this.ended = false;
  }

  /** @param {Query} query */
  show(query) {
    if (this.state !== "new" && JSON.stringify(query) === JSON.stringify(this.query)) return;
    this.query = query;
    this.loaded = 0;
    this.total = null;
    this.read();
  }

  end() {
    this.ended = true;
    this.turn += 1;
  }

  /** Reads as many rows as there are on screen. What was there stays until the answer is here. */
  async read() {
    const turn = ++this.turn;
    if (this.state !== "ready") this.state = "loading";
    this.reading = true;
    this.stale = false;
    this.held = [];
    this.doors.changed();
    try {
      /** @type {Contact[]} */
      const items = [];
      let [next, total] = [/** @type {string|null} */ (null), /** @type {number|null} */ (null)];
      do {
        const page = await this.doors.api.get(this.path(Math.min(MOST, Math.max(PAGE, this.loaded - items.length)), next));
        if (turn !== this.turn) return;
        items.push(...page.items);
        [next, total] = [page.next, page.total ?? total];
      } while (next !== null && items.length < this.loaded);
      this.rows = new Map(items.map((contact) => [contact.id, contact]));
      [this.next, this.total, this.last, this.loaded] = [next, total, items.at(-1) ?? null, items.length];
      [this.state, this.why] = ["ready", ""];
      if (this.asked_for !== JSON.stringify(this.query)) this.edition += 1;
      this.asked_for = JSON.stringify(this.query);
      this.members.clear();
    } catch (problem) {
      if (turn !== this.turn) return;
      [this.state, this.why] = ["failed", problem instanceof Error ? problem.message : String(problem)];
      this.doors.later(() => this.state === "failed" && turn === this.turn && this.read(), RETRY);
    }
    this.letGo();
  }

  /** After what I did to many: as it is now, whoever points at the rows. */
  afresh() {
    this.asked_for = "";
    return this.read();
  }

  /** The next page. */
  async more() {
    if (this.reading || this.next === null || this.state !== "ready") return;
    const { turn, next } = this;
    this.reading = true;
    this.held = [];
    const page = await this.doors.api.get(this.path(PAGE, next)).catch(() => null);
    if (turn !== this.turn) return;
    if (page) {
      for (const contact of page.items) this.rows.set(contact.id, contact);
      [this.next, this.last] = [page.next, page.items.at(-1) ?? this.last];
      this.loaded += page.items.length;
    }
    this.letGo();
  }

  /** Applies what came while the answer was on its way. */
  letGo() {
    this.reading = false;
    const { held } = this;
    this.held = [];
    for (const event of held) this.apply(event);
    this.doors.changed();
  }

  /** @param {number} limit @param {string|null} cursor */
  path(limit, cursor) {
    return `/contacts?${filterOf(this.query, { limit: String(limit), cursor: cursor ?? "", sort: this.query.sort })}`;
  }

  /** @param {Event} event as often as it comes */
  heard(event) {
    if (this.state === "new") return;
    if (this.reading) this.held.push(event);
    this.apply(event);
  }

  /** @param {Event} event */
  apply(event) {
    const { type, data } = event;
    if (type === "live_filter.entered" || type === "live_filter.left") this.moved(type === "live_filter.entered", data);
    else if (type === "live_filter.updated" && data.live_filter.id === this.query.live_filter) this.readSoon(undefined);
    else if (type === "contact.deleted") this.remove(data.contact.id);
    else if (type.startsWith("contact.") && data.contact?.phones) this.take(data.contact, type === "contact.created");
    else if (data.conversation?.contact) this.converse(data.conversation);
  }

  /** @param {any} contact as an event gives it, without its latest text @param {boolean} created */
  take(contact, created) {
    const before = this.rows.get(contact.id);
    if (before && contact.updated_at < before.updated_at) return;
    if (created || this.filtered) this.countSoon();
    const after = { ...contact, latest: before?.latest ?? null };
    if (this.query.q && !(before && sameWords(before, after))) return this.readSoon(before && after);
    if (before || (created && this.wants(after))) this.put(after);
    else if (this.wants(after) || (this.query.live_filter && this.members.get(contact.id))) this.ask(contact.id);
  }

  /** @param {Contact} contact */
  put(contact) {
    this.rows.set(contact.id, contact);
    if (this.rows.size > this.loaded + ROOM) this.askSoon();
    this.doors.changed();
  }

  /** What I changed myself, before the server said so. @param {string} id @param {Partial<Contact>} change */
  mine(id, change) {
    const row = this.rows.get(id);
    if (row) this.put({ ...row, ...change });
  }

  /** @param {string} id */
  remove(id) {
    this.countSoon();
    if (this.rows.delete(id)) this.doors.changed();
  }

  /** @param {any} conversation */
  converse(conversation) {
    const { id } = conversation.contact;
    const row = this.rows.get(id);
    const latest = latestOf(conversation);
    if (row) {
      const newer = row.latest === null || row.latest.conversation === latest.conversation || activity(latest) >= activity(row.latest);
      if (newer && !same(row.latest, latest)) this.put({ ...row, latest });
    } else if (this.query.sort === "recent") this.ask(id);
  }

  /** @param {boolean} entered @param {any} data */
  moved(entered, { live_filter, contact, count }) {
    if (live_filter.id !== this.query.live_filter) return;
    this.members.set(contact.id, entered);
    if (entered && !this.rows.has(contact.id)) this.ask(contact.id);
    if (this.told_total) this.total = count;
    else this.countSoon();
    this.doors.changed();
  }

  /** What a search finds is the server's to say. @param {Contact|undefined} row what is known of the row until then */
  readSoon(row) {
    if (row) this.put(row);
    this.stale = true;
    this.askSoon();
  }

  /** @param {string} id */
  ask(id) {
    this.unknown.add(id);
    this.askSoon();
  }

  /** One by one, or all at once when there are many: soon after the first, then once in a while. */
  askSoon() {
    if (this.asking) return;
    this.asking = true;
    const wait = this.asked_lately ? SELDOM : SOON;
    this.doors.later(() => {
      this.asking = false;
      if (this.ended) return;
      const ids = [...this.unknown];
      this.unknown.clear();
      this.asked_lately = this.stale || ids.length > FEW || this.rows.size > this.loaded + ROOM;
      if (this.asked_lately) this.doors.later(() => (this.asked_lately = false), SELDOM);
      if (this.asked_lately) this.read();
      else for (const id of ids) this.one(id);
    }, wait);
  }

  /** @param {string} id */
  async one(id) {
    const { turn } = this;
    const contact = await this.doors.api.get(`/contacts/${id}`).catch(() => null);
    if (contact === null || turn !== this.turn) return;
    const before = this.rows.get(id);
    if (before && contact.updated_at < before.updated_at) return;
    if (before || this.wants(contact)) this.put(contact);
  }

  /** The members of a live filter and nothing else: its events say how many they are. */
  get told_total() {
    return this.query.live_filter !== "" && filterOf({ ...this.query, live_filter: "" }) === "";
  }

  /** Reads how many there are: soon after the first of many changes, then once in a while. */
  countSoon() {
    if (this.counting || this.told_total) return;
    this.counting = true;
    const wait = this.counted_lately ? SELDOM : SOON;
    this.counted_lately = true;
    this.doors.later(async () => {
      this.counting = false;
      if (this.ended) return;
      const { turn } = this;
      const page = await this.doors.api.get(this.path(1, null)).catch(() => null);
      this.doors.later(() => (this.counted_lately = this.counting), SELDOM);
      if (page === null || turn !== this.turn) return;
      this.total = page.total ?? null;
      this.doors.changed();
    }, wait);
  }

  /** Something beside the order is asked for. */
  get filtered() {
    return filterOf(this.query) !== "";
  }

  /** It belongs on this page, as far as this page has been read. @param {Contact} contact */
  wants(contact) {
    if (!matches(contact, this.query)) return false;
    if (this.query.live_filter && !(this.members.get(contact.id) ?? this.rows.has(contact.id))) return false;
    return this.next === null || this.last === null || compare(contact, this.last, this.query.sort) <= 0;
  }

  /** In order. @returns {string[]} */
  get ids() {
    const wanted = [...this.rows.values()].filter((contact) => this.wants(contact));
    return wanted.sort((a, b) => compare(a, b, this.query.sort)).map((contact) => contact.id);
  }
}
