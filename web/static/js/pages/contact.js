import { useEffect, useRef, useState } from "preact/hooks";
import { calledContact } from "../contact_words.js";
import { c, html } from "../html.js";
import { useReading } from "../reading.js";
import { route } from "../route.js";
import { ContactActivity } from "../parts/contact_activity.js";
import { ContactDetails, useForm } from "../parts/contact_details.js";
import { ContactSms, talkOf } from "../parts/contact_sms.js";
import { Icon } from "../parts/icon.js";
import { useLeaveGuard } from "../parts/leave_guard.js";
import { setReady } from "../parts/ready.js";
import { Switch } from "../parts/switch.js";

/** @typedef {import("../shapes.js").Event} Event */

/** One contact: its form, its conversations, what happened to it. @param {{app: import("../app.js").App}} props */
export function Page({ app }) {
  const { id, part } = route.value;
  return id === null ? null : c(ContactPage, { key: id, app, id, part });
}

const TABS = [
  ["details", "Details", ""],
  ["sms", "SMS", "/sms"],
  ["activity", "Activity", "/activity"],
];

/** @param {{app: import("../app.js").App, id: string, part: string}} props */
function ContactPage({ app, id, part }) {
  const talks = useTalks(app, id);
  const [number, setNumber] = useState(/** @type {string|null} */ (null));
  const { data: contact, why, again, set } = useReading(app, `/contacts/${id}`, (event) => concerns(event, id));
  const told = useTold(app, id);
  const form = useForm(contact, told.by);
  const guard = useLeaveGuard(form.dirty && !told.gone, `/contacts/${id}`, form.forget);
  if (told.gone || contact === null) return c(Missing, { gone: told.gone, by: told.by, why, again });
  // The conversation has the page's heading in its own header.
  const heading = part === "sms" && talkOf(contact, talks.items, number) ? "p" : "h1";
  const unread = talks.items?.reduce((sum, talk) => sum + talk.unread, 0) ?? 0;
  const turn = (/** @type {boolean} */ on) => setReady(app, contact, on, (change) => set({ ...contact, ...change }));
  return html`<div class="contact-page">
    <header class="contact-page-head">
      <a class="button quiet" href="/contacts">${c(Icon, { name: "arrow-left" })}Back to contacts</a>
      <${heading} class="contact-page-name"><bdi>${calledContact(contact)}</bdi><//>
      ${contact.opted_out && html`<span class="chip"><strong class="bad-words">Opted out</strong></span>`}
      <span class="ready-label"><span aria-hidden="true">Ready</span>${c(Switch, { on: contact.ready, label: "Ready", change: turn })}</span>
    </header>
    <nav class="contact-tabs" aria-label="Parts of the contact">
      ${TABS.map(([name, words, path]) => html`<a key=${name} href=${`/contacts/${id}${path}`} aria-current=${part === name ? "page" : undefined}>${words}
        ${name === "sms" && unread > 0 && html`<span class="count">${unread > 99 ? "99+" : unread}<span class="unseen"> unread</span></span>`}</a>`)}
    </nav>
    ${part === "sms"
      ? c(ContactSms, { app, contact, talks, form, number, setNumber })
      : part === "activity"
        ? c(ContactActivity, { app, id, contact })
        : c(ContactDetails, { app, contact, form, set, talks })}
    ${guard}
  </div>`;
}

/** @param {{gone: boolean, by: string, why: string, again: () => void}} props */
function Missing({ gone, by, why, again }) {
  if (!gone && !why) return html`<section class="notice-page" aria-busy="true"><h1 class="unseen">Contact</h1></section>`;
  return html`<section class="notice-page"><h1>${gone ? "This contact was deleted" : "This contact is not here"}</h1>
    <p>${gone ? (by ? html`<bdi>${by}</bdi> deleted it.` : "") : why}</p>
    <p>${!gone && html`<button class="button" onClick=${again}>Try again</button> `}<a class="button primary" href="/contacts">Back to contacts</a></p></section>`;
}

/** The event says something about this contact or a conversation with it. @param {Event} event @param {string} id */
function concerns({ type, data }, id) {
  return (type.startsWith("contact.") && data.contact?.id === id) || data.conversation?.contact?.id === id;
}

/**
 * Its conversations, one for each number that was texted with, and what I have not read of them.
 * @param {import("../app.js").App} app @param {string} id
 */
function useTalks(app, id) {
  const known = useRef(/** @type {Set<string>} */ (new Set()));
  const stale = (/** @type {Event} */ event) => concerns(event, id) || (event.conversation !== null && known.current.has(event.conversation));
  const { data, why, again } = useReading(app, `/contacts/${id}/conversations`, stale);
  /** @type {import("../shapes.js").Conversation[]|null} */
  const items = data?.items ?? null;
  known.current = new Set(items?.map((talk) => talk.id));
  return { items, why, again };
}

/** Who changed the contact last, and whether it is gone. @param {import("../app.js").App} app @param {string} id */
function useTold(app, id) {
  const [told, setTold] = useState({ by: "", gone: false });
  useEffect(() => {
    /** @param {Event} event */
    const heard = ({ type, data, actor }) => {
      if (!type.startsWith("contact.") || data.contact?.id !== id) return;
      setTold({ by: actor.name ?? "Somebody", gone: type === "contact.deleted" });
    };
    return app.listen({ heard, reload: () => undefined });
  }, []);
  return told;
}
