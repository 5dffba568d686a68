/** The sound of an alert: at most once in three seconds over all tabs, and known when the browser does not allow it yet. */

const APART_MS = 3000;
const LAST = "partyline.sounded";

export class Sound {
  /** @param {{play: () => Promise<void>, shared: Pick<Storage, "getItem"|"setItem">, allowed: () => boolean, changed: () => void, now?: () => number}} doors */
  constructor(doors) {
    this.doors = doors;
    this.now = doors.now ?? Date.now;
    this.refused = this.played = false;
  }

  /** The browser lets no page sound before it was clicked or typed in. */
  get locked() {
    return this.refused || !(this.played || this.doors.allowed());
  }

  /** @returns {Promise<boolean>} whether it was heard */
  async ring() {
    const now = this.now();
    const last = Number(this.doors.shared.getItem(LAST) ?? 0);
    // A clock that was set back does not silence it.
    if (last <= now && now - last < APART_MS) return false;
    this.doors.shared.setItem(LAST, String(now));
    return this.test();
  }

  /** Rings whatever rang before. @returns {Promise<boolean>} */
  async test() {
    const before = this.refused;
    try {
      await this.doors.play();
      this.refused = false;
      this.played = true;
    } catch {
      this.refused = true;
    }
    if (this.refused !== before) this.doors.changed();
    return !this.refused;
  }

  /** The person clicked or typed. */
  unlock() {
    if (!this.refused) return;
    this.refused = false;
    this.doors.changed();
  }
}
