/**
 * Everything that this tab knows, and how events change it. Knows no DOM and no views: socket, calls and timers are given.
 *
 * Numbers: a conversation that comes whole (I take part, or it is watched) takes only the event after its last; an older
 * one is dropped, and for a gap the server is asked from the last number on. The tab resumes only from the N of `ready`,
 * `ping` or `reset`. First load, reconnect and reset are one path: be subscribed, then read, then apply by number.
 *
 * @import {Event, Settings, Tally, User, View} from "./shapes.js"
 * @typedef {{op: string, [key: string]: any}} Frame
 * @typedef {"conversation"|"lists"|"tallies"|"phase"|"settings"} Part
 */
import { Glances } from "./glances.js";
import { Loads } from "./loads.js";
import { moves, newList, retally } from "./lists.js";
import { Record, roleOf } from "./record.js";
import { VIEWS } from "./shapes.js";
import { Threads } from "./threads.js";
import { ofAccount, ofPerson } from "./unnumbered.js";
import { Watches } from "./watches.js";

/** Comes to every tab. */
const POOLED = /^conversation\.(public|claimed|released)$/;
/** May move a count. */
const MOVING = /^(conversation\.|message\.received$)/;

/** @param {() => any} value @returns {any} */
const perView = (value) => Object.fromEntries(VIEWS.map((view) => [view, value()]));

export class Store {
  /**
   * @param {{me: User, api: import("./api.js").Api, send: (frame: Frame) => void, settings: Settings,
   *   later: (run: () => void, ms: number) => void,
   *   changed?: (part: Part, id: string|null) => void,
   *   notice?: (event: Event, record: Record, replayed: boolean) => void,
   *   applied?: (event: Event) => void, heard?: (event: Event) => void, reloaded?: () => void,
   *   sight?: {message: () => number|null, row: () => string|null}}} doors
   *   `notice` is told each event once, as it arrives, before it is applied; `applied` each one that was applied; `heard`
   *   every event as often as it comes; `reloaded` that what was read before now may miss events. `sight`: the number of the first
   *   message in sight of the open log, null at its end, and the lowest row in sight of the list
   */
  constructor(doors) {
    this.doors = doors;
    this.me = doors.me.id;
    this.settings = doors.settings;
    /** @type {Map<string, Record>} */
    this.records = new Map();
    /** @type {{[V in View]: import("./lists.js").List}} */
    this.lists = /** @type {any} */ (Object.fromEntries(VIEWS.map((view) => [view, newList(view)])));
    /** @type {{[V in View]: Tally}} */
    this.tallies = perView(() => ({ all: 0, unread: 0 }));
    this.tallied = false;
    /** @type {"starting"|"resuming"|"live"|"stale"|"lost"} */
    this.phase = "starting";
    /** @type {number|null} */
    this.position = null;
    /** @type {string|null} */
    this.epoch = null;
    /** @type {string|null} */
    this.hello_epoch = null;
    /** @type {string|null} */
    this.open_id = null;
    this.dropped = 0;
    this.caught_up = 0;
    this.watches = new Watches(this);
    this.loads = new Loads(this);
    this.threads = new Threads(this);
    this.glances = new Glances(this);
  }

  /** @param {Part} part @param {string|null} [id] */
  changed(part, id = null) {
    this.doors.changed?.(part, id);
  }

  /** @param {Store["phase"]} phase */
  enter(phase) {
    this.phase = phase;
    this.changed("phase");
  }

  /** What the first frame after `hello` says: everything after N, or from now on. */
  cursor() {
    return this.position === null ? {} : { position: this.position, epoch: this.epoch };
  }

  /** The socket is gone; everything stays as it was. */
  lost() {
    this.watches.lost();
    for (const record of this.records.values()) {
      record.viewing = record.typing = [];
    }
    this.enter("lost");
  }

  /** @param {Frame} frame from the server */
  handle(frame) {
    if (frame.op === "events") for (const event of frame.events) this.receive(event);
    else if (frame.op === "hello") this.greet(frame);
    else if (frame.op === "ready") this.ready(frame.position);
    else if (frame.op === "ping") this.reach(frame.position);
    else if (frame.op === "reset") this.reset(frame.position);
    else if (frame.op === "ok") this.watches.confirm(frame);
    else if (frame.op === "error") this.watches.refuse(frame);
    else if (frame.op === "presence") this.see(frame);
  }

  /** @param {Frame} frame */
  greet(frame) {
    this.hello_epoch = frame.epoch ?? null;
    this.caught_up = 0;
    this.enter("resuming");
    this.watches.again();
  }

  /** @param {number} position */
  ready(position) {
    const fresh = this.position === null;
    this.epoch ??= this.hello_epoch;
    this.reach(position);
    if (this.phase === "resuming") this.enter("live");
    if (!fresh) return;
    this.reload();
    this.watches.again();
  }

  /** Everything up to `position` has been written to us: what is still held back now was lost. @param {number} position */
  reach(position) {
    this.position = position;
    this.watches.reach(position);
    for (const record of this.records.values()) {
      if (record.held.size === 0 || record.loading) continue;
      const due = [...record.held.values()].some((event) => event.position <= position);
      if (!due) continue;
      if (record.asked < 2) this.watches.ask(record);
      else this.loads.wanted.want(record);
    }
  }

