/**
 * Reads the feed and hears what comes after it. What was heard is put in four times a second, so that a storm stays
 * readable; what is read and what is heard may overlap. Knows no DOM: calls and timers are given.
 *
 * @import {Event} from "./shapes.js"
 */
import { FeedLines, KINDS, MOST, wanted } from "./feed.js";

const FLUSH_MS = 250;
const RETRY_MS = 5000;
const PAGE = 200;
/** One reading goes so far back for its first rows: most events only change a row. */
const [ENOUGH, PAGES] = [100, 5];

export class FeedReader {
  /**
   * @param {import("./feed.js").Asked & {until?: string}} asked `until`: only what happened before this instant, and nothing new
   * @param {{get: (path: string) => Promise<any>, later: (run: () => void, ms: number) => any, changed: () => void}} doors
   */
  constructor(asked, doors) {
    this.asked = asked;
    this.doors = doors;
    this.lines = new FeedLines();
    /** @type {"loading"|"ready"|"failed"} */
    this.state = "loading";
    this.why = "";
    /** Where older ones begin; null when there are none. @type {number|null} */
    this.next = null;
    /** @type {Event[]} */
    this.heard = [];
    /** Heard while a reading is under way; they may be newer than it. @type {Event[]|null} */
    this.meanwhile = null;
    this.flushing = false;
    this.turn = 0;
  }

  /** The newest rows. What is on screen stays until they are here. */
  async read() {
    const turn = ++this.turn;
    this.meanwhile = [];
    const lines = new FeedLines();
    try {
      let next = null;
      for (let pages = 0; pages < PAGES && (pages === 0 || next !== null) && lines.rows.size < ENOUGH; pages += 1) {
        next = await this.page(lines, next);
        if (turn !== this.turn) return;
      }
      lines.add(this.meanwhile);
      [this.lines, this.next, this.state, this.why, this.meanwhile] = [lines, next, "ready", "", null];
    } catch (problem) {
      if (turn !== this.turn) return;
      [this.state, this.why] = ["failed", problem instanceof Error ? problem.message : String(problem)];
      this.doors.later(() => turn === this.turn && this.read(), RETRY_MS);
    }
    this.doors.changed();
  }

  /** Rows before the oldest one that is here. */
  async older() {
    if (this.next === null || this.state !== "ready" || this.lines.rows.size >= MOST) return;
    const { turn } = this;
    this.state = "loading";
    try {
      const next = await this.page(this.lines, this.next);
      if (turn !== this.turn) return;
      this.next = next;
    } finally {
      if (turn === this.turn) this.state = "ready";
    }
    this.doors.changed();
  }

  /** @param {FeedLines} lines @param {number|null} before @returns {Promise<number|null>} */
  async page(lines, before) {
    const { kinds, did, user, until } = this.asked;
    const query = new URLSearchParams({ limit: String(PAGE), kinds: (kinds.length ? kinds : SHOWN).join(",") });
    if (before !== null) query.set("before", String(before));
    else if (until) query.set("to", until);
    if (did) query.set("did", did);
    if (user) query.set("user", user);
    const page = await this.doors.get(`/feed?${query}`);
    lines.add(page.items);
    return page.next;
  }

  /** @param {Event} event */
  hear(event) {
    if (this.asked.until || !wanted(event, this.asked)) return;
    this.meanwhile?.push(event);
    this.heard.push(event);
    if (this.flushing) return;
    this.flushing = true;
    this.doors.later(() => this.flush(), FLUSH_MS);
  }

  flush() {
    this.flushing = false;
    const heard = this.heard;
    this.heard = [];
    if (this.lines.add(heard)) this.doors.changed();
  }

  /** Nothing that is under way matters any more. */
  end() {
    this.turn += 1;
    this.heard = [];
  }
}

/** Without a choice: all but the failures, which are texts out, too. */
const SHOWN = Object.keys(KINDS).filter((kind) => kind !== "failed");
