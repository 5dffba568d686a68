/**
 * Tabs that run the page's own modules without a browser: `node tabs.mjs PLAN`. Each has a store and a socket as the page wires them,
 * a list and maybe a conversation on screen, and writes into the same ledger as the other load client. Ends when its input does.
 *
 * Takes lines of JSON: `current` waits until every tab has been told of the heads, `cut` says which must come back before, `finish` compares every tab with a fresh one, writes
 * the ledger and ends.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { Api } from "../../web/static/js/api.js";
import { lacking } from "../../web/static/js/lines.js";
import { Socket } from "../../web/static/js/socket.js";
import { Store } from "../../web/static/js/store.js";
import { chance } from "./chance.mjs";
import { Feed } from "./feed_page.mjs";
import { ask, Line } from "./line.mjs";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
// The page's own waits, too, are those of the seed.
Math.random = chance(plan.seed);
const DEAD_MS = 1000;
/** The close code for whoever has another role now: the page is loaded anew, and there is no fresh one of the kind that it was. */
const OTHER_ROLE = 4403;
const JOINED_MS = 60_000;
const OPENING_MS = 10;
/** So long may a page take to show what a fresh one does; for counts of what does not come to it, the next regular reading besides. */
const PATIENCE_MS = 6000;
const COUNTED_MS = 4000;
/** So long a fresh page, on a machine that does much else. */
const FRESH_MS = 60_000;
const AT_ONCE = 6;
const SHOWN = 40;
const LOW = 20;

/** Processes that did not answer lately, as a proxy before them remembers it. @type {Map<number, number>} */
const dead = new Map();

function pick() {
  const now = Date.now();
  const alive = plan.ports.filter((port) => (dead.get(port) ?? 0) < now);
  const some = alive.length ? alive : plan.ports;
  return some[Math.floor(Math.random() * some.length)];
}

/** As behind a proxy, which passes on for whom it was asked. @param {string} token */
function signed(token) {
  return { host: plan.host, authorization: `Bearer ${token}` };
}

/** @param {string} token */
function fetching(token) {
  return async (path, options) => {
    for (let tries = 0; ; tries += 1) {
      const port = pick();
      try {
        return await ask(port, path, { ...options, headers: { ...options.headers, ...signed(token) } });
      } catch (problem) {
        dead.set(port, Date.now() + DEAD_MS);
        if (tries === plan.ports.length) throw problem;
      }
    }
  };
}

/** Rows that come over HTTP move a conversation's number: what is up to there was not missed. */
class Records extends Map {
  constructor(covered) {
    super();
    this.covered = covered;
  }

  set(id, record) {
    const load = record.load.bind(record);
    record.load = (row) => {
      const before = record.seq;
      const newest = load(row);
      if (record.seq > (this.covered[id]?.at(-1)[0] ?? before)) (this.covered[id] ??= []).push([record.seq, Date.now() / 1000]);
      return newest;
    };
    return super.set(id, record);
  }
}

class Page {
  constructor(spec) {
    this.spec = spec;
    this.feed = spec.topics.includes("feed");
    this.view = spec.topics.includes("pool") ? "pool" : spec.number % 3 === 0 && !this.feed ? "subscribed" : "mine";
    this.book = {
      tab: `page ${spec.tab}`, user: spec.user, manager: spec.manager, account: spec.account, began: -1, n: -1, topics: spec.topics,
      watched: spec.watched, covered: {}, resets: [], given: [], codes: [], connections: 0, gaps: 0, left: null, differs: null, recounted: false,
      view: this.feed ? "feed" : this.view, compared: 0,
    };
    this.entries = new WeakMap();
    this.asked = new Set();
    this.port = null;
    this.mustComeBack = 0;
    this.over = false;
    const page = this;
    this.store = new Store({
      me: { id: spec.user, name: spec.name, role: spec.manager ? "manager" : "agent" },
      settings: { sms_public_minutes: 20, opt_out_text: "" },
      api: new Api({ fetch: fetching(spec.token), csrf: "", newKey: () => String(Math.random()) }),
      send: (frame) => this.send(frame),
      later,
      reloaded: () => this.lines?.reader.read(),
      heard: (event) => this.hear(event),
      applied: (event) => this.apply(event),
    });
    this.store.records = new Records(this.book.covered);
    this.lines = this.feed ? new Feed({ get: (path) => this.store.doors.api.get(path), later }) : null;
    this.socket = new Socket({
      url: "",
      WebSocket: function (_, protocol) {
        page.port = pick();
        const ended = (code) => page.book.codes.push(code);
        const line = new Line({ port: page.port, path: "/ws", protocol, headers: signed(spec.token), ended });
        const { port } = page;
        line.onerror = () => dead.set(port, Date.now() + DEAD_MS);
        return line;
      },
      cursor: () => (plan.resumes ? this.store.cursor() : {}),
      frame: (frame) => this.take(frame),
      lost: () => this.store.lost(),
      state: (state) => (this.over = state === "over" || state === "crowded"),
      signedIn: () => this.signedIn(),
      later: (run, ms) => setTimeout(run, ms),
    });
  }

