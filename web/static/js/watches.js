/**
 * What this tab asked the socket for beyond what comes by itself: conversations on screen, gaps, topics. After a
 * reconnect all of it is asked for again, each from the last number that was applied.
 *
 * @import {Record} from "./record.js"
 * @import {Frame, Store} from "./store.js"
 * @typedef {"pool"|"feed"} Topic
 */
export class Watches {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    this.last_id = 0;
    /** @type {Set<Topic>} */
    this.topics = new Set();
    /** `missed`: what came before this asking is lost. @type {Map<number, {record?: Record, topic?: Topic, missed?: boolean}>} */
    this.asked = new Map();
    /**
     * Topics of which not everything up to the tab's own position may be here: from where on, and how far the answer goes. The
     * tab's position moves when it resumes, and what it missed of a topic comes only after that.
     * @type {Map<Topic, {after: number, until: number}>}
     */
    this.behind = new Map();
  }

  /** @param {Frame} frame */
  send(frame) {
    this.store.doors.send(frame);
  }

  lost() {
    this.asked.clear();
    for (const record of this.store.records.values()) {
      record.asked = 0;
      record.until = null;
    }
  }

  /** What has not been read yet is asked for when it is. */
  again() {
    for (const topic of this.topics) this.askTopic(topic);
    for (const record of this.store.records.values()) if (record.watched && record.row && !record.loading) this.ask(record);
  }

  /** Asks for what comes after the last number that was applied. @param {Record} record */
  ask(record) {
    record.asked += 1;
    const id = ++this.last_id;
    this.asked.set(id, { record });
    this.send({ op: "watch", id, conversation: record.id, after: record.seq });
  }

  /** @param {Topic} topic @param {boolean} [missed] from now on, since it was too long ago that this tab heard of it */
  askTopic(topic, missed = false) {
    if (this.store.position === null) return;
    const id = ++this.last_id;
    const after = this.behind.get(topic)?.after ?? this.store.position;
    this.behind.set(topic, { after, until: Infinity });
    this.asked.set(id, { topic, missed });
    this.send(missed ? { op: "watch", id, topic } : { op: "watch", id, topic, after });
  }

  /** Everything up to `position` has come, of a topic if the answer to the asking for it has. @param {number} position */
  reach(position) {
    for (const [topic, { until }] of this.behind) if (position >= until) this.behind.delete(topic);
  }

  /** What is on screen is read anew, and topics go on from there. */
  anew() {
    this.behind.clear();
    for (const topic of this.topics) this.askTopic(topic);
  }

  /** @param {Topic} topic @param {boolean} on */
  want(topic, on) {
    if (on === this.topics.has(topic)) return;
    if (on) {
      this.topics.add(topic);
      this.askTopic(topic);
    } else {
      this.topics.delete(topic);
      this.behind.delete(topic);
      this.send({ op: "unwatch", id: ++this.last_id, topic });
    }
  }

  /** @param {Frame} frame */
  confirm(frame) {
    const { record, topic, missed } = this.asked.get(frame.id) ?? {};
    this.asked.delete(frame.id);
    const behind = topic && this.behind.get(topic);
    if (behind) behind.until = frame.position;
    if (missed) this.store.doors.reloaded?.();
    if (!record) return;
    record.until = frame.seq;
    this.settle(record);
    if (record.held.size === 0) record.asked = 0;
  }

  /** A watch that was only for a gap is let go when the run up to its `ok` is here. @param {Record} record */
  settle(record) {
    if (record.until === null || record.seq < record.until) return;
    record.until = null;
    if (!record.watched) this.leave(record);
  }

  /** @param {Frame} frame */
  refuse(frame) {
    const asked = this.asked.get(frame.id);
    this.asked.delete(frame.id);
    if (asked?.record && frame.code === "not_found") this.store.loads.gone(asked.record);
    else if (asked?.record) this.store.loads.wanted.want(asked.record);
    else if (asked?.topic && frame.code === "too_far") {
      this.store.loads.screen();
      if (this.topics.has(asked.topic)) this.askTopic(asked.topic, true);
    }
  }

  /** @param {Record} record */
  leave(record) {
    this.send({ op: "unwatch", id: ++this.last_id, conversation: record.id });
  }
}
