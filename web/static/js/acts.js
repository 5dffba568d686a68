/**
 * What a person does: send, claim, release, hand over, read. Each is one call; the change itself comes back as an event.
 *
 * @import {Conversation, Media, User} from "./shapes.js"
 * @import {Pending, Record} from "./record.js"
 * @import {Store} from "./store.js"
 * @typedef {{kind?: "message"|"note", body: string, did?: string|null, send_at?: string|null, mentions?: string[],
 *   media?: Media[], anyway?: boolean, again?: string|null}} Asked `anyway`: in quiet hours too, as a manager may; `again`: the text
 *   in whose place this one goes
 */
import { Problem } from "./api.js";
import { openingOf } from "./opening.js";

/** A reading that did not reach the server is told again after this, ms. */
const RETRY = 5000;

/** @typedef {{seq: number, at: number}} Owed read up to `seq`, `at` ms of the server's clock */

export class Acts {
  /**
   * @param {Store} store
   * @param {{newId: () => string, now: () => number, drafts: import("./drafts.js").Drafts}} doors
   */
  constructor(store, doors) {
    this.store = store;
    this.doors = doors;
    /** What I have read, by conversation, until the server has answered that it knows. @type {Map<string, Owed>} */
    this.owed = new Map();
  }

  get api() {
    return this.store.doors.api;
  }

  /**
   * Sends a text, or adds a note; it stands in the log at once.
   * @param {Record} record @param {Asked} asked
   */
  async send(record, { kind = "message", body, did = null, send_at = null, mentions = [], media = [], anyway = false, again = null }) {
    /** @type {Pending} */
    const pending = {
      client_id: this.doors.newId(),
      kind,
      body,
      did,
      send_at,
      mentions,
      media,
      state: "sending",
      why: "",
      by: null,
      quiet: null,
      anyway,
      again,
      at: new Date(this.doors.now()).toISOString(),
    };
    this.doors.drafts.unsent.keep(record.id, pending);
    record.pending = [...record.pending, pending];
    this.store.changed("conversation", record.id);
    const seen = record.seen_seq;
    // One after another: two calls at once may overtake each other.
    record.turn = record.turn.then(() => this.post(record, pending, seen));
    await record.turn;
  }

  /**
   * Starts or joins the conversation with a number or a contact. Raises a Problem; then nothing was sent.
   * @param {{to: string}|{contact: string}} whom @param {Asked & {client_id: string}} asked `client_id`: the same one twice is one text
   * @returns {Promise<Conversation>}
   */
  async start(whom, { client_id, body, did = null, send_at = null, media = [], anyway = false }) {
    this.doors.drafts.unsent.gone.add(client_id);
    const asked = { ...whom, client_id, body, media: idsOf(media), ...given({ did, send_at }), ...inQuiet(anyway) };
    const { conversation } = await this.api.call("POST", "/messages", asked);
    this.store.loads.answer(conversation);
    return conversation;
  }

  /** Sends again what was held or failed, with what is on screen now; at `send_at` if it is given. @param {Record} record @param {Pending} pending @param {string|null} [send_at] */
  async sendAnyway(record, pending, send_at = null) {
    const held = pending.by?.seq ?? 0;
    const change = send_at === null ? { anyway: pending.anyway || pending.quiet !== null } : { send_at };
    this.doors.drafts.unsent.keep(record.id, { ...pending, ...change });
    this.mark(record, pending, { state: "sending", why: "", by: null, quiet: null, ...change });
    await this.post(record, { ...pending, ...change }, Math.max(record.seen_seq, held));
  }

  /** @param {Record} record @param {Pending} pending */
  discard(record, pending) {
    const { drafts } = this.doors;
    drafts.unsent.drop(record.id, pending.client_id);
    if (pending.kind === "message") drafts.discarded(record.id);
    record.pending = record.pending.filter((each) => each.client_id !== pending.client_id);
    this.store.changed("conversation", record.id);
  }

  /** What had not gone out when the page was loaded stands in the log again, as the same text, unless the server has it. @param {Record} record whose newest messages are here */
  restore(record) {
    const { unsent } = this.doors.drafts;
    const there = new Set(record.thread?.items.map((message) => message.client_id));
    const here = new Set(record.pending.map((pending) => pending.client_id));
    /** @type {Pending[]} */
    const back = [];
    for (const kept of unsent.of(record.id)) {
      if (there.has(kept.client_id)) unsent.drop(record.id, kept.client_id);
      else if (!here.has(kept.client_id)) back.push({ ...kept, state: "failed", why: "The page was loaded again.", by: null, quiet: null });
    }
    if (back.length === 0) return;
    record.pending = [...back, ...record.pending];
    this.store.changed("conversation", record.id);
  }

  /** @param {Record} record @param {Pending} pending @param {number} seen_seq */
  async post(record, pending, seen_seq) {
    this.store.changed("conversation", record.id);
    const { kind, client_id, body, did, send_at, mentions, media, anyway, again = null } = pending;
    const one = `/conversations/${record.id}`;
    try {
      const message =
        kind === "note"
          ? await this.api.call("POST", `${one}/notes`, { body, client_id, mentions })
          : await this.api.call("POST", `${one}/messages`, { body, client_id, seen_seq, media: idsOf(media), ...given({ did, send_at, again }), ...inQuiet(anyway) });
      if (!record.thread?.items.some((item) => item.id === message.id)) record.place(message);
      record.settle(message);
      this.doors.drafts.accepted(record.id, message);
    } catch (problem) {
      if (!(problem instanceof Problem)) {
        record.turn = Promise.resolve();
        throw problem;
      }
      const quiet = openingOf(problem);
      const held = quiet !== null || problem.code === "unseen_message" || problem.code === "already_claimed";
      const why = problem.code === "already_claimed" ? `${problem.body.owner?.name ?? "Someone"} claimed this first.` : problem.message;
      this.mark(record, pending, { state: held ? "held" : "failed", why, by: problem.body.message ?? null, quiet });
    }
    this.store.changed("conversation", record.id);
  }

