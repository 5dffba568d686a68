import { c, html } from "../html.js";
import { cut } from "../mentions.js";
import { brief, clockTime, groupSaid, moment, state, wordless } from "../words.js";
import { Icon } from "./icon.js";
import { Pictures } from "./pictures.js";
import { sendAt } from "./quiet_strip.js";

/** @typedef {import("../shapes.js").Message} Message */
/** @typedef {{anyway: () => void, later: () => void, discard: () => void, edit: () => void, manages: boolean}} Acts */
/** @typedef {{cancel: () => void, now: () => void}} Scheduled */
/** @typedef {{arrived: (() => void)|null, again: () => void}} Unsure what may be done with a text that may have been sent, or was not */

const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;

/** The text, with only http and https addresses as links, and those whom a note names. @param {{body: string, mentions?: import("../shapes.js").User[]}} props */
export function Words({ body, mentions = [] }) {
  if (mentions.length === 0) return html`<bdi class="words">${linked(body)}</bdi>`;
  return html`<bdi class="words">${cut(body, mentions).map(({ text, user }) => (user ? html`<strong class="mention">${text}</strong>` : linked(text)))}</bdi>`;
}

/** @param {string} body */
function linked(body) {
  /** @type {any[]} */
  const pieces = [];
  let from = 0;
  for (const found of body.matchAll(LINK)) {
    pieces.push(body.slice(from, found.index));
    pieces.push(link(found[0]));
    from = found.index + found[0].length;
  }
  pieces.push(body.slice(from));
  return pieces;
}

/** Shown as the browser will go to it, so that a look-alike name shows as what it is. @param {string} text */
function link(text) {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || url.username || url.password) return text;
  const shown = /[^\x20-\x7e]/.test(text) ? url.href : text;
  return html`<a href=${url.href} target="_blank" rel="noopener noreferrer nofollow">${shown}</a>`;
}

/**
 * One place of the log: a text of mine, and then the message that it became. Drawn by one component, so that the element stays.
 * @param {{message?: Message, who?: string, by?: string, now?: number, scheduled?: Scheduled, unsure?: Unsure, doubt?: boolean, sought?: boolean, pending?: import("../record.js").Pending, acts?: Acts}} props
 *   `by` is whose pictures they are; `scheduled` what may be done with a text that waits for its time;
 *   `doubt`: somebody has to decide first whether the contact opted out; `sought`: it is the one that was looked for
 */
export function Place({ message, who = "", by = "", now = 0, scheduled, unsure, doubt = false, sought = false, pending, acts }) {
  if (message) return bubble(message, who, by, now, scheduled, unsure, doubt, sought);
  return pending && acts ? pendingBubble(pending, acts, now) : null;
}

