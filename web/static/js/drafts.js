/**
 * What is being written: kept in this tab at once and by the server when the person pauses, so that the list can say "Draft" and
 * another device can go on. One save at a time for each conversation. Knows no DOM; storage, timers and calls are given.
 *
 * @import {Event, Message} from "./shapes.js"
 */
import { creates } from "./record.js";
import { Unsent } from "./unsent.js";

const IDLE_MS = 2000;

/** @typedef {{timer: any, busy: boolean, wanted: string|null}} Saving */
/** @typedef {{body: string, updated_at: string|null}} Draft as the server has it; `updated_at` is null where nothing is begun */

export class Drafts {
  /**
   * @param {{me: string, storage: Pick<Storage, "getItem"|"setItem"|"removeItem">, later: (run: () => void, ms: number) => any,
   *   cancel: (timer: any) => void, api: Pick<import("./api.js").Api, "get"|"call">, saved: (id: string, body: string) => void}} doors
   *   `saved` is told what the server has now
   */
  constructor(doors) {
    this.doors = doors;
    this.unsent = new Unsent(doors.storage);
    /** @type {Map<string, Saving>} */
    this.saving = new Map();
  }

  /** What this tab has. @param {string} id */
  local(id) {
    return this.doors.storage.getItem(key(id)) ?? "";
  }

  /**
   * What was written on another device, or in a tab that is closed; null where there is nothing, or where what is there waits in
   * this tab to be sent.
   * @param {string} id @returns {Promise<Draft|null>}
   */
  async remote(id) {
    /** @type {Draft|null} */
    const draft = await this.doors.api.get(`/conversations/${id}/draft`).catch(() => null);
    if (!draft?.body || this.waits(id)) return null;
    if (draft.updated_at !== this.had(id)?.at) return draft;
    // It was emptied here, of which the server did not hear.
    this.discarded(id);
    return null;
  }

  /** A text waits in this tab: on its way, held or failed. @param {string} id */
  waits(id) {
    return this.unsent.of(id).some(({ kind }) => kind === "message");
  }

  /** Goes on here with what the server has. @param {string} id @param {Draft} draft */
  take(id, { body, updated_at }) {
    this.keep(id, body);
    this.remember(id, body, updated_at);
  }

  /** @param {string} id @param {string} body */
  write(id, body) {
    this.keep(id, body);
    const saving = this.of(id);
    saving.wanted = body;
    this.doors.cancel(saving.timer);
    saving.timer = this.doors.later(() => this.save(id), IDLE_MS);
  }

  /** In this tab alone: the server has it, or will hear of it otherwise. @param {string} id @param {string} body */
  keep(id, body) {
    if (body) this.doors.storage.setItem(key(id), body);
    else this.doors.storage.removeItem(key(id));
  }

  /** Saves now what waits. @param {string} id */
  flush(id) {
    const saving = this.saving.get(id);
    if (!saving || saving.wanted === null) return;
    this.doors.cancel(saving.timer);
    this.save(id);
  }

  /** It is being sent, and the server forgets it with that: only a save that is on its way must be taken back. @param {string} id */
  sent(id) {
    this.keep(id, "");
    const saving = this.of(id);
    this.doors.cancel(saving.timer);
    saving.wanted = saving.busy ? "" : null;
  }

  /** The text was thrown away: what the server has of it goes too, unless something else is being written. @param {string} id */
  discarded(id) {
    if (this.local(id) || !this.had(id)) return;
    this.write(id, "");
    this.flush(id);
  }

  /** @param {Event} event */
  heard(event) {
    /** @type {Message|undefined} */
    const message = event.data.message;
    if (event.conversation && message?.user?.id === this.doors.me && creates(event)) this.accepted(event.conversation, message);
  }

  /**
   * The server has a text or a note of mine, from here or from elsewhere. A text ended the draft there; one from elsewhere ends it here
   * too, unless something was written here since.
   * @param {string} id @param {Message} message
   */
  accepted(id, { kind, client_id, created_at }) {
    const here = client_id !== null && this.unsent.drop(id, client_id);
    const had = this.had(id);
    if (kind !== "message" || had === null || had.at > created_at) return;
    this.remember(id, "", null);
    if (!here && this.local(id) === had.body) this.sent(id);
  }

  /** The last that the server had, as far as this tab knows, and since when. @param {string} id @returns {{body: string, at: string}|null} */
  had(id) {
    return JSON.parse(this.doors.storage.getItem(hadKey(id)) ?? "null");
  }

  /** @param {string} id @param {string} body @param {string|null} at */
  remember(id, body, at) {
    if (at === null) this.doors.storage.removeItem(hadKey(id));
    else this.doors.storage.setItem(hadKey(id), JSON.stringify({ body, at }));
  }

  /** @param {string} id @returns {Saving} */
  of(id) {
    let saving = this.saving.get(id);
    if (!saving) this.saving.set(id, (saving = { timer: null, busy: false, wanted: null }));
    return saving;
  }

  /** @param {string} id */
  async save(id) {
    const saving = this.of(id);
    if (saving.busy) return;
    saving.busy = true;
    while (saving.wanted !== null) {
      const body = saving.wanted;
      saving.wanted = null;
      // When it fails, this tab still has it; the next pause tries again.
      /** @type {Draft|null} */
      const draft = await this.doors.api.call("PUT", `/conversations/${id}/draft`, { body }).catch(() => null);
      if (draft === null) continue;
      this.remember(id, body, draft.updated_at);
      this.doors.saved(id, body);
    }
    saving.busy = false;
  }
}

/** @param {string} id */
function key(id) {
  return `partyline.draft.${id}`;
}

/** @param {string} id */
function hadKey(id) {
  return `partyline.had.${id}`;
}
