/**
 * The conversation on screen: watched, its messages and the lines between them read, page by page.
 *
 * @import {Store} from "./store.js"
 */
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
  }

  get api() {
    return this.store.doors.api;
  }

  /** Opens a conversation on screen: watched, its row and its newest messages read. @param {string} id */
  open(id) {
    const { store } = this;
    const { loads } = store;
    if (store.open_id === id) return;
    this.close();
    store.open_id = id;
    let record = store.records.get(id);
    if (!record) store.records.set(id, (record = new Record(id, store.me)));
    const idle = !record.loading || loads.wanted.waiting.delete(id);
    if (!record.row && idle && loads.turn > 0) loads.conversation(record);
    const opened = record;
    store.doors.later(() => {
      if (store.open_id !== id || opened.watched || store.records.get(id) !== opened) return;
      opened.watched = true;
      if (opened.row && !opened.loading) store.watches.ask(opened);
    }, STAY);
    if (record.thread?.state !== "ready" && loads.turn > 0) this.read(record);
    store.changed("conversation", id);
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
    if (!record.whole) record.thread = null;
    store.changed("conversation", record.id);
  }

  /** The newest messages. @param {Record} record @param {number} [tries] */
  async read(record, tries = 0) {
    const { turn } = this.store.loads;
    const { items = [], events = [] } = record.thread ?? {};
    record.thread = { items, seq: null, older: false, held: [], state: "loading", why: "", events, from: null, fresh: [] };
    try {
      const page = await this.api.get(`/conversations/${record.id}/messages?limit=${PAGE}`);
      if (turn !== this.store.loads.turn) return;
      record.loadThread(page.items, page.seq, page.items.length === PAGE);
      this.events(record);
    } catch (problem) {
      if (turn !== this.store.loads.turn) return;
      if (record.thread) [record.thread.state, record.thread.why] = ["failed", problem instanceof Error ? problem.message : String(problem)];
      const { store } = this;
      if (tries < TRIES) store.doors.later(() => store.open_id === record.id && this.read(record, tries + 1), 1000 * 2 ** tries);
    }
    this.store.changed("conversation", record.id);
  }

  /** A page before those that are here. @param {Record} record @param {() => void} [came] is told before it is drawn */
  async older(record, came) {
    const first = record.thread?.items[0];
    if (!first || !record.thread?.older) return;
    const page = await this.api.get(`/conversations/${record.id}/messages?before=${first.seq}&limit=${PAGE}`);
    record.loadOlder(page.items, page.items.length === PAGE);
    came?.();
    this.store.changed("conversation", record.id);
    this.events(record);
  }

  /** Reads the lines between the messages that are shown. @param {Record} record @param {number} [tries] */
  async events(record, tries = 0) {
    try {
      while (record.lacksEvents) {
        const thread = /** @type {import("./record.js").Thread} */ (record.thread);
        const { from } = thread;
        const page = await this.api.get(`/conversations/${record.id}/events?limit=${LINES}${from === null ? "" : `&before=${from}`}`);
        if (record.thread !== thread || thread.from !== from) return;
        record.loadEvents(page.items, page.more === true);
        this.store.changed("conversation", record.id);
      }
    } catch {
      if (tries < TRIES) this.store.doors.later(() => record.thread && this.events(record, tries + 1), 1000 * 2 ** tries);
    }
  }
}
