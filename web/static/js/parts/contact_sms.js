import { useEffect, useState } from "preact/hooks";
import { calledContact, consentSays, when } from "../contact_words.js";
import { c, html } from "../html.js";
import { go } from "../route.js";
import { phone } from "../words.js";
import { useLedger } from "./consent.js";
import { Icon } from "./icon.js";
import { StartText } from "./start_text.js";
import { Thread } from "./thread.js";

/** @typedef {import("../contact_query.js").Contact} Contact */
/** @typedef {import("../shapes.js").Conversation} Conversation */

/** The number to talk with: the chosen one, else the one last talked with, else the first mobile one. @param {Contact} contact @param {Conversation[]|null} items @param {string|null} number */
function numberOf(contact, items, number) {
  if (number !== null && contact.phones.some((each) => each.number === number)) return number;
  return items?.[0]?.contact.phone ?? contact.phones.find(({ kind }) => kind === "mobile")?.number ?? null;
}

/** The conversation that is shown, if there is one. @param {Contact} contact @param {Conversation[]|null} items @param {string|null} number the chosen one */
export function talkOf(contact, items, number) {
  const chosen = numberOf(contact, items, number);
  return items?.find((each) => each.contact.phone === chosen);
}

/**
 * The conversations with a contact: one for each number. The log and the composer are those of the inbox.
 * @param {{app: import("../app.js").App, contact: Contact, talks: {items: Conversation[]|null, why: string, again: () => void}, form: import("./contact_details.js").Form,
 *   number: string|null, setNumber: (number: string) => void}} props
 */
export function ContactSms({ app, contact, talks, form, number, setNumber }) {
  const { items } = talks;
  const mobile = contact.phones.filter(({ kind }) => kind === "mobile");
  const chosen = numberOf(contact, items, number);
  if (items === null) {
    return html`<section class="contact-tab talk" aria-label="SMS">${talks.why && html`<div class="log-note"><p>The conversations could not be loaded: ${talks.why}</p><button class="button" onClick=${talks.again}>Try again</button></div>`}</section>`;
  }
  const talk = talkOf(contact, items, number);
  const several = new Set([...mobile.map((each) => each.number), ...items.map((each) => each.contact.phone)]).size > 1;
  return html`<section class="contact-tab talk" aria-label="SMS">
    ${several ? c(Numbers, { contact, items, chosen: chosen ?? "", choose: setNumber }) : html`<span></span>`}
    ${talk
      ? c(Thread, { key: talk.id, app, id: talk.id, toggleContact: () => go(`/contacts/${contact.id}`) })
      : chosen === null
        ? c(NoMobile, { contact, form })
        : c(Begin, { key: chosen, app, contact, number: chosen, began: talks.again })}
  </section>`;
}

/** @param {{contact: Contact, items: Conversation[], chosen: string, choose: (number: string) => void}} props */
function Numbers({ contact, items, chosen, choose }) {
  const talked = new Map(items.map((each) => [each.contact.phone, each]));
  return html`<p class="talk-numbers"><label for="talk-number">Number</label>
    <select id="talk-number" value=${chosen} onChange=${(/** @type {any} */ event) => choose(event.currentTarget.value)}>
      ${contact.phones.map(({ number, kind }) => {
        const unread = talked.get(number)?.unread ?? 0;
        const more = talked.has(number) ? (unread ? `, ${unread} unread` : "") : kind === "mobile" ? ", no texts yet" : "";
        return html`<option key=${number} value=${number} selected=${number === chosen} disabled=${!talked.has(number) && kind !== "mobile"}>${phone(number)} · ${kind}${more}</option>`;
      })}
    </select></p>`;
}

/** @param {{contact: Contact, form: import("./contact_details.js").Form}} props */
function NoMobile({ contact, form }) {
  const add = () => {
    form.change({ phones: [...(form.draft?.phones ?? []), { number: "", kind: "mobile" }] });
    go(`/contacts/${contact.id}`);
    requestAnimationFrame(() => requestAnimationFrame(() => /** @type {HTMLElement|null} */ (document.querySelector("#phones .line-of:last-of-type input"))?.focus()));
  };
  return html`<div class="talk-start"><div class="log-note"><p>This contact has no mobile number.</p><button class="button" onClick=${add}>${c(Icon, { name: "plus" })}Add number</button></div></div>`;
}

/** A number that was never texted with. @param {{app: import("../app.js").App, contact: Contact, number: string, began: () => void}} props */
function Begin({ app, contact, number, began }) {
  const { entries, names } = useLedger(app, contact.id);
  const [now, setNow] = useState(app.clock.now());
  useEffect(() => setNow(app.clock.now()), [entries.length]);
  const name = calledContact(contact);
  const out = contact.phones.some((each) => each.number === number && each.opted_out);
  const why = entries.find((entry) => entry.number === number && entry.kind === "opted_out");
  return html`<div class="talk-start">
    <div class="log-note"><p>No texts with <bdi>${name}</bdi> yet.</p></div>
    ${out
      ? html`<p class="composer-closed">${c(Icon, { name: "circle-alert" })}<span><bdi>${phone(number)}</bdi> ${why ? `${consentSays(why, names)}, ${when(why.at, now)}` : "opted out"}. Texts cannot be sent until a text with START comes from it.</span></p>`
      : c(StartText, { app, contact, number, began })}
  </div>`;
}
