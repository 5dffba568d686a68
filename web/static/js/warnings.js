/**
 * Conversations of mine that go public soon: each is told once for each start of its clock, in all tabs that are open then, and not
 * again after a reload or in a tab opened later. Pure; where it is kept is given.
 *
 * @import {Record} from "./record.js"
 * @import {Conversation} from "./shapes.js"
 */

/** Warned when this much is left, ms; where the whole time is short, when two thirds of it are. */
const BEFORE = 120_000;
const OF_THE_WHOLE = 2 / 3;
/** Tabs that hear of it so much later than the first still tell it, ms. */
const TOGETHER = 3000;
const MOST = 300;

export class Warnings {
  /**
   * @param {{kept: Storage, shared: Storage}} doors `kept` is this tab's and outlives a reload, `shared` the browser's
   */
  constructor(doors) {
    this.doors = doors;
    /** @type {Set<string>} */
    this.told = new Set(read(doors.kept, []));
  }

  /** What is to be told now. @param {Iterable<Record>} records @param {number} now the server's ms @returns {Array<{record: Record, left: number, end: number}>} */
  due(records, now) {
    const found = [];
    for (const record of records) {
      const { row } = record;
      if (!goesPublic(row)) continue;
      const end = Date.parse(row.public_at);
      const left = end - now;
      const before = Math.min(BEFORE, (end - Date.parse(row.clock_start ?? row.waiting_since)) * OF_THE_WHOLE);
      const key = `${row.id} ${row.clock_start}`;
      if (left <= 0 || left > before || this.told.has(key)) continue;
      this.told.add(key);
      this.doors.kept.setItem("partyline.warned", JSON.stringify([...this.told].slice(-MOST)));
      if (this.first(key, now)) found.push({ record, left, end });
    }
    return found;
  }

  /** Nobody told it before, or only just. @param {string} key @param {number} now */
  first(key, now) {
    const all = /** @type {[string, number][]} */ (read(this.doors.shared, []));
    const at = all.find(([each]) => each === key)?.[1];
    if (at !== undefined) return now - at <= TOGETHER;
    this.doors.shared.setItem("partyline.warned", JSON.stringify([...all, [key, now]].slice(-MOST)));
    return true;
  }
}

/**
 * Whether this is a conversation of mine that waits and goes public, by then.
 * @param {Conversation|null|undefined} row @param {number} [by] ms @returns {row is Conversation & {public_at: string, waiting_since: string}}
 */
export function goesPublic(row, by = Infinity) {
  if (!row?.role || row.muted || !row.public_at || row.public_since || !row.waiting_since) return false;
  return Date.parse(row.public_at) <= by;
}

/** @param {Storage} storage @param {any} otherwise */
function read(storage, otherwise) {
  try {
    return JSON.parse(storage.getItem("partyline.warned") ?? "null") ?? otherwise;
  } catch {
    return otherwise;
  }
}
