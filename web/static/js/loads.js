/**
 * Reads over HTTP: rows, lists, counts. Whatever was read is put in by number, so a read may cross events.
 *
 * @import {Conversation, View} from "./shapes.js"
 * @import {Store} from "./store.js"
 */
import { belongs, compare, moves, retally } from "./lists.js";
import { Record } from "./record.js";
import { Sorted } from "./sorted.js";
import { Wanted } from "./wanted.js";

const PAGE = 50;
/** Whoever scrolls on wants many. */
const FURTHER = 200;
const TRIES = 5;
/** A row that something waits for is asked for until it is here, at last this often, ms. */
const STEADY = 5000;
/** After a reset nothing of the list is let go before it was read; it is tried again after this, ms. */
const RETRY = 3000;
/** When the counts are read again after changes that this tab cannot count itself, ms. */
const [SOON, SELDOM] = [200, 3000];
/**
 * When they are read again after an answer, one of some in a row, that crossed a change of this tab's own and was left, ms. The next one is
 * believed, since they may go on for ever.
 */
const CROSSED = [SOON, 1000, SELDOM];
/** The status of the answer, short. @param {any} problem */
const says = (problem) => (problem?.status > 0 ? String(problem.status) : "you are offline");

export class Loads {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    /** @type {Map<View, Sorted>} */
    this.sorted = new Map();
    this.wanted = new Wanted(this);
    /** Counts changes of rows, so that a list read knows which rows changed after it began. */
    this.ticks = 0;
    /** When the counts are to be read again: after how long, ms. @type {{wait: number}|null} */
    this.tallying = null;
    this.tallied_lately = false;
    /** The last question for the counts, and the last one that was answered: an answer to one before it is old. */
    this.tallies_asked = this.tallies_known = 0;
    /** Counts what moves the counts, so that an answer which crossed such a change is not believed for long. */
    this.moved = 0;
    /** Readings that the server has not confirmed yet, and answers that were left. */
    this.reading = this.crossed = 0;
    /** Counts the readings of the whole screen; an answer to a question of an earlier one is dropped. 0: none yet. */
    this.turn = 0;
    /** Conversations that were asked for and are not there. @type {Set<string>} */
    this.missing = new Set();
    /** @type {View|null} the list on screen */
    this.view = null;
  }

  get api() {
    return this.store.doors.api;
  }

  /** Reads again what is on screen: after the first `ready`, and after a reset. What was under way is not believed. */
  async screen() {
    const { store } = this;
    const turn = ++this.turn;
    this.wanted.waiting.clear();
    for (const list of Object.values(store.lists)) {
      list.state = list.view === this.view && (list.state === "ready" || list.state === "loading" || list.state === "again") ? "again" : "new";
      list.next = list.last = null;
    }
    const reads = [this.tallies()];
    if (this.view) reads.push(this.list(this.view));
    const open = store.open_id === null ? undefined : store.records.get(store.open_id);
    if (open) reads.push(this.conversation(open), store.threads.again(open));
    await Promise.all(reads);
    if (turn !== this.turn) return;
    if (this.view && store.lists[this.view].state === "again") {
      store.doors.later(() => turn === this.turn && this.screen(), RETRY);
      return;
    }
    for (const record of store.records.values()) if (record.loading && record !== open) this.settleLeftOver(record);
    if (store.phase === "stale") store.enter("live");
    store.changed("lists");
  }

  /** What no list gave again: forgotten, unless something happens to it or it was opened meanwhile. @param {Record} record */
  settleLeftOver(record) {
    const wanted = record.held.size > 0 || record.pending.length > 0 || record.id === this.store.open_id;
    if (wanted) this.wanted.want(record);
    else this.store.records.delete(record.id);
  }

  /** Reads one row; events of it wait until it is here. @param {Record} record @param {number} [tries] */
  async conversation(record, tries = 0) {
    record.loading = true;
    const { personal } = record;
    const { turn } = this;
    try {
      const row = await this.api.get(`/conversations/${record.id}`);
      if (turn !== this.turn) return;
      this.take(row);
      if (record.personal !== personal) this.again(record);
    } catch (problem) {
      if (turn !== this.turn) return;
      if (/** @type {any} */ (problem).status === 404) return this.gone(record);
      const wanted = () => turn === this.turn && record.loading && this.store.records.get(record.id) === record;
      this.store.doors.later(() => wanted() && this.conversation(record, tries + 1), Math.min(500 * 2 ** tries, STEADY));
    }
  }

  /** Reads a row again for its personal part, without holding its events back. @param {Record} record @param {number} [tries] */
  async again(record, tries = 0) {
    const { personal } = record;
    const { turn } = this;
    const row = await this.api.get(`/conversations/${record.id}`).catch(() => null);
    if (turn !== this.turn) return;
    const fresh = row !== null && this.take(row) && record.personal === personal;
    if (!fresh && tries < TRIES) this.store.doors.later(() => this.again(record, tries + 1), 200 * 2 ** tries);
  }

  /**
   * Puts a row in, as the server gave it to this user.
   * @param {Conversation} row @returns {boolean} false when something newer was there already
   */
  take(row) {
    const { store } = this;
    let record = store.records.get(row.id);
    if (!record) store.records.set(row.id, (record = new Record(row.id, store.me)));
    const { row: before, seq, loading: waited } = record;
    if (!record.load(row)) return false;
    if (before && moves(before, record.row)) this.moved += 1;
    if (before && store.tallied) retally(store.tallies, before, record.row);
    else if (waited && store.tallied) this.talliesSoon();
    record.touched = ++this.ticks;
    if (waited && record.watched) store.watches.ask(record);
    if (waited && record.seq > seq && record.thread?.state === "ready") store.threads.again(record);
    store.drain(record);
    store.changed("conversation", row.id);
    store.changed("lists");
    store.changed("tallies");
    return true;
  }

  /** The answer of a change of mine. While the row is being read, that reading is newer. @param {Conversation} row */
  answer(row) {
    if (!this.store.records.get(row.id)?.loading) this.take(row);
  }

  /** It is not there, or not ours any more. @param {Record} record */
  gone(record) {
    this.store.records.delete(record.id);
    this.missing.add(record.id);
    this.store.changed("conversation", record.id);
    this.store.changed("lists");
  }

  /** A view's first page, or with `more` the next one; after a reset as many as reach down to what is in sight. @param {View} view @param {boolean} [more] */
  async list(view, more = false) {
    const { store } = this;
    const list = store.lists[view];
    if (list.state === "loading" || (more && list.next === null)) return;
    const { turn } = this;
    const shown = list.state === "ready" || list.state === "again";
    const began = this.ticks;
    const again = list.state === "again";
    const foot = again ? store.records.get(store.doors.sight?.row() ?? "")?.row : null;
    list.state = "loading";
    if (!shown) store.changed("lists");
    try {
      /** @type {Conversation[]} */
      const items = [];
      let next = more ? list.next : null;
      do {
        const cursor = next === null ? "" : `&cursor=${encodeURIComponent(next)}`;
        const page = await this.api.get(`/conversations?view=${view}&limit=${next === null ? PAGE : FURTHER}${cursor}`);
        if (turn !== this.turn) return;
        for (const row of page.items) this.take(row);
        items.push(...page.items);
        next = page.next;
      } while (next !== null && foot && items.length > 0 && compare(view, /** @type {Conversation} */ (items.at(-1)), foot) < 0);
      const first = list.last === null;
      if (!more) this.forget(view, items, next, began);
      if (more || first) {
        list.next = next;
        list.last = items.at(-1) ?? (more ? list.last : null);
      }
      [list.state, list.why] = ["ready", ""];
    } catch (problem) {
      if (turn !== this.turn) return;
      [list.state, list.why] = ["failed", says(problem)];
      if (shown) list.state = again ? "again" : "ready";
      else store.doors.later(() => list.state === "failed" && this.list(view), 5000);
    }
    store.changed("lists");
  }

  /**
   * Rows that a fresh page of the view should have held and did not, and that did not change since: nobody told this tab
   * of their change, because it does not receive them whole.
   * @param {View} view @param {Conversation[]} items @param {string|null} next @param {number} began
   */
  forget(view, items, next, began) {
    const there = new Set(items.map((row) => row.id));
    const last = items.at(-1);
    for (const [id, record] of this.store.records) {
      const row = record.row;
      if (!row || there.has(id) || record.touched > began || record.whole || !belongs(view, row)) continue;
      if (next !== null && last && compare(view, row, last) > 0) continue;
      this.store.records.delete(id);
    }
  }

  /** @param {View} view */
  show(view) {
    this.view = view;
    this.store.watches.want("pool", view === "pool");
    if (this.turn > 0) this.list(view);
    this.store.changed("lists");
  }

  async tallies() {
    const { store, moved, reading } = this;
    const asked = ++this.tallies_asked;
    try {
      const counts = asTallies(await this.api.get("/conversations/counts"));
      if (asked < this.tallies_known) return;
      this.tallies_known = asked;
      const crossed = moved !== this.moved || reading > 0;
      if (crossed && store.tallied && this.crossed < CROSSED.length) return this.talliesSoon(CROSSED[this.crossed++]);
      if (crossed) this.talliesSoon();
      this.crossed = 0;
      Object.assign(store.tallies, counts);
      store.tallied = true;
      store.changed("tallies");
    } catch {
      store.tallied = false;
    }
  }

  /** Reads the counts again: soon after the first of many changes, then once in a while. @param {number} [wait] ms */
  talliesSoon(wait = this.tallied_lately ? SELDOM : SOON) {
    if (this.tallying && this.tallying.wait <= wait) return;
    const turn = (this.tallying = { wait });
    const { later } = this.store.doors;
    this.tallied_lately = true;
    later(() => {
      if (this.tallying !== turn) return;
      this.tallying = null;
      this.tallies();
      later(() => (this.tallied_lately = this.tallying !== null), SELDOM);
    }, wait);
  }

  /** @param {View} view @returns {string[]} */
  ids(view) {
    const { next, last } = this.store.lists[view];
    let sorted = this.sorted.get(view);
    if (!sorted) this.sorted.set(view, (sorted = new Sorted(view)));
    return sorted.of(this.store.records, next === null ? null : last);
  }
}

/** @param {any} counts the pool's and the shared ones may come as plain numbers */
function asTallies(counts) {
  return Object.fromEntries(
    Object.entries(counts).map(([view, tally]) => [view, typeof tally === "number" ? { all: tally, unread: 0 } : tally]),
  );
}