  /** @param {number} position */
  reset(position) {
    this.position = position;
    this.epoch = this.hello_epoch;
    this.enter("stale");
    this.reload();
    this.watches.anew();
  }

  /** Everything that was read before now may miss events: it is read again, stays on screen, and events wait until it is here. */
  reload() {
    this.watches.lost();
    for (const record of this.records.values()) {
      record.seq = record.noticed = record.read_seq = 0;
      record.held.clear();
      record.counted_to = 0;
      record.loading = true;
    }
    this.loads.screen();
    this.doors.reloaded?.();
  }

  /** @param {Event} event */
  receive(event) {
    if (this.phase === "resuming") this.caught_up += 1;
    this.doors.heard?.(event);
    if (event.conversation === null) return ofAccount(this, event);
    if (event.seq === null) return ofPerson(this, event);
    const known = this.records.get(event.conversation);
    if (!known && this.passes(event)) return;
    const record = known ?? this.meet(event);
    this.notice(event, record);
    if (event.seq <= record.seq && !record.loading) {
      this.dropped += 1;
      return;
    }
    // A conversation that was opened before the first load has no row yet: what happens to it waits for that.
    if (record.loading || record.row === null) record.held.set(event.seq, event);
    else if (record.whole && event.seq > record.seq + 1) {
      record.held.set(event.seq, event);
      if (record.asked === 0) this.watches.ask(record);
    } else this.apply(record, event);
  }

  /**
   * What only the feed brings of a conversation that this tab does not know is looked at there and not kept, however long the
   * feed is on screen. The counts, which it may move, are read again.
   * @param {Event} event
   */
  passes(event) {
    if (!this.watches.topics.has("feed") || event.alert.includes(this.me) || POOLED.test(event.type)) return false;
    if (roleOf(event.data.conversation ?? {}, this.me) !== null) return false;
    if (this.tallied && MOVING.test(event.type)) this.loads.talliesSoon();
    return true;
  }

  /** @param {Event} event @param {Record} record */
  notice(event, record) {
    const seq = /** @type {number} */ (event.seq);
    if (seq <= record.noticed) return;
    record.noticed = seq;
    this.doors.notice?.(event, record, this.phase !== "live");
  }

  /**
   * The first event of a conversation that the tab does not know. When I take no part in it, the event says all that a
   * load would; else the personal part (unread, muted) must be loaded.
   * @param {Event} event
   */
  meet(event) {
    const id = /** @type {string} */ (event.conversation);
    const record = new Record(id, this.me);
    this.records.set(id, record);
    const row = event.data.conversation;
    if (row?.contact && roleOf(row, this.me) === null) {
      record.row = { ...row, seq: 0, unread: 0, muted: false, role: null, draft: null };
    } else this.loads.wanted.want(record);
    return record;
  }

  /** @param {Record} record @param {Event} event */
  apply(record, event) {
    const before = record.seq === 0 && record.row ? beforeUnknown(record.row, event.type) : record.row;
    record.apply(event);
    this.doors.applied?.(event);
    this.after(record, before);
    this.drain(record);
  }

  /** What follows from a changed row. @param {Record} record @param {import("./shapes.js").Conversation|null} before */
  after(record, before) {
    if (before === null || moves(before, record.row)) this.loads.moved += 1;
    if (this.tallied && before !== null) retally(this.tallies, before, record.row);
    else if (this.tallied) this.loads.talliesSoon();
    record.touched = ++this.loads.ticks;
    this.changed("conversation", record.id);
    this.changed("lists");
    this.changed("tallies");
  }

  /** Applies what was held back and is next now. @param {Record} record */
  drain(record) {
    const next = record.held.get(record.seq + 1);
    if (next) {
      record.held.delete(record.seq + 1);
      return this.apply(record, next);
    }
    for (const seq of record.held.keys()) if (seq <= record.seq) record.held.delete(seq);
    this.watches.settle(record);
    if (record.held.size === 0) {
      record.asked = 0;
    } else if (!record.whole) {
      const first = Math.min(...record.held.keys());
      const event = /** @type {Event} */ (record.held.get(first));
      record.held.delete(first);
      this.apply(record, event);
    } else if (record.asked === 0) this.watches.ask(record);
  }

  /** The server has this draft of mine now. @param {string} id @param {string} body */
  drafted(id, body) {
    const record = this.records.get(id);
    if (!record?.row) return;
    record.row = { ...record.row, draft: [...body].slice(0, 100).join("") || null };
    this.changed("conversation", id);
  }

  /** @param {Frame} frame */
  see(frame) {
    const record = this.records.get(frame.conversation);
    if (!record) return;
    const others = (/** @type {User[]} */ users) => users.filter((user) => user.id !== this.me);
    record.viewing = others(frame.viewing ?? []);
    record.typing = others(frame.typing ?? []);
    this.changed("conversation", record.id);
  }

  /** How many conversations hold something unread for me. */
  get unread() {
    return this.tallies.mine.unread + this.tallies.subscribed.unread;
  }
}

/**
 * The row before the first event that this tab hears of it, as far as the counts need it: the pool's three events each
 * say what the row was.
 * @param {import("./shapes.js").Conversation} row @param {string} type
 */
function beforeUnknown(row, type) {
  return { ...row, public_since: type === "conversation.claimed" ? (row.claimed_at ?? "") : null };
}
