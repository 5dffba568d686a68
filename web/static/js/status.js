/**
 * Available, Focus (for a while, only what goes public soon comes through) or Away. Who touches nothing for a quarter of an hour is Away by itself
 * and back at the first touch; by itself it hushes nothing, since the person may be reading.
 */
import { Problem } from "./api.js";

export const IDLE_MS = 15 * 60_000;
const FOCUS_MINUTES = 30;
/** Other tabs are told of a touch this often at most, ms. */
const TOLD_MS = 20_000;
/** What is done by itself and was refused is tried again after this, ms. */
const AGAIN_MS = 60_000;
const TOUCHED = "partyline.touched";
const BY_ITSELF = "partyline.away";

export class Status {
  /** @param {{chosen: () => import("./preferences.js").Chosen, prefer: (change: Partial<import("./preferences.js").Chosen>) => Promise<any>,
   *   change: (change: Partial<import("./preferences.js").Chosen>) => Promise<any>,
   *   shared: Storage, now: () => number, here?: () => number, leads: () => boolean, tell: (words: string) => void, say: (words: string) => void}} doors
   *  `prefer` tells of a refusal, `change` raises it; `now` the server’s ms, `here` this machine’s; `tell` a notice, `say` the live region */
  constructor(doors) {
    this.doors = doors;
    this.here = doors.here ?? Date.now;
    this.told = 0;
    this.over = "";
    /** When Away was asked for last, ms. */
    this.asked = 0;
  }

  /** As it stands now: a focus whose time is over is over. @returns {"available"|"focus"|"away"} */
  get now() {
    const { status, focus_until } = this.doors.chosen();
    return status === "focus" && focus_until !== null && Date.parse(focus_until) <= this.doors.now() ? "available" : status;
  }

  get by_itself() {
    return this.now === "away" && this.doors.shared.getItem(BY_ITSELF) !== null;
  }

  /** No sounds and no pop-ups. */
  get quiet() {
    return this.now === "focus" || (this.now === "away" && !this.by_itself);
  }

  /** @param {"available"|"away"} status */
  choose(status) {
    this.doors.shared.removeItem(BY_ITSELF);
    this.touched();
    this.doors.say(status === "away" ? "You are Away." : "You are Available.");
    return this.doors.prefer({ status, focus_until: null });
  }

  /** @param {number} minutes */
  focus(minutes) {
    this.doors.shared.removeItem(BY_ITSELF);
    const until = new Date(this.doors.now() + minutes * 60_000).toISOString();
    this.doors.say(`Focus for ${minutes} minutes: only conversations about to go public are told.`);
    return this.doors.prefer({ status: "focus", focus_until: until });
  }

  toggle() {
    return this.now === "focus" ? this.choose("available") : this.focus(FOCUS_MINUTES);
  }

  /** The person moved, typed or clicked in this tab. */
  touch() {
    if (Math.abs(this.here() - this.told) <= TOLD_MS) return;
    this.touched();
    if (this.by_itself) this.comeBack();
  }

  touched() {
    this.told = this.here();
    this.doors.shared.setItem(TOUCHED, String(this.told));
  }

  /** Once in a while: ends a focus whose time is over, and goes Away. */
  tick() {
    const { status, focus_until } = this.doors.chosen();
    if (status === "focus" && this.now === "available" && focus_until !== null && this.over !== focus_until) {
      this.over = focus_until;
      this.doors.tell("Focus is over. You are Available.");
      if (this.doors.leads()) this.become("available");
      return;
    }
    if (this.now !== "available" || !this.doors.leads()) return;
    const touched = Number(this.doors.shared.getItem(TOUCHED) ?? 0);
    if (!touched || touched > this.here()) this.touched();
    else if (this.here() - touched > IDLE_MS && this.here() - this.asked >= AGAIN_MS) this.leave();
  }

  /** Without a touch. While the server is away nobody is Away, and nobody is told so. */
  async leave() {
    this.asked = this.here();
    this.doors.shared.setItem(BY_ITSELF, "1");
    const taken = await this.become("away");
    if (!taken) this.doors.shared.removeItem(BY_ITSELF);
    else if (this.by_itself) this.doors.tell("You are Away: nothing was typed or moved for 15 minutes. Alerts still come.");
  }

  /** Away by itself is over with a touch. When the server does not hear of it, it is not taken for a choice, which would hush. */
  async comeBack() {
    this.doors.shared.removeItem(BY_ITSELF);
    if (await this.become("available")) this.doors.say("You are Available.");
    else if (this.now === "away") this.doors.shared.setItem(BY_ITSELF, "1");
  }

  /** By itself; nobody is told of a refusal. @param {"available"|"away"} status @returns {Promise<boolean>} whether it was taken */
  become(status) {
    return this.doors.change({ status, focus_until: null }).then(
      () => true,
      (problem) => {
        if (!(problem instanceof Problem)) throw problem;
        return false;
      },
    );
  }
}
