/**
 * The rows of one view in order, kept from one look to the next: with ten thousand rows and hundreds of changes a second,
 * sorting all of them for each picture would take most of a second's time. A row that changed is a new object.
 *
 * @import {Conversation, View} from "./shapes.js"
 * @import {Record} from "./record.js"
 */
import { belongs, compare } from "./lists.js";

/** More changes than this share of the rows are cheaper sorted anew. */
const MANY = 0.1;

export class Sorted {
  /** @param {View} view */
  constructor(view) {
    this.view = view;
    /** Every row that was looked at. @type {Map<string, Conversation>} */
    this.known = new Map();
    /** Those of the view, in order. @type {Conversation[]} */
    this.rows = [];
    /** @type {string[]} */
    this.ids = [];
  }

  /**
   * The ids in order; the same array as before while nothing moved. Rows after the place of `last` are left out where the
   * server has more: they would stand in the wrong place.
   * @param {Map<string, Record>} records @param {Conversation|null} last @returns {string[]}
   */
  of(records, last) {
    this.look(records);
    const end = last === null ? this.rows.length : this.after(last);
    if (end !== this.ids.length || this.rows.some((row, at) => at < end && row.id !== this.ids[at])) {
      this.ids = this.rows.slice(0, end).map((row) => row.id);
    }
    return this.ids;
  }

  /** @param {Map<string, Record>} records */
  look(records) {
    /** @type {Map<string, Conversation|null>} */
    const changed = new Map();
    let there = 0;
    for (const [id, { row }] of records) {
      if (row === null) continue;
      there += 1;
      if (this.known.get(id) !== row) changed.set(id, row);
    }
    for (const [id, row] of changed) this.known.set(id, /** @type {Conversation} */ (row));
    if (this.known.size > there) {
      for (const id of this.known.keys()) {
        if (records.get(id)?.row) continue;
        changed.set(id, null);
        this.known.delete(id);
      }
    }
    if (changed.size === 0) return;
    if (changed.size > MANY * this.known.size) this.rows = [...this.known.values()].filter((row) => belongs(this.view, row)).sort(this.compare);
    else this.move(changed);
  }

  /** @param {Map<string, Conversation|null>} changed */
  move(changed) {
    this.rows = this.rows.filter((row) => !changed.has(row.id));
    for (const row of changed.values()) if (row && belongs(this.view, row)) this.rows.splice(this.after(row), 0, row);
  }

  /** The place behind every row that stands before this one or is it. @param {Conversation} row */
  after(row) {
    let [low, high] = [0, this.rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.compare(/** @type {Conversation} */ (this.rows[middle]), row) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @param {Conversation} a @param {Conversation} b */
  compare = (a, b) => compare(this.view, a, b);
}