  async signedIn() {
    try {
      await this.store.doors.api.get("/me");
      return true;
    } catch (problem) {
      return problem.status !== 401;
    }
  }

  start() {
    const [open] = Object.keys(this.spec.watched);
    this.store.loads.show(this.view);
    if (this.feed) this.store.watches.want("feed", true);
    if (open) this.store.threads.open(open);
    this.lines?.reader.read();
    this.socket.start();
    this.reading = setInterval(() => this.readOn(), 500).unref();
    if (plan.resumes) this.refreshing = setInterval(() => this.refresh(), plan.refresh_ms).unref();
  }

  /** As the app does while it is on screen. */
  refresh() {
    const { loads, phase } = this.store;
    if (phase === "live" && loads.view !== "pool") loads.list(loads.view);
    loads.tallies();
  }

  /** As lists on screen do when few rows are left of what was read. */
  readOn() {
    const { lists, loads } = this.store;
    const { state, next } = lists[this.view];
    if (next !== null && state === "ready" && loads.ids(this.view).length < LOW) loads.list(this.view, true);
  }

  send(frame) {
    if (frame.op === "watch" && frame.conversation) {
      if (this.store.records.get(frame.conversation)?.held.size) this.book.gaps += 1;
      this.asked.add(frame.conversation);
    }
    this.socket.send(plan.resumes || frame.op !== "watch" ? frame : { ...frame, after: undefined });
  }

  take(frame) {
    if (frame.op === "hello") {
      this.book.connections += 1;
      this.asked.clear();
    } else if (frame.op === "reset") this.book.resets.push(frame.position);
    this.store.handle(frame);
    if (this.store.position === null) return;
    this.book.n = this.store.position;
    if (this.book.began < 0) this.book.began = this.book.n;
  }

  hear(event) {
    const numbered = event.conversation !== null && event.seq !== null;
    const now = Date.now() / 1000;
    const entry = [this.book.connections, event.position, event.conversation, event.seq, event.type, now, numbered || this.feed ? 0 : now, this.asked.has(event.conversation)];
    this.entries.set(event, entry);
    this.book.given.push(entry);
    this.lines?.hear(event, entry);
  }

  apply(event) {
    const entry = this.entries.get(event);
    // A microsecond after the one before, so that the order is known of what is applied at one instant.
    if (!this.feed) entry[6] = this.applied_at = Math.max(Date.now() / 1000, (this.applied_at ?? 0) + 1e-6);
  }

  /** Connected, anew if it was to be cut, and told of this position. @param {number} head */
  current(head) {
    return this.store.phase === "live" && this.book.connections >= this.mustComeBack && this.store.position >= head;
  }

  /** Shows all that it should, as far as it knows. */
  get settled() {
    const { store } = this;
    const open = store.open_id === null ? null : store.records.get(store.open_id);
    if (this.lines?.settled === false) return false;
    if (store.phase !== "live" || !store.tallied || store.lists[this.view].state !== "ready") return false;
    if (open !== null && (open?.thread?.state !== "ready" || lacking(open.thread) !== null)) return false;
    return ![...store.records.values()].some((record) => record.loading || record.held.size > 0);
  }

  /** A list that was read whole has as many rows as a fresh one, up to what is compared; of another, whatever is left is on screen. */
  get rowsShown() {
    const { lists, loads } = this.store;
    return lists[this.view].next === null ? SHOWN : Math.min(SHOWN, Math.max(LOW, loads.ids(this.view).length));
  }

