/**
 * The conversation on screen: watched, its messages and the lines between them read, page by page.
 *
 * @import {Store} from "./store.js"
 */
import { lacking, putLines } from "./lines.js";
import { Record } from "./record.js";

const PAGE = 50;
const LINES = 200;
const TRIES = 5;
/** A conversation that is only passed on the way down the list is not watched, ms. */
const STAY = 150;

export class Threads {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    /** Where the open conversation was asked for, until it was shown there. @type {{seq: number}|null} */
    this.sought = null;
  }

  get api() {
    return this.store.doors.api;
  }

  /** Opens a conversation on screen: watched, its row and its newest messages read, or those about a number. @param {string} id @param {{seq: number}|null} [at] */
  open(id, at = null) {
    const { store } = this;
    const { loads } = store;
    if (store.open_id === id) return;
    this.close();
    store.open_id = id;
    this.sought = at;
    let record = store.records.get(id);
    if (!record) store.records.set(id, (record = new Record(id, store.me)));
    const idle = !record.loading || loads.wanted.waiting.delete(id);
    if (!record.row && idle && loads.turn > 0) loads.conversation(record);
    const opened = record;
    store.doors.later(() => {
      if (store.open_id !== id || opened.watched || store.records.get(id) !== opened) return;
      opened.watched = true;
      if (opened.row && !opened.loading) store.watches.ask(opened);
      // Until now not every event came.
      const { thread } = opened;
      if (loads.turn > 0 && (thread === null || (thread.seq !== null && thread.seq < thread.least))) this.again(opened);
    }, STAY);
    if (loads.turn > 0 && (at ? !record.holds(at.seq) : record.thread?.state !== "ready")) this.read(record, at?.seq);
    store.changed("conversation", id);
  }

  /** Goes to a number of the open conversation; the messages about it are read unless they are here. @param {{seq: number}} at */
  seek(at) {
    const { store } = this;
    const record = store.open_id === null ? undefined : store.records.get(store.open_id);
    if (!record || this.sought === at) return;
    this.sought = at;
    if (store.loads.turn > 0 && !record.holds(at.seq)) this.read(record, at.seq);
    store.changed("conversation", record.id);
  }

  close() {
    const { store } = this;
    const record = store.open_id === null ? undefined : store.records.get(store.open_id);
    store.open_id = null;
    if (!record) return;
    if (record.watched && !store.glances.ids.has(record.id)) {
      store.watches.leave(record);
      record.watched = false;
    }
    if (!record.whole || record.thread?.newer) record.thread = null;
    store.changed("conversation", record.id);
  }

  /** The newest messages, or those about a number. @param {Record} record @param {number|null} [at] @param {number} [tries] */
  async read(record, at = null, tries = 0) {
    const { store } = this;
    const { turn } = store.loads;
    const thread = record.awaitThread();
    if (at === null) thread.newer = false;
    try {
      const { items, seq, older, newer } = (at === null ? null : await this.about(record, at)) ?? (await this.newest(record));
      if (turn !== store.loads.turn || this.left(record, thread)) return;
      record.loadThread(items, seq, older, newer);
      if (seq < thread.least) this.again(record);
      else this.events(record);
    } catch (problem) {
      if (turn !== store.loads.turn || this.left(record, thread)) return;
      [thread.state, thread.why] = ["failed", problem instanceof Error ? problem.message : String(problem)];
      if (tries < TRIES) store.doors.later(() => store.open_id === record.id && record.thread === thread && this.read(record, at, tries + 1), 1000 * 2 ** tries);
    }
    store.changed("conversation", record.id);
  }

  /** What was under way is of no use: another reading began, or holes may be in it, and it is read once more. @param {Record} record @param {import("./record.js").Thread} thread */
  left(record, thread) {
    if (record.thread === null && this.store.open_id === record.id) this.again(record);
    return record.thread !== thread;
  }

  /** Reads again what the person looks at. @param {Record} record */
  again(record) {
    const eye = record.id === this.store.open_id ? (this.sought?.seq ?? this.store.doors.sight?.message() ?? null) : null;
    return this.read(record, eye);
  }

  /** @param {Record} record */
  async newest(record) {
    const { items, seq } = await this.api.get(`/conversations/${record.id}/messages?limit=${PAGE}`);
    return { items, seq, older: items.length === PAGE, newer: false };
  }

  /** The message with a number and those before and after it; null where it is not there. @param {Record} record @param {number} at */
  async about(record, at) {
    const path = `/conversations/${record.id}/messages?limit=${PAGE}`;
    const [before, after] = await Promise.all([this.api.get(`${path}&before=${at + 1}`), this.api.get(`${path}&after=${at}`)]);
    if (before.items.at(-1)?.seq !== at) return null;
    const [older, newer] = [before.items.length === PAGE, after.items.length === PAGE];
    return { items: [...before.items, ...after.items], seq: Math.min(before.seq, after.seq), older, newer };
  }

  /** A page before those that are here. @param {Record} record @param {() => void} [came] is told before it is drawn */
  async older(record, came) {
    const { thread } = record;
    const first = thread?.items[0];
    if (!first || !thread.older) return;
    thread.behind = [];
    const page = await this.api.get(`/conversations/${record.id}/messages?before=${first.seq}&limit=${PAGE}`);
    // Those that it goes before may have been let go meanwhile: it would leave a hole.
    if (record.thread !== thread || thread.items[0]?.seq !== first.seq) return;
    record.loadOlder(page.items, page.seq, page.items.length === PAGE);
    came?.();
    this.store.changed("conversation", record.id);
    this.events(record);
  }

  /** A page after those that are here. @param {Record} record */
  async newer(record) {
    const { thread } = record;
    const last = thread?.items.at(-1);
    if (!thread?.newer || !last || thread.state !== "ready") return;
    thread.ahead = [];
    const page = await this.api.get(`/conversations/${record.id}/messages?after=${last.seq}&limit=${PAGE}`);
    if (record.thread !== thread) return;
    record.loadNewer(page.items, page.seq, page.items.length === PAGE);
    this.store.changed("conversation", record.id);
    this.events(record);
  }

  /** Reads the lines between the messages that are shown. @param {Record} record @param {number} [tries] */
  async events(record, tries = 0) {
    try {
      for (let below = lacking(record.thread); below !== null; below = lacking(record.thread)) {
        const thread = /** @type {import("./record.js").Thread} */ (record.thread);
        const page = await this.api.get(`/conversations/${record.id}/events?limit=${LINES}${below === Infinity ? "" : `&before=${below}`}`);
        if (record.thread !== thread || lacking(thread) !== below) return;
        putLines(thread, page.items, page.more === true, below);
        this.store.changed("conversation", record.id);
      }
    } catch {
      if (tries < TRIES) this.store.doors.later(() => record.thread && this.events(record, tries + 1), 1000 * 2 ** tries);
    }
  }
}
