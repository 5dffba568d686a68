/**
 * Texts and notes that the server may not have: kept in this tab from before they leave until they are there or thrown away, so that
 * a reload loses none. Knows no DOM; the storage is given.
 *
 * @import {Pending} from "./record.js"
 */

export class Unsent {
  /** @param {Pick<Storage, "getItem"|"setItem"|"removeItem">} storage */
  constructor(storage) {
    this.storage = storage;
    /** What went out from this tab and is not kept any more, as the server may still tell of it. @type {Set<string>} */
    this.gone = new Set();
  }

  /** Oldest first. @param {string} id the conversation's @returns {Pending[]} */
  of(id) {
    return JSON.parse(this.storage.getItem(key(id)) ?? "[]");
  }

  /** As it is now; the same one twice is one. @param {string} id @param {Pending} pending */
  keep(id, pending) {
    const others = this.of(id);
    const at = others.findIndex((each) => each.client_id === pending.client_id);
    others.splice(at < 0 ? others.length : at, at < 0 ? 0 : 1, pending);
    this.storage.setItem(key(id), JSON.stringify(others));
  }

  /** The server has it, or nobody wants it. @param {string} id @param {string} client_id @returns {boolean} whether it is of this tab */
  drop(id, client_id) {
    const all = this.of(id);
    const left = all.filter((each) => each.client_id !== client_id);
    if (left.length === all.length) return this.gone.has(client_id);
    this.gone.add(client_id);
    if (left.length > 0) this.storage.setItem(key(id), JSON.stringify(left));
    else this.storage.removeItem(key(id));
    return true;
  }
}

/** @param {string} id */
function key(id) {
  return `partyline.waiting.${id}`;
}
