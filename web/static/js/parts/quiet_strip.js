import { c, html } from "../html.js";
import { laterDayThere, placeOf, timeThere, unbroken } from "../zones.js";
import { Icon } from "./icon.js";

/**
 * Says that it is quiet where the contact is, and offers to send when it no longer is. A manager may send anyway.
 * @param {{app: import("../app.js").App, opening: import("../opening.js").Opening, disabled: boolean, anyway?: () => void}} props
 *   the first button submits the form that this stands in; without `anyway` it is not offered
 */
export function QuietStrip({ app, opening, disabled, anyway }) {
  app.screen.minute.value;
  const { opens_at, timezone, state } = opening;
  return html`<div class="composer-quiet">
    <p>${c(Icon, { name: "moon" })}<span>It is ${timeThere(timezone, app.clock.now())} in <bdi>${placeOf(timezone)}</bdi>, in quiet hours.${state && ` ${unbroken(state)}.`}</span></p>
    <span class="composer-quiet-acts">
      ${anyway && app.me.role === "manager" && html`<button type="button" class="button" disabled=${disabled} onClick=${anyway}>Send anyway</button>`}
      <button class="button primary" disabled=${disabled}>${c(Icon, { name: "calendar-clock" })}${sendAt(opens_at, timezone, app.clock.now())}</button>
    </span>
  </div>`;
}

/** @param {string} opens_at @param {string} timezone @param {number} now ms */
export function sendAt(opens_at, timezone, now) {
  const at = Date.parse(opens_at);
  const day = laterDayThere(timezone, at, now);
  return `Send ${day && `${day} `}at ${timeThere(timezone, at)} their time`;
}
