import { c, html } from "../html.js";
import { ago, called, initials, names, preview } from "../words.js";
import { RowClock } from "./countdown.js";

/**
 * One conversation in a list: 68 px, always.
 * @param {{app: import("../app.js").App, id: string, at: number, of: number, open: boolean, tabbable: boolean, pool: boolean}} props
 */
export function Row({ app, id, at, of, open, tabbable, pool }) {
  app.screen.conversation(id).value;
  app.screen.minute.value;
  const record = app.store.records.get(id);
  const row = record?.row;
  if (!record || !row) return null;
  const taken = pool && !row.public_since;
  const typing = record.typing.length > 0;
  const last = row.last_message;
  const words = taken ? `Claimed by ${row.owner?.name ?? "someone"}` : preview(last, app.me.id);
  return html`<li class=${`row ${record.unread ? "unread" : ""} ${taken ? "taken" : ""}`} style=${{ "--at": at }}
      aria-posinset=${at + 1} aria-setsize=${of}>
    <a href=${`/sms/${id}`} data-id=${id} tabindex=${tabbable ? 0 : -1} aria-current=${open ? "true" : undefined}>
      <span class="avatar" aria-hidden="true">${initials(row.contact.name)}</span>
      <span class="row-name"><bdi>${called(row.contact)}</bdi></span>
      <span class="row-words">${typing
        ? html`<span class="row-typing"><span class="dots" aria-hidden="true"><i /><i /><i /></span>${names(record.typing)} ${record.typing.length > 1 ? "are" : "is"} typing…</span>`
        : html`${row.draft && !taken && html`<span class="row-draft">Draft</span> `}<bdi>${words}</bdi>`}</span>
      ${last && html`<time class="row-time" datetime=${last.created_at}>${ago(last.created_at, app.clock.now())}</time>`}
      <span class="row-state">
        ${row.consent_review && html`<span class="state doubt">Opt-out?</span>`}
        ${!taken && c(RowClock, { app, row })}
        ${record.unread > 0 && html`<span class="count">${record.unread > 99 ? "99+" : record.unread}<span class="unseen"> unread</span></span>`}
      </span>
    </a>
  </li>`;
}
