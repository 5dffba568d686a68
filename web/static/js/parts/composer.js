import { useRef, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { called, longDay } from "../words.js";
import { Icon } from "./icon.js";
import { Note } from "./note.js";
import { useWay } from "./send_way.js";
import { TextBox } from "./text_box.js";

/** @typedef {import("../shapes.js").Conversation} Conversation */
/** @typedef {import("../record.js").Record} Record */
/** @typedef {import("../record.js").Pending} Pending */
/** @typedef {"message"|"note"} Mode */

/**
 * Where a person writes: a text to the contact, or a note to colleagues.
 * @param {{app: import("../app.js").App, record: Record, row: Conversation, edit: {current: (pending: Pending) => void}}} props
 *   `edit` is set here: it takes a text that did not go back into the field, before what is being written there
 */
export function Composer({ app, record, row, edit }) {
  app.screen.conversation(row.id).value;
  const [mode, setMode] = useState(/** @type {Mode} */ ("message"));
  const [turn, setTurn] = useState(0);
  const note = useRef(sessionStorage.getItem(noteKey(row.id)) ?? "");
  const way = useWay(app, row);
  const keepNote = (/** @type {string} */ body) => {
    note.current = body;
    if (body) sessionStorage.setItem(noteKey(row.id), body);
    else sessionStorage.removeItem(noteKey(row.id));
  };
  const go = (/** @type {Mode} */ next) => {
    app.write_to = row.id;
    setMode(next);
  };
  edit.current = ({ kind, body }) => {
    if (kind === "note") keepNote(before(body, note.current));
    else app.drafts.write(row.id, before(body, app.drafts.local(row.id)));
    go(kind);
    setTurn(turn + 1);
  };
  const head = c(Modes, { mode, go });
  const why = closed(record, row, way);
  if (mode === "note") {
    return html`<div class="composer"><div class="composer-head">${head}</div>${c(Note, { key: turn, app, record, initial: note.current, keep: keepNote })}</div>`;
  }
  if (why) return html`<div class="composer"><div class="composer-head">${head}</div><p class="composer-closed">${c(Icon, { name: "circle-alert" })}<span>${why}</span></p></div>`;
  return html`<div class="composer">${c(TextBox, { key: turn, app, record, row, way, head })}</div>`;
}

/** @param {{mode: Mode, go: (mode: Mode) => void}} props */
function Modes({ mode, go }) {
  const steer = (/** @type {KeyboardEvent} */ event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    go(mode === "note" ? "message" : "note");
  };
  const tab = (/** @type {Mode} */ each, /** @type {string} */ words) => html`<button type="button" class="mode" role="tab" aria-selected=${each === mode}
    tabindex=${each === mode ? 0 : -1} onClick=${() => go(each)}>${words}</button>`;
  return html`<div class="modes" role="tablist" aria-label="What to write" onKeyDown=${steer}>${tab("message", "Text")}${tab("note", "Note")}</div>`;
}

/** The one reason why no text can be sent; "" when one can. @param {Record} record @param {Conversation} row @param {import("./send_way.js").Way} way */
function closed(record, row, way) {
  if (row.opted_out) return html`<bdi>${called(row.contact)}</bdi> opted out${howOptedOut(record)}. Texts cannot be sent until they text START.`;
  if (row.repliable === false) return "This sender has no number that can be answered.";
  if (way.why === "no mobile") return html`This contact has no mobile number. <a class="button small" href=${`/contacts/${row.contact.id}`}>Add number</a>`;
  if (way.why === "no number") return "You have no SMS number yet. Ask a manager to assign one.";
  return "";
}

/** When, and how, as the newest line about it says. @param {Record} record */
function howOptedOut(record) {
  const event = record.thread?.events.findLast((each) => each.type === "contact.opted_out");
  if (!event) return "";
  const by = event.actor.name;
  const how = { keyword: " by texting STOP", user: `, as ${by} noted`, review: `, as ${by} decided`, import: `, by a list of ${by}`, carrier: ", as the carrier says" }[/** @type {string} */ (event.data.reason)] ?? "";
  return ` on ${longDay(event.at)}${how}`;
}

/** @param {string} body @param {string} there */
function before(body, there) {
  return [body, there].filter((each) => each.trim()).join("\n");
}

/** @param {string} id */
function noteKey(id) {
  return `partyline.note.${id}`;
}
