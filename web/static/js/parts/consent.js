import { useEffect, useState } from "preact/hooks";
import { consentSays, when } from "../contact_words.js";
import { c, html } from "../html.js";
import { ofConsent } from "../lines.js";
import { useReading } from "../reading.js";
import { phone } from "../words.js";
import { Ask } from "./ask.js";
import { Field } from "./field.js";
import { Icon } from "./icon.js";

/** @typedef {import("../contact_query.js").Contact} Contact */

/** Whether each number may be texted, why, and the ledger of it. @param {{app: import("../app.js").App, contact: Contact}} props */
export function Consent({ app, contact }) {
  const { entries, names } = useLedger(app, contact.id);
  const [out, setOut] = useState(/** @type {string|null} */ (null));
  app.screen.minute.value;
  const now = app.clock.now();
  return html`<section class="consent" aria-label="Consent"><h2>Consent</h2>
    <ul class="consent-numbers">${contact.phones.map(({ number, opted_out, consent_review }) => html`<li key=${number}><bdi>${phone(number)}</bdi>
      ${opted_out
        ? html`<strong class="bad-words">Opted out</strong>`
        : html`${consent_review ? html`<a class="badge warn" href=${`/contacts/${contact.id}/sms`}>Opt-out?<span class="unseen"> Decide in the conversation with ${phone(number)}</span></a>` : html`<span class="soft">Texts are allowed</span>`}<button type="button" class="button small" onClick=${() => setOut(number)}>Opt out…<span class="unseen"> ${phone(number)}</span></button>`}</li>`)}</ul>
    ${entries.length > 0 && html`<ol class="ledger" aria-label="Consent ledger">${entries.map((entry) => html`<li key=${entry.id} class=${entry.kind === "opted_out" ? "out" : ""}>
      ${c(Icon, { name: { opted_out: "ban", review: "circle-alert" }[entry.kind] ?? "check" })}<span><bdi>${phone(entry.number)}</bdi> ${consentSays(entry, names)}${entry.says && html` <bdi class="soft">“${entry.says}”</bdi>`}${entry.asked_at && html` <span class="soft">Asked ${when(entry.asked_at, now)}</span>`}</span>
      <time datetime=${entry.at}>${when(entry.at, now)}</time></li>`)}</ol>`}
    ${out !== null && c(OptOutNumber, { app, contact, number: out, close: () => setOut(null) })}
  </section>`;
}

/**
 * The ledger of the contact's numbers, newest first, and who its people are.
 * @param {import("../app.js").App} app @param {string} id
 * @returns {{entries: import("../contact_words.js").Entry[], names: Map<string, string>}}
 */
export function useLedger(app, id) {
  const { data } = useReading(app, `/contacts/${id}/consent`, (event) => ofConsent(event) && event.data.contact?.id === id);
  const [names, setNames] = useState(new Map([[app.me.id, "you"]]));
  useEffect(() => {
    app.acts.colleagues().then(
      (users) => setNames(new Map([...users.map((user) => /** @type {[string, string]} */ ([user.id, user.name])), [app.me.id, "you"]])),
      () => undefined,
    );
  }, []);
  return { entries: [...(data?.items ?? [])].reverse(), names };
}

/** @param {{app: import("../app.js").App, contact: Contact, number: string, close: () => void}} props */
function OptOutNumber({ app, contact, number, close }) {
  const [reason, setReason] = useState("");
  return c(Ask, {
    title: `Opt ${phone(number)} out`,
    act: "Opt out",
    grave: true,
    fields: ["reason"],
    close,
    run: () => app.api.put(`/contacts/${contact.id}/opt-out`, { phone: number, reason: reason.trim() }),
    children: (faults) => html`<p>Nobody can text this number any more, until a text with START comes from it. Scheduled texts are cancelled.</p>
      ${c(Field, { label: "Reason", value: reason, input: setReason, required: true, maxlength: 500, hint: "Kept in the consent ledger.", placeholder: "Asked on the phone to get no more texts", error: faults["reason"] })}`,
  });
}
