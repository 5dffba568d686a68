/**
 * A stream of rows while somebody reads it: held, the rows stay where they are and change in place, and newer ones are
 * counted. Pure.
 *
 * @import {FeedRow} from "./feed.js"
 */

export class Held {
  constructor() {
    /** What is on screen while it is held, oldest first. @type {Map<string, FeedRow>|null} */
    this.frozen = null;
    /** The newest position on screen when it was held. */
    this.top = 0;
  }

  /**
   * @param {Map<string, FeedRow>} rows all there are, oldest first @param {boolean} held
   * @returns {{rows: FeedRow[], newer: number}} newest first, and how many wait above them
   */
  show(rows, held) {
    if (!held) this.frozen = null;
    else if (this.frozen === null) this.freeze(rows);
    else this.follow(rows);
    const shown = this.frozen ?? rows;
    let newer = 0;
    if (this.frozen) for (const row of rows.values()) if (row.first.position > this.top) newer += 1;
    return { rows: [...shown.values()].reverse(), newer };
  }

  /** Holds what is there now. @param {Map<string, FeedRow>} rows */
  freeze(rows) {
    this.frozen = new Map(rows);
    this.top = Math.max(0, ...[...rows.values()].map((row) => row.first.position));
  }

  /** Rows change in place; older ones that were read meanwhile come at the end. @param {Map<string, FeedRow>} rows */
  follow(rows) {
    const frozen = /** @type {Map<string, FeedRow>} */ (this.frozen);
    const oldest = frozen.values().next().value?.first.position ?? Infinity;
    const older = [...rows].filter(([, row]) => row.first.position < oldest);
    const changed = [...frozen].map(([key, row]) => /** @type {[string, FeedRow]} */ ([key, rows.get(key) ?? row]));
    this.frozen = new Map([...older, ...changed]);
  }
}
