/**
 * One path of the API, read again when it may say something else. Answers are put in by the order of their questions: one that a newer
 * question crossed is shown until that is answered, and one that is older than what is shown is not. Knows no DOM; calls and timers are given.
 *
 * @typedef {{data: any, why: string}} Shown  `why` says what went wrong when the last try failed; what was read before stays
 */

const RETRY_MS = 5000;
/** What happens asks no further question while so many wait for an answer: slow ones would pile up. */
const MOST_ASKED = 2;
/** So long at the most, ms: a way that died without a word answers none of them. */
const HELD_MS = 3000;
/** How soon what no event tells of is read again, and how seldom in the end, ms. */
const [FIRST_MS, LAST_MS] = [2000, 60_000];

export class Reader {
  /**
   * @param {{get: (path: string) => Promise<any>, later: (run: () => void, ms: number) => any, cancel: (timer: any) => void,
   *   shown: (shown: Shown) => void}} doors
   * @param {number} pause how long after something happened it is read, ms
   */
  constructor(doors, pause) {
    this.doors = doors;
    this.pause = pause;
    /** @type {string|null} */
    this.path = null;
    /** @type {any} */
    this.data = null;
    /** The last question, and the last one that is settled: an answer to one before it is old. */
    this.asked = this.known = 0;
    /** For how long nothing was asked because so many waited, ms. */
    this.held = 0;
    /** @type {any} */
    this.due = null;
    /** @type {any} */
    this.retry = null;
  }

  /** What is asked from now on. @param {string|null} path null reads nothing */
  go(path) {
    this.path = path;
    this.known = this.asked;
    return this.read();
  }

  /** Asks now. */
  async read() {
    const { path } = this;
    if (path === null) return;
    const turn = ++this.asked;
    this.held = 0;
    try {
      const data = await this.doors.get(path);
      if (turn > this.known) this.show(turn, { data, why: "" });
    } catch (problem) {
      if (turn <= this.known) return;
      this.show(turn, { data: this.data, why: problem instanceof Error ? problem.message : String(problem) });
      this.retry = this.doors.later(() => this.read(), RETRY_MS);
    }
  }

  /** Something happened that changes it: asks after the pause, once for all that happens until then. */
  soon() {
    this.due ??= this.doors.later(() => {
      this.due = null;
      if (this.asked - this.known < MOST_ASKED || this.held >= HELD_MS) return void this.read();
      this.held += this.pause;
      this.soon();
    }, this.pause);
  }

  /** What a change of one's own answered. An answer that crossed it may know of more, so that is asked again. @param {any} data */
  set(data) {
    const crossed = this.asked > this.known;
    this.show(this.asked, { data, why: "" });
    if (crossed) this.soon();
  }

  /** @param {number} turn @param {Shown} shown */
  show(turn, shown) {
    this.doors.cancel(this.retry);
    this.known = turn;
    this.data = shown.data;
    this.doors.shown(shown);
  }

  /** Nobody looks any more. */
  end() {
    this.known = Infinity;
    this.doors.cancel(this.due);
    this.doors.cancel(this.retry);
  }
}

/** When what no event tells of is read again, ms: soon at first, then ever more seldom. @param {number} times how often it was read in vain */
export function calmer(times) {
  return Math.min(FIRST_MS * 2 ** times, LAST_MS);
}
