import { calledContact, latestWords, when } from "../contact_words.js";
import { c, html } from "../html.js";
import { initials, phone } from "../words.js";
import { Ready } from "./ready.js";

/**
 * The contact of the focused row, at a glance.
 * @param {{app: import("../app.js").App, contact: import("../contact_query.js").Contact|null, manager: boolean, turn: (id: string, on: boolean) => void}} props
 */
export function ContactPreview({ app, contact, manager, turn }) {
  app.screen.minute.value;
  if (contact === null) return html`<aside class="contacts-preview empty" aria-label="Preview"><p>Choose a row to see the contact here.</p></aside>`;
  const { latest } = contact;
  const now = app.clock.now();
  return html`<aside class="contacts-preview" aria-label="Preview">
    <div class="contact-head"><span class="avatar large" aria-hidden="true">${initials(contact.name)}</span><h2><bdi>${calledContact(contact)}</bdi></h2></div>
    <dl class="facts">
      ${contact.phones.map(({ number, kind, opted_out }) => html`<dt key=${number}>${kind.charAt(0).toUpperCase() + kind.slice(1)}</dt>
        <dd key=${`${number} is`}><bdi>${phone(number)}</bdi>${opted_out && html` <strong class="bad-words">Opted out</strong>`}</dd>`)}
      <dt>Ready</dt><dd>${c(Ready, { app, contact, turn: manager ? (on) => turn(contact.id, on) : null })}</dd>
      ${Object.entries(contact.fields).map(([name, value]) => html`<dt key=${name}><bdi>${name}</bdi></dt><dd key=${`${name} is`}><bdi>${value}</bdi></dd>`)}
      ${contact.tags.length > 0 && html`<dt>Tags</dt><dd class="tags">${contact.tags.map((tag) => html`<span class="tag" key=${tag}><bdi>${tag}</bdi></span>`)}</dd>`}
    </dl>
    ${latest && html`<h3>Last text</h3>
      <p class="preview-text"><bdi>${latestWords(latest, app.me.id)}</bdi></p>
      <p class="soft">${when(latest.at, now)}${latest.owner && html` · owner <bdi>${latest.owner.name}</bdi>`}${latest.waiting_since && html` · waiting since ${when(latest.waiting_since, now)}`}</p>`}
    <p class="preview-acts">
      <a class="button" href=${`/contacts/${contact.id}`}>Open contact</a>
      <a class="button" href=${`/contacts/${contact.id}/sms`}>SMS</a>
    </p>
  </aside>`;
}
