/**
 * Loud once for each alert, over all tabs of one browser: by the tab that leads, or by the one that leads next when that one ended
 * before it was loud. Pure; where it is kept is given.
 *
 * @import {Alert} from "./alerts.js"
 */

/** A tab that comes to lead makes up for what is not older than this, ms. */
const BETWEEN = 2000;
const MOST = 50;
const LOUD = "partyline.loud";

export class LoudOnce {
  /**
   * @param {{leader: Pick<import("./leader.js").Leader, "leads"|"focused">, shared: Pick<Storage, "getItem"|"setItem">, now?: () => number,
   *   loud: (alert: Alert, away: boolean) => void}} doors `away`: the person is at no tab of ours
   */
  constructor({ leader, shared, now = Date.now, loud }) {
    this.leader = leader;
    this.shared = shared;
    this.now = now;
    this.loud = loud;
    /** What another tab was to be loud about. @type {Array<{at: number, key: string, alert: Alert}>} */
    this.left = [];
  }

  /** @param {string} key the same in every tab @param {Alert} alert */
  async about(key, alert) {
    if (this.leader.leads) return this.raise(key, alert);
    const at = this.now();
    this.left = [...this.left.filter((each) => at - each.at < BETWEEN), { at, key, alert }];
  }

  /** This tab leads from now on. */
  async lead() {
    const now = this.now();
    const left = this.left.filter(({ at }) => now - at < BETWEEN);
    this.left = [];
    await Promise.all(left.map(({ key, alert }) => this.raise(key, alert)));
  }

  /** It was read: nobody need be loud about it. @param {string} conversation */
  forget(conversation) {
    this.left = this.left.filter(({ alert }) => alert.open !== conversation);
  }

  /** What is kept and what is heard and shown are one step: a tab ends before both or after. @param {string} key @param {Alert} alert */
  async raise(key, alert) {
    const away = alert.desktop !== null && !(await this.leader.focused());
    if (alert.holds() && this.first(key)) this.loud(alert, away);
  }

  /** @param {string} key */
  first(key) {
    const told = this.told();
    if (told.includes(key)) return false;
    this.shared.setItem(LOUD, JSON.stringify([...told, key].slice(-MOST)));
    return true;
  }

  /** @returns {string[]} */
  told() {
    try {
      const told = JSON.parse(this.shared.getItem(LOUD) ?? "[]");
      return Array.isArray(told) ? told : [];
    } catch {
      return [];
    }
  }
}
