import { useEffect, useRef, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { withOptOut } from "../segments.js";
import { called, phone } from "../words.js";
import { Counter } from "./counter.js";
import { Icon } from "./icon.js";

/** @typedef {import("../shapes.js").Conversation} Conversation */
/** @typedef {import("../record.js").Record} Record */

const TYPING_MS = 2000;

/** Where a text is written. @param {{app: import("../app.js").App, record: Record, row: Conversation, edit: {current: (body: string) => any}}} props */
export function Composer({ app, record, row, edit }) {
  app.screen.settings.value;
  const [body, setBody] = useState(draft(row.id));
  const field = /** @type {{current: HTMLTextAreaElement|null}} */ (useRef(null));
  const typed = useRef(0);
  useEffect(() => {
    if (app.write_to === row.id) field.current?.focus();
    app.write_to = null;
  }, []);
  const write = (/** @type {string} */ text) => {
    setBody(text);
    keepDraft(row.id, text);
  };
  edit.current = (text) => {
    write(text);
    field.current?.focus();
  };
  if (row.opted_out) return html`<p class="composer-closed">${c(Icon, { name: "circle-alert" })}<span><bdi>${called(row.contact)}</bdi> opted out. Texts cannot be sent until they text START.</span></p>`;
  if (row.repliable === false) return html`<p class="composer-closed">${c(Icon, { name: "circle-alert" })}<span>This sender has no number that can be answered.</span></p>`;
  const suffix = firstText(record) ? app.store.settings.opt_out_text : "";
  const send = () => {
    // From the field itself: a second Enter may come before the first one is drawn.
    const text = field.current?.value.trim();
    if (!text || !field.current) return;
    field.current.value = "";
    write("");
    app.at_end = true;
    app.tell(app.acts.send(record, { body: text }));
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !event.altKey) {
      event.preventDefault();
      if (!event.repeat) send();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      const at = /** @type {HTMLElement|null} */ (document.querySelector(`[data-id="${CSS.escape(row.id)}"]`));
      if (at) at.focus();
      else field.current?.blur();
    }
  };
  const input = (/** @type {any} */ event) => {
    write(event.currentTarget.value);
    if (Date.now() - typed.current < TYPING_MS) return;
    typed.current = Date.now();
    app.socket.send({ op: "typing", conversation: row.id });
  };
  return html`<form class="composer" aria-label="Write a text" onSubmit=${(/** @type {Event} */ event) => (event.preventDefault(), send())}>
    <p class="composer-way">To <bdi>${phone(row.contact.phone)}</bdi>${row.did && html` from <bdi>${row.did.label || phone(row.did.number)}</bdi>`}</p>
    <div class="composer-box">
      <textarea id="message" ref=${field} rows="2" aria-label="Message" aria-describedby="counter" placeholder="Write a text message"
        value=${body} onInput=${input} onKeyDown=${press}></textarea>
      ${suffix && html`<p class="composer-suffix"><span class="unseen">Added to this first text: </span>${suffix}</p>`}
    </div>
    <div class="composer-end">
      ${c(Counter, { text: body ? withOptOut(body, suffix) : "", replace: (text) => write(text), body })}
      <button class="button primary" disabled=${!body.trim()}>${c(Icon, { name: "send" })}Send</button>
    </div>
  </form>`;
}

/** Nothing was ever sent to this number, so the next text carries the opt-out sentence. @param {Record} record */
function firstText(record) {
  return !record.row?.introduced && !record.pending.some((each) => each.state === "sending");
}

/** @param {string} id */
function draft(id) {
  return sessionStorage.getItem(`partyline.draft.${id}`) ?? "";
}

/** @param {string} id @param {string} text */
function keepDraft(id, text) {
  if (text) sessionStorage.setItem(`partyline.draft.${id}`, text);
  else sessionStorage.removeItem(`partyline.draft.${id}`);
}
