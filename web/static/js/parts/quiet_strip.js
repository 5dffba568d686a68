import { c, html } from "../html.js";
import { placeOf, timeThere } from "../zones.js";
import { Icon } from "./icon.js";

/**
 * Says that it is quiet where the contact is, and offers to send when it no longer is. A manager may send anyway.
 * @param {{app: import("../app.js").App, opening: import("../opening.js").Opening, disabled: boolean, anyway?: () => void}} props
 *   the first button submits the form that this stands in; without `anyway` it is not offered
 */
export function QuietStrip({ app, opening, disabled, anyway }) {
  app.screen.minute.value;
  const { opens_at, timezone } = opening;
  return html`<div class="composer-quiet">
    <p>${c(Icon, { name: "moon" })}<span>It is ${timeThere(timezone, app.clock.now())} in <bdi>${placeOf(timezone)}</bdi>, in quiet hours.</span></p>
    <span class="composer-quiet-acts">
      ${anyway && app.me.role === "manager" && html`<button type="button" class="button" disabled=${disabled} onClick=${anyway}>Send anyway</button>`}
      <button class="button primary" disabled=${disabled}>${c(Icon, { name: "calendar-clock" })}${sendAt(opens_at, timezone)}</button>
    </span>
  </div>`;
}

/** @param {string} opens_at @param {string} timezone */
export function sendAt(opens_at, timezone) {
  return `Send at ${timeThere(timezone, Date.parse(opens_at))} their time`;
}
