/**
 * Conversations of others whose rows are on screen: watched while they are, so that a list of all is as live as one's own. Knows
 * no DOM.
 *
 * @import {Store} from "./store.js"
 */

/** Of the watches that the server allows, so many; the rest is for what is opened and for gaps. */
const MOST = 40;

export class Glances {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    /** @type {Set<string>} */
    this.ids = new Set();
  }

  /** These rows are on screen now; nothing else is. @param {string[]} ids */
  want(ids) {
    const { records, watches } = this.store;
    const wanted = new Set(ids.filter((id) => records.get(id)?.row?.role === null).slice(0, MOST));
    for (const id of this.ids) if (!wanted.has(id)) this.drop(id);
    for (const id of wanted) {
      const record = records.get(id);
      if (this.ids.has(id) || !record) continue;
      this.ids.add(id);
      if (record.watched) continue;
      record.watched = true;
      if (!record.loading) watches.ask(record);
    }
  }

  /** @param {string} id */
  drop(id) {
    this.ids.delete(id);
    const record = this.store.records.get(id);
    if (!record?.watched || id === this.store.open_id) return;
    this.store.watches.leave(record);
    record.watched = false;
    if (!record.whole) record.thread = null;
  }
}
