import { useState } from "preact/hooks";
import { c, html } from "../html.js";
import { called, initials } from "../words.js";
import { ContactFacts } from "./contact_facts.js";
import { ContactNumbers } from "./contact_numbers.js";
import { Icon } from "./icon.js";
import { onDemand } from "./on_demand.js";

/** @typedef {"facts"|"numbers"|"activity"} Tab */

/** @type {Array<[tab: Tab, words: string]>} */
const TABS = [["facts", "Contact"], ["numbers", "SMS numbers"], ["activity", "Activity"]];
const Activity = onDemand(() => import("./contact_activity.js").then((module) => module.ContactActivity));

/** Who is at the other end. @param {{app: import("../app.js").App, id: string, shown: boolean, close: () => void}} props */
export function ContactPane({ app, id, shown, close }) {
  app.screen.conversation(id).value;
  const [tab, setTab] = useState(/** @type {Tab} */ ("facts"));
  const record = app.store.records.get(id);
  const row = record?.row;
  const card = row ? app.cards.card(row.contact.id).value : null;
  const steer = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step && TABS[(TABS.findIndex(([each]) => each === tab) + step + TABS.length) % TABS.length];
    if (!next) return;
    event.preventDefault();
    setTab(next[0]);
    document.getElementById(`contact-tab-${next[0]}`)?.focus();
  };
  return html`<aside class=${`contact-pane ${shown ? "shown" : ""}`} aria-label="Contact">
    <button class="button square quiet contact-close" aria-label="Close contact" onClick=${close}>${c(Icon, { name: "x" })}</button>
    ${record && row && html`
      <div class="contact-head"><span class="avatar large" aria-hidden="true">${initials(row.contact.name)}</span>
        <h2><bdi>${called(row.contact)}</bdi></h2></div>
      <div class="pane-tabs" role="tablist" aria-label="About the contact" onKeyDown=${steer}>${TABS.map(([each, words]) => html`
        <button key=${each} id=${`contact-tab-${each}`} class="pane-tab" role="tab" aria-selected=${each === tab} aria-controls="contact-panel"
          tabindex=${each === tab ? 0 : -1} onClick=${() => setTab(each)}>${words}</button>`)}</div>
      <div id="contact-panel" class="pane-panel" role="tabpanel" aria-labelledby=${`contact-tab-${tab}`}>
        ${card?.why && !card.contact && html`<p class="hint">The contact could not be loaded: ${card.why}</p>`}
        ${tab === "facts" && c(ContactFacts, { app, record, row, contact: card?.contact ?? null })}
        ${tab === "numbers" && c(ContactNumbers, { app, row, contact: card?.contact ?? null })}
        ${tab === "activity" && card?.contact && c(Activity, { app, id: row.contact.id, contact: /** @type {any} */ (card.contact) })}
      </div>
      <p class="pane-foot"><a class="button" href=${`/contacts/${row.contact.id}`}>View on Dashboard</a></p>`}
  </aside>`;
}
