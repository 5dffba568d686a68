import { calledContact, happened, when } from "../contact_words.js";
import { c, html } from "../html.js";
import { useReading } from "../reading.js";

/** What happened to a contact, newest first. @param {{app: import("../app.js").App, id: string, contact: import("../contact_query.js").Contact}} props */
export function ContactActivity({ app, id, contact }) {
  const { data, why, again } = useReading(app, `/contacts/${id}/activity`, (event) => event.type.startsWith("contact.") && event.data.contact?.id === id);
  app.screen.minute.value;
  /** @type {import("../shapes.js").Event[]|undefined} */
  const items = data?.items;
  return html`<section class="contact-tab" aria-label="Activity">
    ${items === undefined && why && html`<p>The activity could not be loaded: ${why} <button class="button small" onClick=${again}>Try again</button></p>`}
    ${items?.length === 0 && html`<p class="soft">Nothing has happened to <bdi>${calledContact(contact)}</bdi> yet.</p>`}
    ${items && items.length > 0 && html`<ol class="happened">${items.map((event) => c(Happened, { key: event.position, app, event }))}</ol>`}
  </section>`;
}

/** @param {{app: import("../app.js").App, event: import("../shapes.js").Event}} props */
function Happened({ app, event }) {
  const { actor } = event;
  const who = actor.kind === "user" ? (actor.id === app.me.id ? "You" : actor.name) : actor.kind === "contact" ? "The contact" : "Partyline";
  return html`<li><span>${happened(event)}</span><time datetime=${event.at}>${when(event.at, app.clock.now())}</time><span class="who"><bdi>${who}</bdi></span></li>`;
}