  /** @param {Record} record @param {Pending} pending @param {Partial<Pending>} change */
  mark(record, pending, change) {
    record.pending = record.pending.map((each) => (each.client_id === pending.client_id ? { ...each, ...change } : each));
    this.store.changed("conversation", record.id);
  }

  /**
   * One of the calls that answer with the conversation.
   * @param {Record} record @param {string} verb @param {unknown} [body] @returns {Promise<Conversation>}
   */
  async change(record, verb, body = {}) {
    const row = await this.api.call("POST", `/conversations/${record.id}/${verb}`, body);
    if (row?.id) this.store.loads.answer(row);
    return row;
  }

  /** Claims a public conversation; a Problem `already_claimed` names the winner. @param {Record} record */
  async claim(record) {
    record.claiming = true;
    this.store.changed("conversation", record.id);
    try {
      return await this.change(record, "claim");
    } finally {
      record.claiming = false;
      this.store.changed("conversation", record.id);
    }
  }

  /** Claims the longest waiting; null when the pool is empty. @returns {Promise<Conversation|null>} */
  async claimNext() {
    const row = await this.api.call("POST", "/conversations/take-next", {});
    if (row?.id) this.store.loads.answer(row);
    return row;
  }

  /** @param {Record} record @param {{muted?: boolean}|null} subscription null leaves */
  async subscribe(record, subscription) {
    const path = `/conversations/${record.id}/subscription`;
    await (subscription === null ? this.api.call("DELETE", path) : this.api.call("PUT", path, subscription));
    record.personal += 1;
    await this.store.loads.again(record);
  }

  /** I have read what is on screen. @param {Record} record */
  async read(record) {
    const before = record.row;
    const owed = { seq: record.seq, at: this.doors.now() };
    record.readTo(owed.seq);
    this.store.after(record, before);
    this.owed.set(record.id, owed);
    await this.tellRead(record.id, owed);
  }

  /** Until the server has it, unless more was read or it was marked unread since. @param {string} id @param {Owed} owed */
  async tellRead(id, owed) {
    const { loads } = this.store;
    loads.reading += 1;
    try {
      await this.api.call("PUT", `/conversations/${id}/read`, { seq: owed.seq });
      this.paid(id, owed);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.passing) this.tellReadLater(id, owed);
      else this.paid(id, owed);
    } finally {
      loads.reading -= 1;
      loads.moved += 1;
    }
  }

  /** What another tab did meanwhile comes before the line is live again. @param {string} id @param {Owed} owed */
  tellReadLater(id, owed) {
    const { doors, records } = this.store;
    doors.later(() => {
      const told = records.get(id)?.read_told;
      if (told && told.seq < owed.seq && told.at > owed.at) this.paid(id, owed);
      if (this.owed.get(id) !== owed) return;
      const { phase } = this.store;
      if (phase === "lost" || phase === "resuming") this.tellReadLater(id, owed);
      else this.tellRead(id, owed);
    }, RETRY);
  }

  /** @param {string} id @param {Owed} owed */
  paid(id, owed) {
    if (this.owed.get(id) === owed) this.owed.delete(id);
  }

  /** What was read is unread again, for me alone. @param {Record} record */
  async unread(record) {
    this.owed.delete(record.id);
    const row = await this.api.call("DELETE", `/conversations/${record.id}/read`);
    record.personal += 1;
    if (row?.id) await this.store.loads.again(record);
  }

  /** A scheduled text of mine: `cancel` or `send-now`. @param {Record} record @param {import("./shapes.js").Message} message @param {"cancel"|"send-now"} verb @param {boolean} [anyway] in quiet hours too */
  async scheduled(record, message, verb, anyway = false) {
    const now = await this.api.call("POST", `/messages/${message.id}/${verb}`, inQuiet(anyway));
    record.advance(now);
    this.store.changed("conversation", record.id);
  }

  /** A text that may have been sent did arrive. @param {Record} record @param {import("./shapes.js").Message} message */
  async arrived(record, message) {
    const now = await this.api.call("POST", `/messages/${message.id}/arrived`, {});
    record.advance(now);
    this.store.changed("conversation", record.id);
  }

  /** A manager adds somebody, or removes. @param {Record} record @param {string} user @param {boolean} on */
  async subscriber(record, user, on) {
    const row = await this.api.call(on ? "PUT" : "DELETE", `/conversations/${record.id}/subscribers/${user}`, on ? {} : undefined);
    if (row?.id) this.store.loads.answer(row);
  }

  /** @returns {Promise<User[]>} whom a conversation can be handed to */
  async colleagues() {
    /** @type {User[]} */
    const users = [];
    let cursor = "";
    do {
      const page = await this.api.get(`/colleagues?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      users.push(...page.items);
      cursor = page.next ?? "";
    } while (cursor);
    return users;
  }
}

/** @param {Media[]} media */
function idsOf(media) {
  return media.map((each) => each.id);
}

/** @param {boolean} anyway */
function inQuiet(anyway) {
  return anyway ? { override_quiet_hours: true } : {};
}

/** Only what was given. @param {{[name: string]: string|null}} fields */
function given(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
