/** From a decided alert to toast, sound, desktop notification and the bell, once for each person over many tabs. */
import { alertFor, optedOut, warning } from "./alerts.js";
import { Desktop } from "./desktop.js";
import { Leader } from "./leader.js";
import { LoudOnce } from "./loud_once.js";
import { go } from "./route.js";
import { Sound } from "./sound.js";
import { Warnings, goesPublic } from "./warnings.js";
import { givenUp, named } from "./webhooks.js";
import { attached, called } from "./words.js";

const CHIME = new URL("../sounds/text.wav", import.meta.url).pathname;
const ICON = new URL("../favicon.svg", import.meta.url).pathname;
/** What was missed while the line was down is alerted when it is not older than this, ms. */
const LATE = 60_000;
/** The sound is repeated until it is read, for those who want that, ms. */
const REPEAT = 30_000;
const WARNING_STAYS = 20_000;
const AUDIBLE = "audible";
const SECOND = 900;

export class Alerting {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    const changed = () => (app.screen.toasts.value += 1);
    this.leader = new Leader({ locks: navigator.locks, began: () => this.once.lead() });
    this.once = new LoudOnce({ leader: this.leader, shared: localStorage, loud: (alert, away) => this.beLoud(alert, away) });
    this.sound = new Sound({
      play: () => new Audio(CHIME).play(),
      shared: localStorage,
      allowed: () => navigator.userActivation?.hasBeenActive ?? true,
      changed,
    });
    this.desktop = new Desktop({ icon: ICON, open: (id) => go(`/sms/${id}`), changed });
    this.warnings = new Warnings({ kept: sessionStorage, shared: localStorage });
    /** Sounded and not read yet. @type {Set<string>} */
    this.loud = new Set();
    /** The number of the newest event that each conversation's notice is about. @type {Map<string, number>} */
    this.told = new Map();
    this.repeated = this.warned = 0;
    /** No tab of this browser may sound yet. */
    this.silent = false;
    /** Positions of account events that were alerted. @type {Set<number>} */
    this.heard = new Set();
  }

  start() {
    this.leader.start();
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, () => this.touched(), { capture: true, passive: true });
    for (const name of ["focus", "blur"]) addEventListener(name, () => this.look());
  }

  /** The first touch lets this tab sound; it does so for all when none could before. */
  async touched() {
    if (!this.silent) return;
    this.sound.unlock();
    if (!(await this.leader.others(AUDIBLE))) this.leader.take();
    await this.listen();
  }

  /** Once a second, also while hidden. */
  tick() {
    this.look();
    this.warn();
    this.repeat();
    this.listen();
  }

  /** Whether any tab of this browser could be heard. */
  async listen() {
    this.leader.hold("sound", this.sound.locked ? null : AUDIBLE);
    const silent = this.sound.locked && !(await this.leader.others(AUDIBLE));
    if (silent === this.silent) return;
    this.silent = silent;
    this.app.screen.toasts.value += 1;
  }

  /** Tells the other tabs what is before the person's eyes here. */
  look() {
    const { store } = this.app;
    const focused = document.visibilityState === "visible" && document.hasFocus();
    const id = store.open_id;
    this.leader.show(focused, id !== null && this.app.looking(id) ? id : null);
  }

  get quiet() {
    return this.app.status.quiet;
  }

  /** @param {import("./shapes.js").Event} event @param {import("./record.js").Record} record as it was before @param {boolean} replayed */
  notice(event, record, replayed) {
    const { app } = this;
    if (event.type === "conversation.read") return this.read(record.id, event.data.read_seq);
    const looking = app.looking(record.id);
    if (looking) {
      queueMicrotask(() => app.readOpen());
      const { message, conversation } = event.data;
      if (event.type === "message.received" && !replayed) app.say(`${called(conversation.contact)}: ${message.body || attached(message)}`);
    }
    if (replayed && app.clock.now() - Date.parse(event.at) > LATE) return;
    const minutes = app.store.settings.sms_public_minutes;
    const alert = alertFor(event, record, { me: app.me.id, looking, minutes, quiet: this.quiet, pool: app.preferences.value.pool_alerts });
    if (!alert) return;
    this.told.set(record.id, /** @type {number} */ (event.seq));
    this.give(alert, { key: `${event.seq} ${event.at}` });
  }

  /** Events of the account come maybe more than once. @param {import("./shapes.js").Event} event */
  account(event) {
    const { app } = this;
    if (!/^(contact\.opted_out|webhook\.disabled)$/.test(event.type) || this.heard.has(event.position) || app.store.phase !== "live") return;
    this.heard = new Set([...this.heard, event.position].slice(-50));
    if (event.type === "webhook.disabled") return this.webhookOff(event);
    for (const record of app.store.records.values()) {
      if (record.row?.contact.id !== event.data.contact?.id) continue;
      const alert = app.looking(record.id) ? null : optedOut(event, record, { me: app.me.id, quiet: this.quiet });
      if (alert) this.give(alert, { key: event.at });
    }
  }

  /** Events stay at home since: a manager has to look. @param {import("./shapes.js").Event} event */
  webhookOff({ data: { webhook, reason } }) {
    const actions = [{ words: "Look at it", run: () => go("/settings/webhooks") }];
    this.app.toasts.add({ words: givenUp(named(webhook), reason), urgent: true, stays: WARNING_STAYS, actions });
  }

  /** My conversations that go public soon; looked for once a second however often it is called. */
  warn() {
    const { app } = this;
    if (Math.abs(Date.now() - this.warned) < SECOND) return;
    this.warned = Date.now();
    for (const { record, left, end } of this.warnings.due(app.store.records.values(), app.clock.now())) {
      if (app.looking(record.id) || this.hand_away) continue;
      const actions = [
        { words: "Reply", run: () => app.write(record.id) },
        { words: "No reply needed", quiet: true, run: () => app.tell(app.acts.change(record, "no-reply-needed")) },
      ];
      const holds = () => goesPublic(app.store.records.get(record.id)?.row, end);
      this.give(warning(record, left, holds), { key: `public ${record.row?.clock_start}`, actions, stays: WARNING_STAYS });
    }
  }

  /** Away by one's own choice: nothing at all comes through. */
  get hand_away() {
    return this.app.status.now === "away" && this.quiet;
  }

  /**
   * @param {import("./alerts.js").Alert} alert @param {Partial<import("./toasts.js").Toast> & {key: string}} more `key`: which of those about
   *   this conversation it is, the same in every tab
   */
  async give(alert, { key, ...more }) {
    const { app, leader } = this;
    const { words, urgent, open, holds } = alert;
    const actions = alert.mute && open ? [{ words: "Mute", quiet: true, run: () => app.mute(open) }] : [];
    const toast = { words, urgent, open, holds, actions, spoken: !alert.text, ...more };
    if (alert.hushed) return app.toasts.keep(toast);
    this.look();
    if (open !== null && alert.text && (await leader.looked(open))) return;
    app.toasts.add(toast);
    if (alert.text && open !== null) app.said.text(open);
    if (alert.sound && alert.text && open !== null) this.loud.add(open);
    await this.once.about(`${open} ${key}`, alert);
  }

  /** @param {import("./alerts.js").Alert} alert @param {boolean} away the person is at no tab of ours */
  beLoud(alert, away) {
    const chosen = this.app.preferences.value;
    if (alert.sound && chosen.sound) this.ring();
    if (away && chosen.desktop) this.desktop.show(alert, chosen.private_notifications);
  }

  ring() {
    this.repeated = Date.now();
    return this.sound.ring();
  }

  /** Rings again for those who want it until what rang is read. */
  repeat() {
    const { repeat_unread, sound } = this.app.preferences.value;
    if (!repeat_unread || !sound || this.quiet || !this.leader.leads || this.loud.size === 0) return;
    if (Date.now() - this.repeated >= REPEAT) this.ring();
  }

  /** Something changed: what was said and is so no more is over. */
  settle() {
    this.app.toasts.settle();
    this.desktop.settle();
  }

  /**
   * Read here, in another tab or elsewhere, up to a number: what was said about it is over, unless something newer was said.
   * @param {string} conversation @param {number} upto
   */
  read(conversation, upto) {
    if ((this.told.get(conversation) ?? 0) > upto) return;
    this.told.delete(conversation);
    this.loud.delete(conversation);
    this.once.forget(conversation);
    this.app.toasts.read(conversation);
    this.desktop.close(conversation);
  }
}
