/** What a person has chosen for all tabs and devices. Known from the page's start, told by an event, changed by one call. */
import { signal } from "@preact/signals";

/**
 * @typedef {{theme: "system"|"light"|"dark", send_key: "enter"|"ctrl_enter", single_keys: boolean, sound: boolean, desktop: boolean,
 *   private_notifications: boolean, pool_alerts: boolean, repeat_unread: boolean, status: "available"|"focus"|"away", focus_until: string|null}} Chosen
 */

/** @type {Chosen} */
export const DEFAULTS = {
  theme: "system",
  send_key: "enter",
  single_keys: true,
  sound: true,
  desktop: true,
  private_notifications: false,
  pool_alerts: false,
  repeat_unread: false,
  status: "available",
  focus_until: null,
};

export class Preferences {
  /** @param {import("./api.js").Api} api @param {Partial<Chosen>} [known] */
  constructor(api, known = {}) {
    this.api = api;
    /** @type {import("@preact/signals").Signal<Chosen>} */
    this.chosen = signal({ ...DEFAULTS, ...known });
    /** What the server has, as far as it told. */
    this.known = this.chosen.value;
    /** Over when the last change has been answered. @type {Promise<unknown>} */
    this.last = Promise.resolve();
    /** Counts what was told or asked for, so that a slower answer does not undo it. */
    this.turn = 0;
  }

  /** @param {Partial<Chosen>} told by an event or an answer */
  take(told) {
    this.turn += 1;
    this.known = { ...this.known, ...told };
    this.chosen.value = { ...this.chosen.value, ...told };
  }

  /** Events may have been missed: reads them again. */
  async load() {
    const turn = ++this.turn;
    const told = await this.api.get("/me/preferences").catch(() => null);
    if (told && turn === this.turn) this.take(told);
  }

  /** Shown at once, taken back when it is refused. One after another: two calls at once may overtake each other. @param {Partial<Chosen>} change */
  async change(change) {
    const turn = ++this.turn;
    this.chosen.value = { ...this.chosen.value, ...change };
    const call = this.last.then(() => this.api.call("PATCH", "/me/preferences", change));
    this.last = call.catch(() => undefined);
    try {
      const told = await call;
      this.known = { ...this.known, ...told };
    } finally {
      if (turn === this.turn) this.chosen.value = this.known;
    }
  }
}