  /** What a person would see; of the feed, what happened from a position on. @param {number} from @param {number} rows */
  shown(from, rows) {
    const { store } = this;
    const { loads, tallies } = store;
    const ids = loads.ids(this.view).slice(0, rows); // a list that was short has grown by events, a fresh one is a page long
    const open = store.open_id === null ? undefined : store.records.get(store.open_id);
    return {
      rows: ids.map((id) => store.records.get(id).row),
      tallies: { mine: tallies.mine, subscribed: tallies.subscribed, pool: tallies.pool },
      feed: this.lines?.since(from),
      open: open && { row: open.row, messages: open.thread?.items.slice(-SHOWN), lines: open.thread?.events.slice(-10).map((event) => event.position) },
    };
  }

  stop() {
    clearInterval(this.refreshing);
    clearInterval(this.reading);
    this.lines?.reader.end();
    this.socket.stop();
  }
}

/** The first thing that is not the same, as a path with both values; null when all is. */
function difference(mine, fresh, path = "") {
  if (Object.is(mine, fresh)) return null;
  const both = [mine, fresh];
  if (both.some((one) => one === null || typeof one !== "object")) return `${path}: ${JSON.stringify(mine)} instead of ${JSON.stringify(fresh)}`.slice(0, 300);
  for (const key of new Set(both.flatMap((one) => Object.keys(one)))) {
    const found = difference(mine[key], fresh[key], `${path}.${key}`);
    if (found) return found;
  }
  return null;
}

/**
 * Beside a page that has just been loaded by the same person. The counts of what does not come to a tab are read again by the page
 * every fifteen seconds; whoever needs that to be right is noted.
 */
async function compare(page) {
  const { book } = page;
  for (let began = Date.now(); book.began >= 0; await sleep(500)) {
    const asked = Date.now();
    const fresh = new Page(page.spec);
    fresh.start();
    const ready = await until(() => fresh.settled, FRESH_MS);
    began += Date.now() - asked;
    const from = Math.max(page.lines?.oldest ?? 0, fresh.lines?.oldest ?? 0);
    const rows = page.rowsShown;
    const [mine, theirs] = [page.shown(from, rows), fresh.shown(from, rows)];
    book.differs = ready ? difference(mine, theirs) : "the fresh page is not ready";
    book.compared = page.feed ? theirs.feed.length : theirs.rows.length + (theirs.open?.messages?.length ?? 0);
    fresh.stop();
    const [took, counts] = [Date.now() - began, book.differs?.startsWith(".tallies")];
    if (book.differs === null || !ready || !plan.resumes || took > PATIENCE_MS + (counts ? plan.refresh_ms : 0)) return;
    if (counts && took > COUNTED_MS) book.recounted = true;
  }
}

async function until(true_, ms) {
  const end = Date.now() + ms;
  while (!true_() && Date.now() < end) await sleep(10);
  return true_();
}

/** @param {() => void} run @param {number} ms */
function later(run, ms) {
  return setTimeout(run, ms).unref();
}

function say(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

const pages = plan.tabs.map((spec, number) => new Page({ ...spec, number }));
for (const page of pages) {
  page.start();
  await sleep(OPENING_MS);
}
if (!(await until(() => pages.every((page) => page.settled && page.book.began >= 0), JOINED_MS))) {
  const late = pages.find((page) => !page.settled);
  throw new Error(`not every page came up: ${late?.spec.tab} ${late?.store.phase} ${JSON.stringify(late?.store.lists)}`);
}
say({ joined: pages.length });

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  if (asked.do === "current") {
    const back = pages.filter((page) => !page.over);
    const there = await until(
      () => back.every((page) => page.current(asked.heads[page.spec.account])),
      asked.within * 1000,
    );
    say({ current: there ? Date.now() / 1000 : null });
  } else if (asked.do === "cut") {
    const cut = pages.filter((page) => asked.port === null || page.port === asked.port);
    for (const page of cut) page.mustComeBack = page.book.connections + 1;
    say({ cut: cut.length });
  } else if (asked.do === "finish") {
    const waiting = pages.filter((page) => !page.over && !page.book.codes.includes(OTHER_ROLE));
    const some = async () => {
      for (let page = waiting.pop(); page; page = waiting.pop()) await compare(page);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, some));
    writeFileSync(plan.out, JSON.stringify(pages.map((page) => page.book)));
    say({ finished: true });
    break;
  }
}
for (const page of pages) page.stop();
process.exit(0);
