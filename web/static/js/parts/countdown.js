import { c, html } from "../html.js";
import { brief, countdown, countdownSaid, lasting } from "../words.js";
import { Icon } from "./icon.js";

const LATE = 120_000;

/** @typedef {import("../shapes.js").Conversation} Conversation */

/** The time to public in a row; nothing where no clock runs. @param {{app: import("../app.js").App, row: Conversation}} props */
export function RowClock({ app, row }) {
  if (row.public_since) return html`<span class="state public">public</span>`;
  if (row.snoozed_until) return html`<span class="state">${c(Icon, { name: "clock" })}<span class="unseen">snoozed </span>until ${brief(row.snoozed_until, app.screen.minute.value * 60_000)}</span>`;
  if (row.closed_at) return html`<span class="state">closed</span>`;
  if (!row.public_at || !row.waiting_since) {
    return row.owner && row.role !== "owner" ? html`<span class="state"><span class="unseen">owner </span><bdi>${row.owner.name}</bdi></span>` : null;
  }
  const left = Date.parse(row.public_at) - app.screen.now.value;
  return html`<span class=${`state clock ${left < LATE ? "late" : ""}`}>
    <span class="unseen">public in </span>${countdown(left)}
  </span>`;
}

/** The same in the header, as a chip. @param {{app: import("../app.js").App, row: Conversation}} props */
export function HeaderClock({ app, row }) {
  if (row.public_since) {
    const since = lasting(app.screen.now.value - Date.parse(row.public_since));
    return html`<span class="chip public">${c(Icon, { name: "users" })}Public for ${since}</span>`;
  }
  if (!row.public_at || !row.waiting_since) return null;
  const left = Date.parse(row.public_at) - app.screen.now.value;
  return html`<span class=${`chip clock ${left < LATE ? "late" : ""}`} role="timer" aria-label=${`Public in ${countdownSaid(left)}`}>
    ${c(Icon, { name: "clock" })}Public in ${countdown(left)}
  </span>`;
}
