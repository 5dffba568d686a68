import { c, html } from "../../html.js";
import { Field } from "../../parts/field.js";
import { useReading } from "../../reading.js";
import { some } from "../../words.js";
import { placeOf, timeThere, unbroken, ZONES } from "../../zones.js";

/** @typedef {import("../../opening.js").QuietHours} QuietHours */

/** What is proposed when they are turned on: what the strictest of the states' laws ask for. */
const USUAL = "20:00 08:00 24 states";
const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** As it stands in a draft: "20:00 08:00 24 states", "" for none. @param {QuietHours|null} hours */
export function written(hours) {
  return hours ? `${hours.from} ${hours.to} ${hours.exempt_reply_hours}${hours.state_hours ? " states" : ""}` : "";
}

/** As the API takes it. @param {string} text @returns {QuietHours|null} */
export function hoursOf(text) {
  if (text === "") return null;
  const [from = "", to = "", exempt = "", states = ""] = text.split(" ");
  return { from, to, exempt_reply_hours: exempt === "" ? NaN : Number(exempt), state_hours: states !== "" };
}

/** What is wrong with what was written; "" when nothing is. @param {string} text */
export function wrongHours(text) {
  const hours = hoursOf(text);
  if (hours === null) return "";
  if (!hours.from || !hours.to || hours.from === hours.to) return "Choose two different times.";
  return Number.isInteger(hours.exempt_reply_hours) && hours.exempt_reply_hours >= 0 && hours.exempt_reply_hours <= 168 ? "" : "Write hours from 0 to 168.";
}

/** For people. @param {QuietHours|null} hours */
export function hoursSaid(hours) {
  if (!hours) return "off";
  return `${hours.from} to ${hours.to}, ${hours.exempt_reply_hours > 0 ? `but replies within ${some(hours.exempt_reply_hours, "hour")}` : "replies too"}${hours.state_hours ? ", and the states’ own hours" : ""}`;
}

/**
 * When texts may not leave, and by whose clock.
 * @param {{app: import("../../app.js").App, hours: string, zone: string, edit: (name: string) => (value: string) => void, wrong: {[field: string]: string}}} props
 *   `hours` as `written`
 */
export function QuietHoursPart({ app, hours, zone, edit, wrong }) {
  const minute = app.screen.minute.value;
  const [from = "", to = "", exempt = "", states = ""] = hours.split(" ");
  const on = hours !== "";
  const set = (/** @type {string[]} */ ...parts) => edit("quiet_hours")(parts.join(" "));
  const turn = (/** @type {boolean} */ next) => {
    edit("quiet_hours")(next ? USUAL : "");
    if (next && zone === "UTC") edit("timezone")(OWN_ZONE);
  };
  const there = timeThere(zone, app.clock.now() || minute);
  return html`<fieldset class="form-part"><legend>Quiet hours</legend>
    <label class="check"><input type="checkbox" checked=${on} onChange=${(/** @type {any} */ event) => turn(event.currentTarget.checked)} />Texts do not leave in quiet hours</label>
    ${on && html`<div class="quiet-times">
        ${c(Field, { label: "From", type: "time", value: from, input: (value) => set(value, to, exempt, states), required: true, short: true, described: "quiet-effect", error: wrong["quiet_hours"] })}
        ${c(Field, { label: "To", type: "time", value: to, input: (value) => set(from, value, exempt, states), required: true, short: true, described: "quiet-effect" })}
        ${c(Field, { label: "Replies are exempt for", type: "number", min: 0, max: 168, inputmode: "numeric", value: exempt, input: (value) => set(from, to, value, states), short: true, after: "hours", described: "quiet-effect" })}
      </div>
      <div class="effect" id="quiet-effect"><p>${effectOf(from, to, exempt)}</p>
        <p>A contact without a time zone is taken to be wherever the number may be, and all those places must be open. STOP, START and HELP are always answered. A manager may send anyway; the audit keeps that.</p></div>
      <label class="check"><input type="checkbox" checked=${states !== ""} onChange=${(/** @type {any} */ event) => set(from, to, exempt, event.currentTarget.checked ? "states" : "")} />Keep the states’ own hours too</label>
      ${c(StateHours, { app, on: states !== "" })}`}
    ${c(Field, { label: "Time zone of the account", value: zone, input: edit("timezone"), list: "account-zones", autocomplete: "off", hint: `${there ? `It is ${there} there. ` : ""}It counts where neither the contact nor the number has one.`, error: wrong["timezone"] })}
    <datalist id="account-zones">${ZONES.map((each) => html`<option key=${each} value=${each}>${placeOf(each)}</option>`)}</datalist>
  </fieldset>`;
}

/** Which states have hours of their own. @param {{app: import("../../app.js").App, on: boolean}} props */
function StateHours({ app, on }) {
  const { data } = useReading(app, "/settings/state-hours");
  if (!data) return "";
  return html`<details class="state-hours"><summary>The hours of ${some(data.items.length, "state")}</summary>
    <p class="soft">${on ? "By the area code of the contact’s number, and by the same clocks" : "They do not count now"}. Whichever hours are stricter count. The table is of ${data.as_of}, has no holidays, and is no legal advice.</p>
    <dl>${data.items.map((/** @type {{name: string, hours: string}} */ each) => html`<div key=${each.name}><dt>${each.name}</dt><dd>${unbroken(each.hours)}</dd></div>`)}</dl></details>`;
}

/** @param {string} from @param {string} to @param {string} exempt */
function effectOf(from, to, exempt) {
  if (!from || !to || from === to) return "Choose two different times.";
  const night = from > to ? ` until ${to} the next morning` : ` until ${to}`;
  const reply = Number(exempt) > 0 ? ` A reply to a text that the contact sent within the last ${some(Number(exempt), "hour")} always leaves.` : " Replies wait too.";
  return `Nothing leaves from ${from}${night}, by the contact’s clock. A text that is written then can be scheduled for ${to}.${reply}`;
}
