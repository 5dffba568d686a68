/**
 * What the polite live region says. Texts of other conversations are told as a digest, at most one in five seconds, so that it does not
 * chatter. Pure; timers are given.
 */
import { some } from "./words.js";

const APART_MS = 5000;
const GATHER_MS = 500;
const KEPT = 3;

export class Said {
  /** @param {{show: (lines: Array<{id: number, words: string}>) => void, later: (run: () => void, ms: number) => void, now: () => number}} doors */
  constructor(doors) {
    this.doors = doors;
    /** @type {Array<{id: number, words: string}>} */
    this.lines = [];
    this.last = 0;
    /** @type {string[]} */
    this.texts = [];
    this.digested = -Infinity;
    this.waiting = false;
  }

  /** Each is a line of its own, so that the same words are spoken again. @param {string} words */
  say(words) {
    this.last += 1;
    this.lines = [...this.lines, { id: this.last, words }].slice(-KEPT);
    this.doors.show(this.lines);
  }

  /** A new message in a conversation that is not on screen. @param {string} conversation */
  text(conversation) {
    this.texts.push(conversation);
    if (this.waiting) return;
    this.waiting = true;
    const wait = Math.max(GATHER_MS, this.digested + APART_MS - this.doors.now());
    this.doors.later(() => this.digest(), wait);
  }

  digest() {
    this.waiting = false;
    this.digested = this.doors.now();
    const conversations = new Set(this.texts).size;
    this.say(`${some(this.texts.length, "new message")} in ${some(conversations, "conversation")}`);
    this.texts = [];
  }
}
