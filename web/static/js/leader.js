/**
 * The tabs of one browser: one leads, which plays the sound and shows desktop notifications for all of them. It holds a lock, so another one
 * follows however it ends. Further locks say what each tab has before the person's eyes; they too end with their tab.
 */

const LEADS = "alerts";
const FOCUSED = "focused";
/** That the others hold nothing is believed for so long, ms; that they hold something keeps this tab quiet, and is looked at anew. */
const FRESH = 200;

export class Leader {
  /** @param {{locks?: LockManager, now?: () => number, newId?: () => string, began?: () => void}} doors without locks this tab leads; `began`: it does from now on */
  constructor({ locks, now = Date.now, newId = () => crypto.randomUUID(), began = () => undefined }) {
    this.began = began;
    this.id = newId();
    this.locks = locks;
    this.now = now;
    this.leads = locks === undefined;
    this.waits = new AbortController();
    /** @type {Map<string, {name: string, end: () => void}>} */
    this.holding = new Map();
    /** @type {{at: number, names: Promise<Set<string>>}|null} */
    this.known = null;
    /** The next look, for all who ask for it while the one before is under way. @type {Promise<Set<string>>|null} */
    this.next = null;
  }

  start() {
    this.ask({ signal: this.waits.signal });
  }

  /** @param {LockOptions} options */
  ask(options) {
    this.locks
      ?.request(LEADS, options, () => {
        this.leads = true;
        this.began();
        return new Promise(() => undefined);
      })
      .catch((problem) => {
        if (problem !== this.waits.signal.reason) this.lose();
      });
  }

  /** Another tab took over: this one waits again. */
  lose() {
    this.leads = false;
    this.waits = new AbortController();
    this.start();
  }

  /** This tab leads from now on: it can play sounds, which a tab that was never touched cannot. */
  take() {
    if (this.leads || !this.locks) return;
    this.waits.abort();
    this.ask({ steal: true });
  }

  /** What is before the person's eyes in this tab. @param {boolean} focused @param {string|null} conversation */
  show(focused, conversation) {
    this.hold("window", focused ? FOCUSED : null);
    this.hold("conversation", conversation === null ? null : looking(conversation));
  }

  /** Each tab's lock has a name of its own: one of this tab that is just being let go is not taken for another's. @param {string} slot @param {string|null} name */
  hold(slot, name) {
    const held = this.holding.get(slot);
    if (!this.locks || (held?.name ?? null) === name) return;
    held?.end();
    this.holding.delete(slot);
    if (name === null) return;
    /** @type {() => void} */
    let end = () => undefined;
    const until = new Promise((done) => (end = () => done(null)));
    this.holding.set(slot, { name, end });
    this.locks.request(`${name} ${this.id}`, {}, () => until);
  }

  /** @param {string} conversation @returns {Promise<boolean>} another tab of this browser has it before the person's eyes */
  looked(conversation) {
    return this.others(looking(conversation));
  }

  /** @returns {Promise<boolean>} the person is at this tab or at another of ours */
  async focused() {
    return this.holding.has("window") || (await this.others(FOCUSED));
  }

  /** @param {string} name @returns {Promise<boolean>} another tab holds it */
  async others(name) {
    const held = (/** @type {Set<string>} */ names) => [...names].some((each) => each.startsWith(`${name} `) && !each.endsWith(this.id));
    return held(await this.names()) && held(await this.anew());
  }

  /** As it was lately. */
  names() {
    const { known } = this;
    return known && this.now() - known.at < FRESH ? known.names : this.query();
  }

  /** As it is after this call. */
  anew() {
    this.next ??= Promise.resolve(this.known?.names).then(() => {
      this.next = null;
      return this.query();
    });
    return this.next;
  }

  query() {
    /** @type {Promise<Set<string>>} */
    const names = this.locks?.query().then(({ held = [] }) => new Set(held.map((lock) => lock.name ?? ""))) ?? Promise.resolve(new Set());
    this.known = { at: this.now(), names };
    return names;
  }
}

/** @param {string} conversation */
function looking(conversation) {
  return `looking ${conversation}`;
}
