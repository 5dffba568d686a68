/**
 * The order of a list on screen. While a person points at it the order is held: rows change in place, newcomers wait
 * behind "N updated", and a row that was claimed away stays where it is for a moment. Pure.
 */
const LEAVING_MS = 4000;

export class Order {
  constructor() {
    /** @type {string[]} */
    this.ids = [];
    /** @type {string[]} */
    this.wanted = [];
    /** @type {Map<string, number>} when each row that left is taken away, ms */
    this.leaving = new Map();
  }

  /**
   * @param {string[]} wanted @param {{held: boolean, now: number, linger: (id: string) => boolean}} how
   *   `linger`: this row left because somebody took it; it says so for a moment
   */
  want(wanted, { held, now, linger }) {
    if (wanted === this.wanted && this.leaving.size === 0 && (held || this.ids === wanted)) return;
    this.wanted = wanted;
    const there = new Set(wanted);
    for (const id of this.ids) {
      if (there.has(id)) this.leaving.delete(id);
      else if (!this.leaving.has(id) && linger(id)) this.leaving.set(id, now + LEAVING_MS);
    }
    for (const [id, until] of this.leaving) if (until <= now) this.leaving.delete(id);
    const stays = (/** @type {string} */ id) => there.has(id) || this.leaving.has(id);
    if (held) this.ids = withTail(this.ids.filter(stays), wanted);
    else this.ids = this.weave(wanted);
  }

  /** The wanted order, with the leaving rows where they stood. @param {string[]} wanted */
  weave(wanted) {
    if (this.leaving.size === 0) return wanted;
    const woven = [...wanted];
    this.ids.forEach((id, at) => {
      if (this.leaving.has(id)) woven.splice(Math.min(at, woven.length), 0, id);
    });
    return woven;
  }

  /** How many rows would come or move if the wanted order were shown. */
  get updated() {
    if (this.ids === this.wanted) return 0;
    const shown = this.ids.filter((id) => !this.leaving.has(id));
    const place = new Map(shown.map((id, at) => [id, at]));
    let last = -1;
    let updated = 0;
    for (const id of [...this.wanted].reverse()) {
      const at = shown.length - 1 - (place.get(id) ?? NaN);
      if (at > last) last = at;
      else updated += 1;
    }
    return updated;
  }

  /** Shows the wanted order now. */
  release() {
    this.ids = this.weave(this.wanted);
  }

  /** When the next leaving row goes; null when none does. */
  get next() {
    return this.leaving.size ? Math.min(...this.leaving.values()) : null;
  }
}

/**
 * What comes after the last of the shown rows may be appended: nothing that is shown moves.
 * @param {string[]} shown @param {string[]} wanted
 */
function withTail(shown, wanted) {
  const place = new Map(wanted.map((id, at) => [id, at]));
  const last = shown.reduce((most, id) => Math.max(most, place.get(id) ?? -1), -1);
  return last === wanted.length - 1 ? shown : [...shown, ...wanted.slice(last + 1)];
}
