/** One tab of a signed-in person, wired together: store, socket, clock, acts, toasts. Parts get this and nothing global. */
import { Acts } from "./acts.js";
import { Alerting } from "./alerting.js";
import { Api, Problem } from "./api.js";
import { Cards } from "./cards.js";
import { Shelves, keepAttached, keptAttached } from "./attachments.js";
import { ServerClock } from "./clock.js";
import { Drafts } from "./drafts.js";
import { here } from "./here.js";
import { Keys } from "./keys.js";
import { Numbers } from "./numbers.js";
import { Preferences } from "./preferences.js";
import { go, route } from "./route.js";
import { Said } from "./said.js";
import { Screen } from "./screen.js";
import { shrink } from "./shrink.js";
import { Socket } from "./socket.js";
import { Status } from "./status.js";
import { Store } from "./store.js";
import { Toasts } from "./toasts.js";
import { Undo } from "./undo.js";
import { uploader } from "./upload.js";
import { Version, writing } from "./version.js";
import { givenUp } from "./webhooks.js";
import { some } from "./words.js";

/** Lists that nobody pushes to this tab are read again this often, ms. */
const REFRESH = 15_000;

/** @typedef {{heard: (event: import("./shapes.js").Event) => void, reload: () => void}} Listener
 *  `heard` gets every event that reaches this tab, maybe more than once; `reload` says that events may have been missed */

