/**
 * What is being written: kept in this tab at once and by the server when the person pauses, so that the list can say "Draft" and
 * another device can go on. One save at a time for each conversation. Knows no DOM; storage, timers and calls are given.
 */

const IDLE_MS = 2000;

/** @typedef {{timer: any, busy: boolean, wanted: string|null}} Saving */
/** @typedef {{client_id: string, body: string}} Unsent */

export class Drafts {
  /**
   * @param {{storage: Pick<Storage, "getItem"|"setItem"|"removeItem">, later: (run: () => void, ms: number) => any,
   *   cancel: (timer: any) => void, api: Pick<import("./api.js").Api, "get"|"call">, saved: (id: string, body: string) => void}} doors
   *   `saved` is told what the server has now
   */
  constructor(doors) {
    this.doors = doors;
    /** @type {Map<string, Saving>} */
    this.saving = new Map();
  }

  /** What this tab has. @param {string} id */
  local(id) {
    return this.doors.storage.getItem(key(id)) ?? "";
  }

  /** What was written on another device, or in a tab that is closed; "" when there is nothing. @param {string} id @returns {Promise<string>} */
  async remote(id) {
    const draft = await this.doors.api.get(`/conversations/${id}/draft`).catch(() => null);
    return draft?.body ?? "";
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

  /** It did not go out: a reload finds it. @param {string} id @param {Unsent} text */
  park(id, { client_id, body }) {
    this.doors.storage.setItem(unsentKey(id), JSON.stringify({ client_id, body }));
  }

  /** @param {string} id @returns {Unsent|null} */
  parked(id) {
    return JSON.parse(this.doors.storage.getItem(unsentKey(id)) ?? "null");
  }

  /** It went out after all, or was thrown away. @param {string} id @param {{client_id: string}} text */
  unpark(id, { client_id }) {
    if (this.parked(id)?.client_id === client_id) this.doors.storage.removeItem(unsentKey(id));
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
      const done = await this.doors.api.call("PUT", `/conversations/${id}/draft`, { body }).then(
        () => true,
        () => false,
      );
      if (done) this.doors.saved(id, body);
    }
    saving.busy = false;
  }
}

/** @param {string} id */
function key(id) {
  return `partyline.draft.${id}`;
}

/** @param {string} id */
function unsentKey(id) {
  return `partyline.unsent.${id}`;
}
