/**
 * Contacts read whole, for the pane beside a conversation and for its composer: each is read when it is first asked for, then
 * kept by events, whose states are absolute. Knows no DOM; calls are given.
 *
 * @import {Event} from "./shapes.js"
 * @typedef {{number: string, kind: string, opted_out: boolean}} Phone
 * @typedef {{id: string, name: string, phones: Phone[], ready: boolean, tags: string[], timezone: string|null,
 *   fields: {[name: string]: string}}} Whole
 * @typedef {{contact: Whole|null, why: string}} Card `why` says what went wrong when it could not be read
 */
import { signal } from "@preact/signals";

/** So many are kept; the one asked for longest ago goes. */
const MOST = 100;

export class Cards {
  /** @param {{get: (path: string) => Promise<any>}} api */
  constructor(api) {
    this.api = api;
    /** @type {Map<string, import("@preact/signals").Signal<Card>>} */
    this.cards = new Map();
    /** What events said of a contact while it was being read. @type {Map<string, Whole[]>} */
    this.reading = new Map();
  }

  /** Read it in a component: it is drawn again when the contact changes. @param {string} id @returns {import("@preact/signals").Signal<Card>} */
  card(id) {
    const known = this.cards.get(id);
    const card = known ?? signal(/** @type {Card} */ ({ contact: null, why: "" }));
    this.cards.delete(id);
    this.cards.set(id, card);
    const [oldest] = this.cards.keys();
    if (this.cards.size > MOST && oldest) this.cards.delete(oldest);
    if (!known) this.read(id);
    return card;
  }

  /** @param {string} id */
  async read(id) {
    if (this.reading.has(id)) return;
    this.reading.set(id, []);
    const card = this.cards.get(id);
    try {
      const contact = await this.api.get(`/contacts/${id}`);
      if (card) card.value = { contact: (this.reading.get(id) ?? []).reduce((_, next) => next, contact), why: "" };
    } catch (problem) {
      if (card) card.value = { ...card.value, why: problem instanceof Error ? problem.message : String(problem) };
    }
    this.reading.delete(id);
  }

  /** @param {Event} event */
  heard(event) {
    const { contact } = event.data;
    const card = contact && event.type.startsWith("contact.") ? this.cards.get(contact.id) : undefined;
    if (!card) return;
    this.reading.get(contact.id)?.push(contact);
    if (card.value.contact) card.value = { contact: { ...card.value.contact, ...contact }, why: "" };
  }

  /** Events may have been missed: the newest is read again, the others when they are asked for. */
  reload() {
    const newest = [...this.cards.keys()].at(-1);
    for (const id of this.cards.keys()) if (id !== newest) this.cards.delete(id);
    if (newest) this.read(newest);
  }
}