export class App {
  /** @param {import("./shapes.js").Boot} boot @param {string} csrf @param {{sent: number, came: number}} page when it was asked for and its first byte came, ms */
  constructor(boot, csrf, page) {
    this.boot = boot;
    this.me = boot.user;
    this.screen = new Screen();
    this.clock = new ServerClock(Date.now);
    this.clock.told(boot.now, page.sent, page.came);
    this.toasts = new Toasts((calmly) => this.screen.redraw("toasts", calmly), (words) => this.say(words));
    this.said = new Said({
      show: (lines) => (this.screen.said.value = lines),
      later: (run, ms) => setTimeout(run, ms),
      now: Date.now,
    });
    this.api = new Api({
      fetch: (...request) => fetch(...request),
      csrf,
      newKey: () => crypto.randomUUID(),
      now: Date.now,
      here,
      seen: (at, sent, came) => {
        this.clock.told(at, sent, came);
        this.screen.travel.value = came - sent;
      },
    });
    this.prefs = new Preferences(this.api, boot.preferences);
    this.keys = new Keys({ single: () => this.preferences.value.single_keys });
    this.undo = new Undo(this.toasts, (act) => this.tell(act));
    this.store = new Store({
      me: boot.user,
      api: this.api,
      settings: boot.settings,
      send: (frame) => this.socket.send(frame),
      later: (run, ms) => setTimeout(run, ms),
      changed: (part, id) => this.changed(part, id),
      notice: (event, record, replayed) => {
        this.clock.passed(event.at);
        this.alerting.notice(event, record, replayed);
      },
      heard: (event) => this.heard(event),
      reloaded: () => this.reloaded(),
      sight: { message: () => this.eye(), row: () => this.list.foot },
    });
    this.cards = new Cards(this.api);
    this.numbers = new Numbers(this.api, Date.now, (run, ms) => setTimeout(run, ms));
    this.drafts = new Drafts({
      me: boot.user.id,
      storage: sessionStorage,
      later: (run, ms) => setTimeout(run, ms),
      cancel: (timer) => clearTimeout(timer),
      api: this.api,
      saved: (id, body) => this.store.drafted(id, body),
    });
    this.acts = new Acts(this.store, { newId: () => crypto.randomUUID(), now: () => this.clock.now(), drafts: this.drafts });
    this.attached = new Shelves({
      upload: uploader({ csrf, newKey: () => crypto.randomUUID() }),
      shrink,
      preview: (file) => URL.createObjectURL(file),
      forget: (preview) => URL.revokeObjectURL(preview),
      keep: (key, media) => keepAttached(sessionStorage, key, media),
      kept: (key) => keptAttached(sessionStorage, key),
      say: (words) => this.say(words),
    });
    this.socket = new Socket({
      url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`,
      WebSocket,
      cursor: () => this.store.cursor(),
      frame: (frame) => this.take(frame),
      lost: () => this.store.lost(),
      state: (state) => (this.screen.line.value = state),
      signedIn: () => this.signedIn(),
      online: () => navigator.onLine,
    });
    /** The list on screen, for the keyboard; the list sets it. `foot` is the lowest row in sight. @type {{ids: string[], focus: (id: string) => void, foot: string|null}} */
    this.list = { ids: [], focus: () => undefined, foot: null };
    /** The first message in sight of the open log, null at its end; the log says so. @type {() => number|null} */
    this.eye = () => null;
    /** The composer of this conversation takes the focus when it comes. @type {string|null} */
    this.write_to = null;
    this.was_lost = false;
    /** Pages beside the inbox. @type {Set<Listener>} */
    this.listeners = new Set([this.cards]);
    /** The log is scrolled to its end; the log says so. */
    this.at_end = true;
    this.alerting = new Alerting(this);
    this.version = new Version(this.toasts);
    this.status = new Status({
      chosen: () => this.preferences.value,
      prefer: (change) => this.prefer(change),
      change: (change) => this.prefs.change(change),
      shared: localStorage,
      now: () => this.clock.now(),
      leads: () => this.alerting.leader.leads,
      tell: (words) => this.toasts.add({ words }),
      say: (words) => this.say(words),
    });
  }

  start() {
    this.tick();
    setInterval(() => this.tick(), 1000);
    setInterval(() => this.refresh(), REFRESH);
    addEventListener("online", () => {
      this.screen.line.value = this.socket.state;
      this.socket.hurry();
    });
    addEventListener("offline", () => (this.screen.line.value = "offline"));
    addEventListener("pageshow", () => this.socket.hurry());
    document.addEventListener("visibilitychange", () => this.tick());
    for (const name of ["pointermove", "pointerdown", "keydown", "wheel"]) addEventListener(name, () => this.status.touch(), { capture: true, passive: true });
    if (document.visibilityState === "visible") this.status.touch();
    this.alerting.start();
    for (const name of this.boot.webhooks_off ?? []) this.toasts.keep({ words: givenUp(name) });
    this.socket.start();
    // Without a live line the page still shows what there is.
    setTimeout(() => this.store.position === null && this.store.loads.screen(), 1500);
  }

  /** What a page hears while it is shown. @param {Listener} listener @returns {() => void} ends it */
  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param {import("./shapes.js").Event} event */
  heard(event) {
    this.screen.heard_at = this.clock.now();
    if (event.type === "preferences.changed") this.prefs.take(event.data.preferences);
    this.alerting.account(event);
    this.drafts.heard(event);
    this.listeners.forEach((each) => each.heard(event));
  }

  reloaded() {
    this.prefs.load();
    this.listeners.forEach((each) => each.reload());
  }

  /** What this person chose; a signal. */
  get preferences() {
    return this.prefs.chosen;
  }

  /** @param {Partial<import("./preferences.js").Chosen>} change */
  prefer(change) {
    return this.tell(this.prefs.change(change));
  }

  /** @param {import("./store.js").Part} part @param {string|null} id */
  changed(part, id) {
    this.screen.changed(part, id);
    if (part !== "phase") return this.alerting.settle();
    const { phase, caught_up } = this.store;
    if (phase === "lost") this.was_lost = true;
    if (phase !== "live" || !this.was_lost) return;
    this.was_lost = false;
    if (caught_up > 0) this.toasts.add({ words: `Back online. ${some(caught_up, "update")} applied.` });
    this.version.look();
  }

  /** @returns {Promise<boolean>} */
  async signedIn() {
    try {
      await this.api.get("/me");
      return true;
    } catch (problem) {
      return !(problem instanceof Problem && problem.status === 401);
    }
  }

  /** @param {import("./store.js").Frame} frame */
  take(frame) {
    this.store.handle(frame);
    // A hidden tab's timers may be slowed down to one a minute; frames are not.
    this.alerting.warn();
  }

  tick() {
    this.alerting.tick();
    this.status.tick();
    this.version.tick(document.visibilityState === "visible", writing);
    if (document.visibilityState !== "visible") return;
    const now = this.clock.now();
    this.screen.now.value = now;
    this.screen.minute.value = Math.floor(now / 60_000);
    this.readOpen();
  }

  refresh() {
    if (document.visibilityState !== "visible") return;
    const { loads, phase } = this.store;
    if (phase === "live" && loads.view && loads.view !== "pool") loads.list(loads.view);
    loads.tallies();
  }

  /** @param {string} id */
  looking(id) {
    return this.store.open_id === id && document.visibilityState === "visible" && document.hasFocus() && this.at_end;
  }

  /** What is on screen, in a focused window, at the end of the log, is read. */
  readOpen() {
    const id = this.store.open_id;
    const record = id === null ? undefined : this.store.records.get(id);
    if (!record?.row || record.loading || record.thread?.state !== "ready") return;
    if (record.unread > 0 && this.looking(record.id)) this.acts.read(record);
  }

  /** @param {string} id */
  mute(id) {
    const record = this.store.records.get(id);
    if (record) this.tell(this.acts.subscribe(record, { muted: true }));
  }

  /** Spoken by the polite live region. @param {string} words */
  say(words) {
    this.said.say(words);
  }

  /**
   * Runs what a person asked for; a refusal is told in words.
   * @template T @param {Promise<T>} act @returns {Promise<T|undefined>}
   */
  async tell(act) {
    try {
      return await act;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.toasts.add({ words: problem.message, urgent: true });
      return undefined;
    }
  }

  /** Opens a conversation and goes to its composer. @param {string} id */
  write(id) {
    // What is open follows the address a moment later.
    const here = location.pathname === `/sms/${id}` && this.store.open_id === id;
    const field = here ? document.getElementById("message") : null;
    this.write_to = field ? null : id;
    go(`/sms/${id}`);
    field?.focus();
  }

  /**
   * A call has made, or got hold of, a conversation: opens it and goes to its composer. Who went on to something else meanwhile is told, and stays there.
   * @param {string} id @param {{still: boolean, words: string}} how `still`: the person is where it was asked for
   */
  arrive(id, { still, words }) {
    if (still) this.write(id);
    else if (this.store.open_id !== id) this.toasts.add({ words, open: id });
  }

  get route() {
    return route;
  }
}
