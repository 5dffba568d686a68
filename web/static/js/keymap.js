/** The keys of the frame and of conversations. Other pages add theirs with `app.keys.add`. */
import { claimNext } from "./claiming.js";
import { nextPane } from "./panes.js";
import { claimOpen, markUnread } from "./parts/thread_header.js";
import { go } from "./route.js";
import { called } from "./words.js";

/** @typedef {import("./keys.js").Key} Key */

const EVERYWHERE = "Everywhere";
const IN_SMS = "In SMS";

/** @param {import("./app.js").App} app @param {{help: () => void, commands: () => void}} open @returns {Key[]} */
export function everywhere(app, { help, commands }) {
  const page = (/** @type {string} */ key, /** @type {string} */ words, /** @type {string} */ address) => {
    return { key, after: "g", words, where: EVERYWHERE, run: () => go(address) };
  };
  const managers = [
    page("l", "Go to Live", "/feed"),
    page("r", "Go to SMS conversations", "/reports/sms-conversations"),
    page("a", "Go to Response times", "/reports/response-times"),
  ];
  return [
    { key: "?", words: "Show the keyboard map", where: EVERYWHERE, run: help },
    { key: "k", command: true, fields: true, words: "Search and do anything", where: EVERYWHERE, run: commands },
    { key: "/", words: "Filter this page, or search", where: EVERYWHERE, run: () => filter() || commands() },
    page("s", "Go to SMS", "/sms"),
    page("p", "Go to Pool", "/pool"),
    page("c", "Go to Contacts", "/contacts"),
    ...(app.me.role === "manager" ? managers : []),
    { key: "c", shift: true, words: "Claim the longest waiting", where: EVERYWHERE, run: () => claimNext(app) },
    { key: "z", words: "Undo the last thing", where: EVERYWHERE, when: () => app.undo.there, run: () => app.undo.run() },
    { key: "f", words: "Focus on or off", where: EVERYWHERE, run: () => app.status.toggle() },
    { key: "F6", fields: true, words: "Next pane", where: EVERYWHERE, run: () => nextPane(1) },
    { key: "F6", shift: true, fields: true, words: "Previous pane", where: EVERYWHERE, run: () => nextPane(-1) },
    { key: "Escape", words: "Back to the list, close a menu", where: EVERYWHERE, run: back(app) },
  ];
}

/** @param {import("./app.js").App} app @returns {Key[]} */
export function inSms(app) {
  const open = () => app.store.records.get(app.store.open_id ?? "");
  const row = () => open()?.row ?? null;
  const inbox = () => app.route.value.page === "sms";
  const step = (/** @type {number} */ by) => (/** @type {KeyboardEvent} */ event) => {
    const { ids } = app.list;
    const at = ids.indexOf(app.route.value.id ?? "");
    const next = ids[at < 0 ? 0 : Math.min(Math.max(at + by, 0), ids.length - 1)];
    if (next === undefined) return;
    // Who was writing goes on writing.
    if (event.target instanceof HTMLTextAreaElement) return app.write(next);
    go(`/sms/${next}`);
    app.list.focus(next);
  };
  const call = (/** @type {string} */ verb) => () => {
    const record = open();
    if (record) app.tell(app.acts.change(record, verb));
  };
  return [
    { key: "j", words: "Next conversation", where: IN_SMS, when: inbox, run: step(1) },
    { key: "k", words: "Previous conversation", where: IN_SMS, when: inbox, run: step(-1) },
    { key: "ArrowDown", alt: true, fields: true, words: "Next, also while writing", where: IN_SMS, when: inbox, run: step(1) },
    { key: "ArrowUp", alt: true, fields: true, words: "Previous, also while writing", where: IN_SMS, when: inbox, run: step(-1) },
    { key: "[", words: "Previous tab", where: IN_SMS, run: () => turnTab(-1) },
    { key: "]", words: "Next tab", where: IN_SMS, run: () => turnTab(1) },
    { key: "Enter", words: "Open and write", where: IN_SMS, when: onRow, run: (event) => write(app, event) },
    { key: "r", words: "Write", where: IN_SMS, run: () => focus("message") },
    { key: "c", words: "Claim this", where: IN_SMS, run: () => claimHere(open()) },
    { key: "e", words: "No reply needed", where: IN_SMS, when: () => Boolean(row()?.waiting_since), run: call("no-reply-needed") },
    { key: "o", words: "Follow or unfollow", where: IN_SMS, when: () => Boolean(row()) && row()?.role !== "owner", run: follow },
    { key: "m", words: "Mute or unmute", where: IN_SMS, when: () => row()?.role === "subscriber", run: mute },
    { key: "u", words: "Mark unread", where: IN_SMS, when: () => (row()?.role ?? null) !== null, run: unread },
    { key: "t", words: "Turn Ready on or off", where: IN_SMS, when: () => row() !== null, run: ready },
    { key: "a", words: "Attach a file", where: IN_SMS, when: () => paperclip() !== null, run: () => paperclip()?.click() },
  ];

  /** @param {import("./record.js").Record|undefined} record */
  function claimHere(record) {
    const button = document.activeElement?.closest(".pool-row")?.querySelector("button") ?? document.querySelector(".pool-row:not(.taken) button");
    if (record?.row?.public_since) claimOpen(app, record);
    else if (button instanceof HTMLElement) button.click();
  }

  function follow() {
    const record = open();
    if (record) app.tell(app.acts.subscribe(record, record.row?.role === "subscriber" ? null : {}));
  }

  function unread() {
    const record = open();
    if (record) markUnread(app, record);
  }

  async function ready() {
    const contact = row()?.contact;
    if (!contact) return;
    const { id, ready: before } = contact;
    const turn = (/** @type {boolean} */ on) => app.api.patch(`/contacts/${id}`, { ready: on });
    const done = await app.tell(turn(!before));
    if (done) app.undo.offer(`Ready turned ${before ? "off" : "on"} for ${called(contact)}.`, () => turn(before));
  }

  function mute() {
    const record = open();
    if (record) app.tell(app.acts.subscribe(record, { muted: !record.row?.muted }));
  }
}

/** @param {string} id */
function focus(id) {
  document.getElementById(id)?.focus();
}

/** The page's own field that narrows or searches. @returns {boolean} whether there is one */
function filter() {
  const field = /** @type {HTMLElement|null} */ (document.querySelector("#main input[type=search]"));
  if (!field?.checkVisibility()) return false;
  field.focus();
  return true;
}

/** @returns {HTMLElement|null} the composer's button; where no file can be sent it says so */
function paperclip() {
  return document.querySelector(".composer .attach");
}

/** The tab before or after the chosen one, of the first list of tabs in the page. @param {1|-1} by */
function turnTab(by) {
  const tabs = /** @type {HTMLElement[]} */ ([...(document.querySelector("#main [role=tablist]")?.querySelectorAll("[role=tab]") ?? [])]);
  const at = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
  tabs[(at + by + tabs.length) % tabs.length]?.click();
}

/** @param {KeyboardEvent} event */
function onRow(event) {
  return event.target instanceof HTMLElement && event.target.dataset["id"] !== undefined;
}

/** @param {import("./app.js").App} app @param {KeyboardEvent} event */
function write(app, event) {
  const { id } = /** @type {HTMLElement} */ (event.target).dataset;
  if (id) app.write(id);
}

/** @param {import("./app.js").App} app */
function back(app) {
  return () => {
    const { id } = app.route.value;
    if (id !== null && app.list.ids.includes(id)) app.list.focus(id);
  };
}