/** @param {Message} message @param {string} who @param {string} by whose pictures they are @param {number} now @param {Scheduled} [scheduled] @param {Unsure} [unsure] @param {boolean} [doubt] @param {boolean} [sought] */
function bubble(message, who, by, now, scheduled, unsure, doubt, sought) {
  const side = message.kind === "note" ? "note" : message.direction;
  const waits = message.state === "scheduled" ? message.send_at : message.held_until;
  const held = message.held_until ? ", after quiet hours there" : "";
  const said = waits ? `${message.state === "scheduled" ? "Scheduled for" : "Waits until"} ${moment(waits, now)}${held}` : state(message);
  const word = `${said}${doubt && heldBack(message) ? " · waits until somebody decides: opt-out?" : ""}`;
  const bad = message.state === "failed" || message.state === "undelivered" || message.state === "unconfirmed";
  return html`<li class=${`message ${side} ${waits ? "waits" : ""} ${sought ? "sought" : ""}`} data-seq=${message.seq}>
    ${who && html`<p class="message-who"><bdi>${who}</bdi></p>`}
    <div class=${`bubble ${bad ? "bad" : ""}`}>
      ${message.body && c(Words, { body: message.body, mentions: message.mentions })}
      ${message.also_to && message.also_to.length > 0 && html`<p class="message-group">${c(Icon, { name: "users" })}<bdi>${groupSaid(message.also_to)}</bdi></p>`}
      ${wordless(message) && html`<p class="message-lost">${wordless(message)}</p>`}
      ${message.media?.length > 0 && c(Pictures, { media: message.media, by, at: message.created_at })}
      <p class="message-meta"><time datetime=${message.created_at}>${clockTime(message.created_at)}</time>
        ${message.sent_at && html`<span class="message-late">sent ${late(message.sent_at, Date.parse(message.created_at))}</span>`}
        ${word && html`<span class=${`message-state ${message.state}`}>
          ${bad && c(Icon, { name: "circle-alert" })}${waits && c(Icon, { name: "calendar-clock" })}${message.state === "delivered" && c(Icon, { name: "check-check" })}${word}</span>`}</p>
    </div>
    ${scheduled && html`<p class="message-acts">
      <button class="button small" onClick=${scheduled.now}>Send now</button>
      <button class="button small quiet" onClick=${scheduled.cancel}>Cancel</button>
    </p>`}
    ${unsure && html`<p class="message-acts">
      <button class="button small" onClick=${unsure.again}>Send again</button>
      ${unsure.arrived && html`<button class="button small quiet" onClick=${unsure.arrived}>It arrived</button>`}
    </p>`}
  </li>`;
}

/** When a text that came later was sent: `14:02`, `21 Nov, 14:02`. @param {string} at @param {number} came */
function late(at, came) {
  const [then, clock] = [brief(at, came), clockTime(at)];
  return then === clock ? clock : `${then}, ${clock}`;
}

/** Does it wait while somebody has to decide whether the contact opted out? What a person wrote to be sent at once does not. @param {Message} message */
function heldBack({ direction, kind, state: now, user }) {
  return direction === "outbound" && kind === "message" && (now === "scheduled" || (user === null && ["queued", "sending"].includes(now)));
}

/**
 * A text of mine that the server does not have yet, or has held back.
 * @param {import("../record.js").Pending} pending @param {Acts} acts @param {number} at now, ms
 */
function pendingBubble(pending, { anyway, later, discard, edit, manages }, at) {
  const { state: now, why, by, kind, quiet } = pending;
  const words = now === "sending" ? (kind === "note" ? "Adding…" : pending.send_at ? "Scheduling…" : "Sending…") : now === "held" ? held(by, why) : `${kind === "note" ? "Not added." : "Not sent."} ${why}`;
  return html`<li class=${`message ${kind === "note" ? "note" : "outbound"} pending ${now}`}>
    <div class=${`bubble ${now === "failed" ? "bad" : ""}`}>
      ${pending.body && c(Words, { body: pending.body })}
      ${pending.media.length > 0 && c(Pictures, { media: pending.media, by: "you", at: pending.at })}
      <p class="message-meta"><span class="message-state">${now !== "sending" && c(Icon, { name: "circle-alert" })}${words}</span></p>
    </div>
    ${now !== "sending" && html`<p class="message-acts">
      ${quiet && html`<button class="button small primary" onClick=${later}>${sendAt(quiet.opens_at, quiet.timezone, at)}</button>`}
      ${(!quiet || manages) && html`<button class="button small" onClick=${anyway}>${now === "held" ? "Send anyway" : "Retry"}</button>`}
      <button class="button small quiet" onClick=${edit}>Edit</button>
      <button class="button small quiet" onClick=${discard}>${now === "held" ? "Discard" : "Delete"}</button>
    </p>`}
  </li>`;
}

/** @param {Message|null} by @param {string} why */
function held(by, why) {
  if (!by) return `Held: ${why}`;
  const verb = by.kind === "note" ? "added a note" : "replied";
  return `Held: ${by.user?.name ?? "a teammate"} ${verb} at ${clockTime(by.created_at)}.`;
}
