import { claim } from "../claiming.js";
import { c, html } from "../html.js";
import { go } from "../route.js";
import { called, moment, names, phone } from "../words.js";
import { HeaderClock } from "./countdown.js";
import { Icon } from "./icon.js";
import { Menu } from "./menu.js";

/** @typedef {import("../shapes.js").Conversation} Conversation */
/** @typedef {import("../record.js").Record} Record */

/** @param {{app: import("../app.js").App, record: Record, row: Conversation, toggleContact: () => void, ask: (name: import("./talk_dialog.js").Name) => void}} props */
export function ThreadHeader({ app, record, row, toggleContact, ask }) {
  const did = row.did ? ` · ${row.did.label || phone(row.did.number)}` : "";
  return html`<header class="thread-header">
    <button class="button square quiet back" aria-label="Back to the list" onClick=${() => go("/sms")}>${c(Icon, { name: "arrow-left" })}</button>
    <div class="thread-title">
      <h1><bdi>${called(row.contact)}</bdi></h1>
      <p><bdi>${phone(row.contact.phone)}</bdi>${did}</p>
    </div>
    <div class="thread-facts">
      <span class="chip">${row.owner ? html`Owner: <bdi>${row.owner.id === app.me.id ? "you" : row.owner.name}</bdi>` : "No owner"}</span>
      ${row.subscribers.length > 0 && html`<span class="chip" title=${names(row.subscribers)}>${c(Icon, { name: "bell" })}
        <span class="unseen">Subscribers: </span>${few(row, app.me.id)}</span>`}
      ${record.viewing.length > 0 && html`<span class="chip viewing">${names(record.viewing)} here too</span>`}
      ${row.closed_at && html`<span class="chip">Closed</span>`}
      ${row.snoozed_until && html`<span class="chip">${c(Icon, { name: "clock" })}Snoozed until ${moment(row.snoozed_until, app.clock.now())}</span>`}
      ${row.muted && html`<span class="chip">${c(Icon, { name: "bell-off" })}Muted</span>`}
      ${row.consent_review && html`<span class="chip doubt">${c(Icon, { name: "circle-alert" })}Opt-out?</span>`}
      ${c(HeaderClock, { app, row })}
    </div>
    <div class="thread-acts">
      ${row.public_since && html`<button class="button primary" aria-keyshortcuts="C" aria-busy=${record.claiming} disabled=${record.claiming} onClick=${() => claimOpen(app, record)}>
        ${c(Icon, { name: "hand" })}${record.claiming ? "Claiming…" : row.role === "owner" ? "Take back" : "Claim"}<kbd aria-hidden="true">C</kbd></button>`}
      ${row.waiting_since && html`<button class="button" aria-keyshortcuts="E" onClick=${() => app.tell(app.acts.change(record, "no-reply-needed"))}>
        ${c(Icon, { name: "check" })}No reply needed<kbd aria-hidden="true">E</kbd></button>`}
      <button class="button square contact-toggle" aria-label="Contact" onClick=${toggleContact}>${c(Icon, { name: "panel-right" })}</button>
      ${c(Menu, { label: "More actions", items: moreItems(app, record, row, ask) })}
    </div>
  </header>`;
}

/** @param {Conversation} row @param {string} me */
function few(row, me) {
  const shown = row.subscribers.map((user) => (user.id === me ? "you" : user.name));
  return shown.length > 2 ? `${shown.slice(0, 2).join(", ")} +${shown.length - 2}` : shown.join(", ");
}

/** Claims what is open and goes to its composer, if it is open still. @param {import("../app.js").App} app @param {Record} record */
export async function claimOpen(app, record) {
  if ((await claim(app, record)) && app.store.open_id === record.id) document.getElementById("message")?.focus();
}

/** Marks unread and goes back to the list, since what is on screen is read. @param {import("../app.js").App} app @param {Record} record */
export async function markUnread(app, record) {
  go("/sms");
  requestAnimationFrame(() => app.list.focus(record.id));
  await app.tell(app.acts.unread(record));
}

/** @param {import("../app.js").App} app @param {Record} record */
async function copyLink(app, record) {
  const link = `${location.origin}/sms/${record.id}`;
  const copied = await navigator.clipboard?.writeText(link).then(
    () => true,
    () => false,
  );
  app.toasts.add({ words: copied ? "The link is copied." : link });
}

/** Only what can be done now. @param {import("../app.js").App} app @param {Record} record @param {Conversation} row @param {(name: import("./talk_dialog.js").Name) => void} ask */
function moreItems(app, record, row, ask) {
  const { acts, me } = app;
  const call = (/** @type {string} */ verb) => () => app.tell(acts.change(record, verb));
  const manages = me.role === "manager";
  /** @type {import("./menu.js").Item[]} */
  const items = [];
  if (row.owner === null || row.role === "owner" || manages) items.push({ words: "Hand over…", icon: "arrow-right-left", run: () => ask("hand over") });
  if ((row.role === "owner" || manages) && row.waiting_since && !row.public_since) items.push({ words: "Release to the pool", icon: "users", run: call("release") });
  if (!row.closed_at) items.push({ words: "Snooze…", icon: "clock", run: () => ask("snooze") });
  if (row.role === null) items.push({ words: "Follow", icon: "user-plus", key: "O", run: () => app.tell(acts.subscribe(record, {})) });
  if (row.role === "subscriber") items.push({ words: "Unfollow", icon: "user-minus", key: "O", run: () => app.tell(acts.subscribe(record, null)) });
  if (row.role === "subscriber") {
    const [words, icon] = row.muted ? ["Unmute", "bell"] : ["Mute", "bell-off"];
    items.push({ words, icon, key: "M", run: () => app.tell(acts.subscribe(record, { muted: !row.muted })) });
  }
  if (row.role !== null) items.push({ words: "Mark unread", icon: "mail", key: "U", run: () => markUnread(app, record) });
  if (manages) items.push({ words: "Subscribers…", icon: "users", run: () => ask("people") });
  items.push({ words: "Copy link", icon: "copy", run: () => copyLink(app, record) });
  if (!row.opted_out) items.push({ words: "Opt out…", icon: "ban", run: () => ask("opt out") });
  if (row.closed_at) items.push({ words: "Reopen", icon: "rotate-ccw", run: call("reopen") });
  else items.push({ words: "Close", icon: "archive", run: call("close") });
  return items;
}
