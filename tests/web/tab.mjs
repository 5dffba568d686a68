/** A tab without a browser: a real Store, with the server's side of the line in the test's hand. */
import { Store } from "../../web/static/js/store.js";

export const ME = { id: "ana", name: "Ana", role: "agent" };
export const BEN = { id: "ben", name: "Ben", role: "agent" };

/** @param {Partial<any>} [more] */
export function row(more = {}) {
  return {
    id: "c1",
    contact: { id: "k1", name: "Maria Garcia", phone: "+15550102233", ready: true, opted_out: false },
    owner: ME,
    subscribers: [],
    did: null,
    seq: 1,
    last_message: null,
    waiting_since: null,
    clock_start: null,
    public_at: null,
    public_since: null,
    claimed_at: null,
    closed_at: null,
    snoozed_until: null,
    opted_out: false,
    unread: 0,
    muted: false,
    role: "owner",
    ...more,
  };
}

/** What everybody gets: without the personal fields. */
export function shared({ unread, muted, role, ...rest }) {
  return rest;
}

export function message(seq, more = {}) {
  return {
    id: `m${seq}`,
    conversation: "c1",
    seq,
    kind: "message",
    direction: "inbound",
    body: `text ${seq}`,
    media: [],
    did: null,
    user: null,
    client_id: null,
    state: "received",
    error: null,
    encoding: "GSM-7",
    segments: 1,
    send_at: null,
    created_at: `2026-11-22T12:00:${String(seq % 60).padStart(2, "0")}.000000Z`,
    ...more,
  };
}

export function event(seq, more = {}) {
  const made = message(seq);
  return {
    type: "message.received",
    conversation: "c1",
    seq,
    position: 100 + seq,
    at: made.created_at,
    actor: { kind: "contact", id: "k1", name: "Maria Garcia" },
    alert: ["ana"],
    data: { message: made, conversation: shared(row({ seq, last_message: made })) },
    ...more,
  };
}

/** One round of everything that waits for a promise. */
export function settled() {
  return new Promise((done) => setImmediate(done));
}

export class Tab {
  constructor() {
    this.sent = [];
    this.applied = [];
    this.noticed = [];
    this.gets = [];
    this.later = [];
    /** Answers by path; a function is called, a missing one is a list with nothing. */
    this.answers = {
      "/conversations/counts": { mine: { all: 1, unread: 0 }, subscribed: { all: 0, unread: 0 }, pool: 0, unanswered: 0, all: 1, closed: 0 },
    };
    this.store = new Store({
      me: ME,
      settings: { sms_public_minutes: 20, opt_out_text: "Reply STOP." },
      send: (frame) => this.sent.push(frame),
      later: (run, ms) => this.later.push(Object.assign(run, { ms })),
      applied: (each) => this.applied.push(each.seq),
      notice: (each, _record, replayed) => this.noticed.push([each.seq, replayed]),
      api: { get: (path) => this.get(path), call: (method, path, body) => this.get(`${method} ${path}`, body) },
    });
  }

  async get(path, body) {
    this.gets.push(path);
    const answer = this.answers[path] ?? this.answers[path.split("?")[0]];
    return typeof answer === "function" ? answer(body) : (answer ?? { items: [], next: null });
  }

  frame(frame) {
    this.store.handle(frame);
  }

  events(...events) {
    this.frame({ op: "events", events });
  }

  record(id = "c1") {
    return this.store.records.get(id);
  }

  /** Connected, with one known conversation that is mine at `seq` 1. */
  async live(known = row()) {
    this.frame({ op: "hello", epoch: "e1", position: 100, ping_seconds: 25 });
    this.frame({ op: "ready", position: 100 });
    await settled();
    this.store.loads.take(known);
    this.sent.length = 0;
    this.gets.length = 0;
    return this;
  }
}
