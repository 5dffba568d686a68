import { html } from "../html.js";
import { useReading } from "../reading.js";
import { ago, phone, preview } from "../words.js";

const KINDS = { mobile: "Mobile", landline: "Landline", other: "Other" };

/**
 * The contact's numbers, each with its conversation. @param {{app: import("../app.js").App, row: import("../shapes.js").Conversation, contact: import("../cards.js").Whole|null}} props
 */
export function ContactNumbers({ app, row, contact }) {
  app.screen.minute.value;
  const ours = (/** @type {import("../shapes.js").Event} */ event) => event.data.conversation?.contact?.id === row.contact.id;
  const { data } = useReading(app, `/contacts/${row.contact.id}/conversations`, ours);
  /** @type {import("../shapes.js").Conversation[]} */
  const talks = data?.items ?? [];
  return html`<ul class="numbers">${(contact?.phones ?? []).map(({ number, kind, opted_out }) => {
    const talk = talks.find((each) => each.contact.phone === number);
    return html`<li key=${number}>
      <p class="number-line"><strong><bdi>${phone(number)}</bdi></strong><span class="soft">${KINDS[/** @type {keyof typeof KINDS} */ (kind)] ?? kind}</span></p>
      ${opted_out && html`<p class="bad-words">Opted out</p>`}
      ${talk && html`<p class="number-words"><bdi>${preview(talk.last_message, app.me.id)}</bdi>${talk.last_message && html` <span class="soft">${ago(talk.last_message.created_at, app.clock.now())}</span>`}</p>`}
      ${talk?.id === row.id
        ? html`<p class="soft">This conversation</p>`
        : talk
          ? html`<a class="button small" href=${`/sms/${talk.id}`}>Open</a>`
          : html`<p class="soft">${kind === "mobile" ? "No texts yet: choose it under Send To." : "Cannot be texted."}</p>`}
    </li>`;
  })}</ul>`;
}
