import { c, html } from "../html.js";
import { called, clockTime, day, initials, names, phone } from "../words.js";
import { Icon } from "./icon.js";

/** Who is at the other end. @param {{app: import("../app.js").App, id: string, shown: boolean, close: () => void}} props */
export function ContactPane({ app, id, shown, close }) {
  app.screen.conversation(id).value;
  const row = app.store.records.get(id)?.row;
  const when = (/** @type {string} */ at) => `${day(at, app.clock.now())}, ${clockTime(at)}`;
  return html`<aside class=${`contact-pane ${shown ? "shown" : ""}`} aria-label="Contact">
    <button class="button square quiet contact-close" aria-label="Close contact" onClick=${close}>${c(Icon, { name: "x" })}</button>
    ${row && html`
      <div class="contact-head"><span class="avatar large" aria-hidden="true">${initials(row.contact.name)}</span>
        <h2><bdi>${called(row.contact)}</bdi></h2></div>
      <dl class="facts">
        <dt>Number</dt><dd><bdi>${phone(row.contact.phone)}</bdi></dd>
        <dt>Ready</dt><dd><span class=${`dot ${row.contact.ready ? "on" : ""}`}></span>${row.contact.ready ? "On" : "Off"}</dd>
        <dt>Texts</dt><dd>${row.opted_out ? html`<strong class="bad-words">Opted out</strong>` : "Allowed"}</dd>
      </dl>
      <h3>Conversation</h3>
      <dl class="facts">
        <dt>Owner</dt><dd><bdi>${row.owner?.name ?? "Nobody"}</bdi></dd>
        <dt>Subscribers</dt><dd><bdi>${row.subscribers.length ? names(row.subscribers) : "None"}</bdi></dd>
        <dt>Our number</dt><dd><bdi>${row.did ? row.did.label || phone(row.did.number) : "Default"}</bdi></dd>
        ${row.waiting_since && html`<dt>Waiting since</dt><dd>${when(row.waiting_since)}</dd>`}
        ${row.claimed_at && html`<dt>Claimed</dt><dd>${when(row.claimed_at)}</dd>`}
        ${row.closed_at && html`<dt>Closed</dt><dd>${when(row.closed_at)}</dd>`}
      </dl>
      ${row.contact.ready && html`<p class="hint">Sending a text turns Ready off, so a dialer leaves this contact alone.</p>`}`}
  </aside>`;
}
