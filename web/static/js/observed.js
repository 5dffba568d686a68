/**
 * One conversation as a bystander sees it: read once, kept by what the feed brings, apart from what this tab knows for
 * its own work. Nothing of it is marked read or told to anybody. Pure.
 *
 * @import {Conversation, Event, Message} from "./shapes.js"
 */

/** Messages on screen at most. */
const MOST = 200;

export class Observed {
  /** @param {string} id */
  constructor(id) {
    this.id = id;
    /** @type {Conversation|null} */
    this.row = null;
    /** @type {Message[]} */
    this.items = [];
    /** The number of the newest event in each message. @type {Map<string, number>} */
    this.seqs = new Map();
    /** Heard before it was read. @type {Event[]} */
    this.held = [];
  }

  /** @param {Conversation} row @param {{items: Message[], seq: number}} page the newest messages, from one snapshot */
  load(row, page) {
    this.row = row;
    this.items = page.items;
    this.seqs = new Map(page.items.map((message) => [message.id, page.seq]));
    const held = this.held;
    this.held = [];
    for (const event of held) this.hear(event);
  }

  /** @param {Event} event @returns {boolean} whether it changed anything */
  hear(event) {
    if (event.conversation !== this.id || event.seq === null) return false;
    if (this.row === null) {
      this.held.push(event);
      return false;
    }
    const { conversation, message } = event.data;
    if (event.seq > this.row.seq) this.row = { ...this.row, ...conversation, seq: event.seq };
    if (message) this.place(message, event.seq);
    return true;
  }

  /** @param {Message} message @param {number} seq */
  place(message, seq) {
    const oldest = this.items[0]?.seq ?? 0;
    if (seq <= (this.seqs.get(message.id) ?? 0) || (message.seq < oldest && !this.seqs.has(message.id))) return;
    this.seqs.set(message.id, seq);
    const others = this.items.filter((each) => each.id !== message.id);
    this.items = [...others, message].sort((a, b) => a.seq - b.seq).slice(-MOST);
  }
}
