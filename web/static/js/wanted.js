/**
 * Rows of conversations of which this tab has heard and which it does not know. A few are read one by one; of many at once
 * the account's newest are read by the page, for what made them known made most of them new.
 *
 * @import {Record} from "./record.js"
 * @import {Loads} from "./loads.js"
 */

const FEW = 8;
const PAGE = 200;
/** How long more than a few are gathered, ms. */
const GATHERED = 50;

export class Wanted {
  /** @param {Loads} loads */
  constructor(loads) {
    this.loads = loads;
    /** @type {Map<string, Record>} */
    this.waiting = new Map();
    /** Read one by one just now. */
    this.alone = 0;
    this.paging = false;
  }

  /** Reads its row; events of it wait until it is here. @param {Record} record */
  want(record) {
    record.loading = true;
    if (this.alone < FEW && this.waiting.size === 0) {
      this.one(record);
      return;
    }
    this.waiting.set(record.id, record);
    if (this.paging) return;
    this.paging = true;
    this.loads.store.doors.later(() => this.pages(), GATHERED);
  }

  /** @param {Record} record */
  async one(record) {
    this.alone += 1;
    await this.loads.conversation(record);
    this.alone -= 1;
    if (!this.paging) this.pour();
  }

  /** As many one by one as there may be. */
  pour() {
    for (const [id, record] of this.waiting) {
      if (this.alone >= FEW) return;
      this.waiting.delete(id);
      this.one(record);
    }
  }

  /** Pages as long as they hold what is wanted; what they do not hold is read one by one. */
  async pages() {
    /** @type {string|null} */
    let cursor = "";
    while (cursor !== null && this.waiting.size > FEW) cursor = await this.page(cursor);
    this.paging = false;
    this.pour();
  }

  /** @param {string} cursor @returns {Promise<string|null>} null: no further page is of use */
  async page(cursor) {
    const { loads, waiting } = this;
    const { turn } = loads;
    const asked = new Map([...waiting.values()].map((record) => [record, record.personal]));
    const page = await loads.api.get(`/conversations?view=all&limit=${PAGE}${cursor}`).catch(() => null);
    if (page === null || turn !== loads.turn) return null;
    let found = 0;
    for (const row of page.items) {
      const record = waiting.get(row.id);
      const personal = record && asked.get(record);
      if (!record || personal === undefined) continue;
      found += 1;
      waiting.delete(row.id);
      loads.take(row);
      if (record.personal !== personal) loads.again(record);
    }
    return found > 0 && page.next !== null ? `&cursor=${encodeURIComponent(page.next)}` : null;
  }
}
