/**
 * What a person does: send, claim, release, hand over, read. Each is one call; the change itself comes back as an event.
 *
 * @import {Conversation, User} from "./shapes.js"
 * @import {Pending, Record} from "./record.js"
 * @import {Store} from "./store.js"
 */
import { Problem } from "./api.js";

export class Acts {
  /** @param {Store} store @param {{newId: () => string, now: () => number}} doors */
  constructor(store, doors) {
    this.store = store;
    this.doors = doors;
  }

  get api() {
    return this.store.doors.api;
  }

  /** Sends a text; it stands in the log at once. @param {Record} record @param {string} body @param {string|null} did */
  async send(record, body, did) {
    /** @type {Pending} */
    const pending = {
      client_id: this.doors.newId(),
      body,
      did,
      state: "sending",
      why: "",
      by: null,
      at: new Date(this.doors.now()).toISOString(),
    };
    record.pending = [...record.pending, pending];
    this.store.changed("conversation", record.id);
    const seen = record.seen_seq;
    // One after another: two calls at once may overtake each other.
    record.turn = record.turn.then(() => this.post(record, pending, seen));
    await record.turn;
  }

  /** Sends again what was held or failed, with what is on screen now. @param {Record} record @param {Pending} pending */
  async sendAnyway(record, pending) {
    const held = pending.by?.seq ?? 0;
    this.mark(record, pending, { state: "sending", why: "", by: null });
    await this.post(record, pending, Math.max(record.seen_seq, held));
  }

  /** @param {Record} record @param {Pending} pending */
  discard(record, pending) {
    record.pending = record.pending.filter((each) => each.client_id !== pending.client_id);
    this.store.changed("conversation", record.id);
  }

  /** @param {Record} record @param {Pending} pending @param {number} seen_seq */
  async post(record, pending, seen_seq) {
    this.store.changed("conversation", record.id);
    const { client_id, body, did } = pending;
    try {
      const path = `/conversations/${record.id}/messages`;
      const message = await this.api.call("POST", path, { body, client_id, seen_seq, ...(did ? { did } : {}) });
      if (!record.thread?.items.some((item) => item.id === message.id)) record.place(message);
      record.settle(message);
    } catch (problem) {
      if (!(problem instanceof Problem)) {
        record.turn = Promise.resolve();
        throw problem;
      }
      const held = problem.code === "unseen_message" || problem.code === "already_claimed";
      const why = problem.code === "already_claimed" ? `${problem.body.owner?.name ?? "Someone"} claimed this first.` : problem.message;
      this.mark(record, pending, { state: held ? "held" : "failed", why, by: problem.body.message ?? null });
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
    const seq = record.seq;
    record.readTo(seq);
    this.store.after(record, before);
    await this.api.call("PUT", `/conversations/${record.id}/read`, { seq }).catch(() => undefined);
  }

  /** @returns {Promise<User[]>} whom a conversation can be handed to */
  async colleagues() {
    const page = await this.api.get("/colleagues");
    return page.items;
  }
}
