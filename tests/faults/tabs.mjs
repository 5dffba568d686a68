/**
 * Tabs that run the page's own modules without a browser: `node tabs.mjs PLAN`. Each has a store and a socket as the page wires them,
 * a list and maybe a conversation on screen, and writes into the same ledger as the other load client. Ends when its input does.
 *
 * Takes lines of JSON: `current` waits until every tab has been told of the heads, `finish` compares every tab with a fresh one, writes
 * the ledger and ends.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { Api } from "../../web/static/js/api.js";
import { Socket } from "../../web/static/js/socket.js";
import { Store } from "../../web/static/js/store.js";
import { ask, Line } from "./line.mjs";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const DEAD_MS = 1000;
const JOINED_MS = 60_000;
const OPENING_MS = 10;
const TRIES = 12;
const AT_ONCE = 6;
const SHOWN = 40;

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
      if (record.seq > before) this.covered[id] = Math.max(this.covered[id] ?? 0, record.seq);
      return newest;
    };
    return super.set(id, record);
  }
}

class Page {
  constructor(spec) {
    this.spec = spec;
    this.feed = spec.topics.includes("feed");
    this.view = spec.topics.includes("pool") ? "pool" : spec.number % 3 === 0 ? "subscribed" : "mine";
    this.book = {
      tab: `page ${spec.tab}`, user: spec.user, manager: spec.manager, account: spec.account, began: -1, n: -1, topics: spec.topics,
      watched: spec.watched, covered: {}, resets: [], given: [], codes: [], connections: 0, gaps: 0, left: null, differs: null, recounted: false,
    };
    this.entries = new WeakMap();
    this.positions = new Set();
    this.asked = new Set();
    this.port = null;
    this.over = false;
    const page = this;
    this.store = new Store({
      me: { id: spec.user, name: spec.name, role: spec.manager ? "manager" : "agent" },
      settings: { sms_public_minutes: 20, opt_out_text: "" },
      api: new Api({ fetch: fetching(spec.token), csrf: "", newKey: () => crypto.randomUUID() }),
      send: (frame) => this.send(frame),
      later: (run, ms) => setTimeout(run, ms).unref(),
      heard: (event) => this.hear(event),
      applied: (event) => this.apply(event),
    });
    this.store.records = new Records(this.book.covered);
    this.socket = new Socket({
      url: "",
      WebSocket: function (_, protocol) {
        page.port = pick();
        const line = new Line({ port: page.port, path: "/ws", protocol, headers: signed(spec.token) });
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
    this.socket.start();
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
    const shown = !numbered || (this.feed && !this.positions.has(event.position));
    const entry = [this.book.connections, event.position, event.conversation, event.seq, event.type, now, shown ? now : 0, this.asked.has(event.conversation)];
    this.positions.add(event.position);
    this.entries.set(event, entry);
    this.book.given.push(entry);
  }

  apply(event) {
    const entry = this.entries.get(event);
    if (!this.feed) entry[6] = Date.now() / 1000;
  }

  /** Shows all that it should, as far as it knows. */
  get settled() {
    const { store } = this;
    const open = store.open_id === null ? null : store.records.get(store.open_id);
    if (store.phase !== "live" || !store.tallied || store.lists[this.view].state !== "ready") return false;
    if (open !== null && open?.thread?.state !== "ready") return false;
    return ![...store.records.values()].some((record) => record.loading || record.held.size > 0);
  }

  /** What a person would see. */
  get shown() {
    const { store } = this;
    const { loads, lists, tallies } = store;
    const ids = loads.ids(this.view).slice(0, lists[this.view].next === null ? undefined : SHOWN);
    const open = store.open_id === null ? undefined : store.records.get(store.open_id);
    return {
      rows: ids.map((id) => store.records.get(id).row),
      tallies: { mine: tallies.mine, subscribed: tallies.subscribed, pool: tallies.pool },
      open: open && { row: open.row, messages: open.thread?.items.slice(-SHOWN), lines: open.thread?.events.slice(-10).map((event) => event.position) },
    };
  }

  stop() {
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
  for (let tries = 0; page.book.began >= 0; tries += 1) {
    if (page.book.differs?.startsWith(".tallies") && tries > TRIES / 2 && !page.book.recounted) {
      page.book.recounted = true;
      await page.store.loads.tallies();
    }
    const fresh = new Page(page.spec);
    fresh.start();
    await until(() => fresh.settled, 10_000);
    page.book.differs = fresh.settled ? difference(page.shown, fresh.shown) : "the fresh page is not ready";
    fresh.stop();
    if (page.book.differs === null || tries === TRIES || !plan.resumes) return;
    await sleep(500);
  }
}

async function until(true_, ms) {
  const end = Date.now() + ms;
  while (!true_() && Date.now() < end) await sleep(10);
  return true_();
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
      () => back.every((page) => page.store.phase === "live" && page.store.position >= asked.heads[page.spec.account]),
      asked.within * 1000,
    );
    say({ current: there ? Date.now() / 1000 : null });
  } else if (asked.do === "where") say({ where: pages.map((page) => (page.store.phase === "live" ? page.port : null)) });
  else if (asked.do === "finish") {
    const waiting = pages.filter((page) => !page.over);
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
