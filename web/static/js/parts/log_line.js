import { c, html } from "../html.js";
import { clockTime } from "../words.js";
import { Icon } from "./icon.js";

/** @typedef {import("../shapes.js").Event} Event */

/** What my text did can be taken back for so long, ms. */
const UNDO_MS = 10_000;

/** What happened between the texts. @param {{app: import("../app.js").App, event: Event, words: string}} props */
export function LogLine({ app, event, words }) {
  const open = event.type === "contact.ready_changed" && event.data.reason === "text_sent" && event.actor.id === app.me.id && young(app, event);
  return html`<li class=${`line-entry ${mark(event)}`}><span><bdi>${words}</bdi> <time datetime=${event.at}>${clockTime(event.at)}</time></span>
    ${open && c(UndoReady, { app, event })}</li>`;
}

/** While it is young, looked at each second. @param {import("../app.js").App} app @param {Event} event */
function young(app, event) {
  const left = Date.parse(event.at) + UNDO_MS - app.clock.now();
  if (left <= 0) return false;
  app.screen.now.value;
  return true;
}

/** @param {{app: import("../app.js").App, event: Event}} props */
function UndoReady({ app, event }) {
  const { id } = event.data.contact;
  if (app.cards.card(id).value.contact?.ready) return null;
  return html`<button class="button small quiet" onClick=${() => app.tell(app.api.patch(`/contacts/${id}`, { ready: true }))}>${c(Icon, { name: "undo-2" })}Undo</button>`;
}

/** @param {Event} event */
function mark(event) {
  if (event.type === "conversation.public" || event.type === "conversation.released") return "public";
  return event.type === "contact.opted_out" ? "bad" : "";
}
