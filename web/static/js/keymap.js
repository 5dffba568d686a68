/** The keys of the dashboards. */
import { claim } from "./parts/thread_header.js";
import { go } from "./route.js";

/** @typedef {import("./keys.js").Key} Key */

/** @param {import("./app.js").App} app @param {() => void} help @returns {Key[]} */
export function keymap(app, help) {
  const open = () => app.store.records.get(app.route.value.id ?? "");
  const row = () => open()?.row ?? null;
  const inSms = "In SMS";
  const everywhere = "Everywhere";
  const step = (/** @type {number} */ by) => () => {
    const { ids } = app.list;
    const at = ids.indexOf(app.route.value.id ?? "");
    const next = ids[at < 0 ? 0 : Math.min(Math.max(at + by, 0), ids.length - 1)];
    if (next === undefined) return;
    go(`/sms/${next}`);
    app.list.focus(next);
  };
  const call = (/** @type {string} */ verb) => () => {
    const record = open();
    if (record) app.tell(app.acts.change(record, verb));
  };
  return [
    { key: "?", words: "Show the keyboard map", where: everywhere, run: help },
    { key: "/", words: "Filter", where: everywhere, run: () => focus("filter") },
    { key: "c", shift: true, words: "Claim the longest waiting", where: everywhere, run: () => app.claimNext() },
    { key: "Escape", words: "Back to the list, close a menu", where: everywhere, run: back(app) },
    { key: "j", words: "Next conversation", where: inSms, run: step(1) },
    { key: "k", words: "Previous conversation", where: inSms, run: step(-1) },
    { key: "Enter", words: "Open and write", where: inSms, when: onRow, run: (event) => write(app, event) },
    { key: "r", words: "Write", where: inSms, run: () => focus("message") },
    { key: "c", words: "Claim this", where: inSms, run: () => claimHere(open()) },
    { key: "e", words: "No reply needed", where: inSms, when: () => Boolean(row()?.waiting_since), run: call("no-reply-needed") },
    { key: "o", words: "Follow or unfollow", where: inSms, when: () => Boolean(row()) && row()?.role !== "owner", run: follow },
    { key: "m", words: "Mute or unmute", where: inSms, when: () => row()?.role === "subscriber", run: mute },
  ];

  /** @param {import("./record.js").Record|undefined} record */
  function claimHere(record) {
    const button = document.activeElement?.closest(".pool-row")?.querySelector("button") ?? document.querySelector(".pool-row:not(.taken) button");
    if (record?.row?.public_since) claim(app, record);
    else if (button instanceof HTMLElement) button.click();
  }

  function follow() {
    const record = open();
    if (record) app.tell(app.acts.subscribe(record, record.row?.role === "subscriber" ? null : {}));
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

/** @param {KeyboardEvent} event */
function onRow(event) {
  return event.target instanceof HTMLElement && event.target.dataset.id !== undefined;
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
