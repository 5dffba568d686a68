import { useEffect, useId, useState } from "preact/hooks";
import { calledContact } from "../contact_words.js";
import { c, html } from "../html.js";
import { useReading } from "../reading.js";
import { clockTime, day, longDay, names, phone } from "../words.js";
import { timeThere } from "../zones.js";
import { setReady } from "./ready.js";
import { Switch } from "./switch.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../cards.js").Whole} Whole */
/** @typedef {import("../record.js").Record} Record */
/** @typedef {import("../shapes.js").Conversation} Conversation */

/** What one should know while writing. @param {{app: App, record: Record, row: Conversation, contact: Whole|null}} props */
export function ContactFacts({ app, record, row, contact }) {
  app.screen.conversation(record.id).value;
  app.screen.minute.value;
  const now = app.clock.now();
  const when = (/** @type {string} */ at) => `${day(at, now)}, ${clockTime(at)}`;
  const there = contact?.timezone ? timeThere(contact.timezone, now) : "";
  return html`
    <dl class="facts">
      <dt>Number</dt><dd><bdi>${phone(row.contact.phone)}</bdi></dd>
      ${Object.entries(contact?.fields ?? {}).map(([name, value]) => html`<dt key=${name}><bdi>${name}</bdi></dt><dd key=${`${name} is`}><bdi>${breakable(value)}</bdi></dd>`)}
      ${there && html`<dt>Time there</dt><dd>${there} <span class="soft"><bdi>${contact?.timezone}</bdi></span></dd>`}
      <dt>Texts</dt><dd>${row.opted_out ? html`<strong class="bad-words">Opted out</strong>` : "Allowed"}</dd>
      ${contact && contact.tags.length > 0 && html`<dt>Tags</dt><dd class="tags">${contact.tags.map((tag) => html`<span class="tag" key=${tag}><bdi>${tag}</bdi></span>`)}</dd>`}
    </dl>
    ${c(ReadyFact, { app, record, row, contact })}
    ${c(Filters, { app, id: row.contact.id })}
    <h3>Conversation</h3>
    <dl class="facts">
      <dt>Owner</dt><dd><bdi>${row.owner?.name ?? "Nobody"}</bdi></dd>
      <dt>Subscribers</dt><dd><bdi>${row.subscribers.length ? names(row.subscribers) : "None"}</bdi></dd>
      <dt>Our number</dt><dd><bdi>${row.did ? row.did.label || phone(row.did.number) : "Default"}</bdi></dd>
      ${row.waiting_since && html`<dt>Waiting since</dt><dd>${when(row.waiting_since)}</dd>`}
      ${row.claimed_at && html`<dt>Claimed</dt><dd>${when(row.claimed_at)}</dd>`}
      ${row.closed_at && html`<dt>Closed</dt><dd>${when(row.closed_at)}</dd>`}
    </dl>
    ${c(Notes, { app, record })}`;
}

/** A long address goes on in the next line behind its @. @param {string} value */
function breakable(value) {
  return value.split(/(?<=@)/).map((part, nth) => (nth ? [html`<wbr />`, part] : part));
}

/** @param {{app: App, record: Record, row: Conversation, contact: Whole|null}} props */
function ReadyFact({ app, record, row, contact }) {
  app.screen.conversation(record.id).value;
  const id = useId();
  const { ready } = row.contact;
  const turn = (/** @type {boolean} */ on) => contact && setReady(app, /** @type {any} */ (contact), on);
  return html`<div class="ready-fact">
    <div class="ready-line"><span>Ready</span>${c(Switch, { on: ready, label: `Ready, ${contact ? calledContact(contact) : row.contact.name}`, change: turn, disabled: contact === null, describedby: id })}</div>
    <p class="soft" id=${id}>${ready ? "A dialer may call this contact. Sending a text turns Ready off." : offSince(app, record)}</p>
  </div>`;
}

/** Since when Ready is off and why, as the newest line about it says. @param {App} app @param {Record} record */
function offSince(app, record) {
  const event = record.thread?.events.findLast((each) => each.type === "contact.ready_changed");
  if (!event || event.data.contact.ready) return "A dialer leaves this contact alone.";
  const today = day(event.at, app.clock.now());
  const on = today === "Today" ? "" : today === "Yesterday" ? "yesterday " : `on ${longDay(event.at)} `;
  const at = `${on}at ${clockTime(event.at)}`;
  const who = event.actor.id === app.me.id ? "you" : (event.actor.name ?? "somebody");
  if (event.data.reason === "text_sent") return `Off since ${who} texted ${at}.`;
  return event.actor.kind === "user" ? `Off since ${who} turned it off ${at}.` : `Turned off ${at}.`;
}

/** The live filters that the contact is in. @param {{app: App, id: string}} props */
function Filters({ app, id }) {
  const stale = (/** @type {import("../shapes.js").Event} */ event) => event.data.contact?.id === id || event.type.startsWith("live_filter.");
  const { data } = useReading(app, `/live-filters?contact=${id}&limit=50`, stale);
  /** @type {Array<{id: string, name: string}>} */
  const items = data?.items ?? [];
  return html`<h3>Live filters</h3>
    ${items.length > 0
      ? html`<ul class="in-filters">${items.map((filter) => html`<li key=${filter.id}><a href=${`/contacts?live_filter=${filter.id}`}><bdi>${filter.name}</bdi></a></li>`)}</ul>`
      : html`<p class="soft">${data ? "In none." : ""}</p>`}`;
}

/** The notes among the messages that are here, newest first. @param {{app: App, record: Record}} props */
function Notes({ app, record }) {
  app.screen.conversation(record.id).value;
  const [body, setBody] = useState("");
  useEffect(() => setBody(""), [record.id]);
  const notes = (record.thread?.items ?? []).filter((message) => message.kind === "note").slice(-5).reverse();
  const add = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!body.trim()) return;
    setBody("");
    app.tell(app.acts.send(record, { kind: "note", body: body.trim() }));
  };
  return html`<h3>Notes</h3>
    <form class="pane-note" onSubmit=${add}>
      <input aria-label="Add a note" placeholder="Add a note" maxlength="5000" autocomplete="off" value=${body} onInput=${(/** @type {any} */ event) => setBody(event.currentTarget.value)} />
      <button class="button" disabled=${!body.trim()}>Add</button>
    </form>
    ${notes.length > 0 && html`<ul class="pane-notes">${notes.map((note) => html`<li key=${note.id}><p><bdi>${note.body}</bdi></p>
      <p class="soft"><bdi>${note.user?.id === app.me.id ? "You" : note.user?.name}</bdi>, ${clockTime(note.created_at)} ${day(note.created_at, app.clock.now())}</p></li>`)}</ul>`}`;
}
