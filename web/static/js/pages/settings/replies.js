import { useMemo, useState } from "preact/hooks";
import { size } from "../../figures.js";
import { c, html } from "../../html.js";
import { FIELDS, merge, worded } from "../../merge.js";
import { Ask } from "../../parts/ask.js";
import { Field } from "../../parts/field.js";
import { asked, Search } from "../../parts/filters.js";
import { Icon } from "../../parts/icon.js";
import { Table } from "../../parts/table.js";
import { useReading } from "../../reading.js";
import { route } from "../../route.js";
import { RowAct, Section } from "./section.js";

/** @typedef {import("../../app.js").App} App */
/** @typedef {{id: string, shortcut: string, body: string, shared: boolean, user: import("../../shapes.js").User}} Reply */

/** Who the preview is written to. */
const EXAMPLE = { name: "Maria Garcia", fields: {} };

/** Texts to use again, through `/` in the composer: one's own, and those that managers share. @param {{app: App}} props */
export function SavedReplies({ app }) {
  route.value;
  const q = asked()["q"] ?? "";
  const reading = useReading(app, `/saved-replies?limit=200${q && `&q=${encodeURIComponent(q)}`}`);
  const [dialog, setDialog] = useState(/** @type {{reply?: Reply, remove?: boolean}|null} */ (null));
  const columns = useMemo(() => replyColumns(app, setDialog), []);
  const close = () => setDialog(null);
  const done = reading.again;
  return html`<${Section} title="Saved replies" why=${reading.why} add="New saved reply" adds=${() => setDialog({})}
      about=${html`Write <kbd>/</kbd> and the shortcut in a conversation. ${app.me.role === "manager" ? "Shared ones are everybody’s to use." : "Shared ones are kept by managers."}`}>
      ${c(Search, { label: "Shortcut or words" })}
      ${c(Table, { label: "Saved replies", columns, rows: reading.data?.items ?? [], empty: reading.data && (q ? `No saved reply matches “${q}”.` : "No saved replies yet.") })}
    <//>
    ${dialog && !dialog.remove && c(Edit, { app, reply: dialog.reply, close, done })}
    ${dialog?.remove && dialog.reply && c(Remove, { app, reply: dialog.reply, close, done })}`;
}

/** @param {App} app @param {(dialog: {reply?: Reply, remove?: boolean}) => void} open @returns {import("../../parts/table.js").Column[]} */
function replyColumns(app, open) {
  const mine = (/** @type {Reply} */ reply) => (reply.shared ? app.me.role === "manager" : reply.user.id === app.me.id);
  return [
    { key: "shortcut", title: "Shortcut", lead: true, cell: (reply) => html`<code>/${reply.shortcut}</code>` },
    { key: "body", title: "Text", bare: true, cell: (reply) => html`<span class="stacked reply-body"><bdi>${reply.body}</bdi><span class="soft">${size(reply.body)}</span></span>` },
    { key: "whose", title: "Whose", cell: (reply) => (reply.shared ? html`<span class="badge info">Shared</span>` : html`<span class="badge">Yours</span>`) },
    { key: "acts", title: "Actions", unseen: true, bare: true, end: true, cell: (reply) => mine(reply) && html`<span class="row-acts">
        ${c(RowAct, { words: "Edit", of: `/${reply.shortcut}`, run: () => open({ reply }) })}
        ${c(RowAct, { words: "Delete", of: `/${reply.shortcut}`, run: () => open({ reply, remove: true }) })}</span>` },
  ];
}

/** @param {{app: App, reply?: Reply, close: () => void, done: () => Promise<void>}} props */
function Edit({ app, reply, close, done }) {
  const [shortcut, setShortcut] = useState(reply?.shortcut ?? "");
  const [body, setBody] = useState(reply?.body ?? "");
  const [shared, setShared] = useState(reply?.shared ?? false);
  const run = async () => {
    if (reply) await app.api.patch(`/saved-replies/${reply.id}`, { shortcut, body, shared });
    else await app.api.post("/saved-replies", { shortcut, body, shared });
    await done();
  };
  return c(Ask, {
    title: reply ? `Edit /${reply.shortcut}` : "New saved reply",
    act: "Save",
    close,
    fields: ["shortcut", "body", "shared"],
    run,
    children: (wrong) => [
      c(Field, { label: "Shortcut", value: shortcut, input: (text) => setShortcut(text.toLowerCase().replace(/[\s_]+/g, "-")), required: true, maxlength: 32, autocomplete: "off", hint: "Small letters, digits and hyphens.", error: wrong["shortcut"] ?? "" }),
      c(Field, { id: "reply-body", label: "Text", value: body, input: setBody, rows: 4, required: true, error: wrong["body"] ?? "" }),
      c(Picker, { insert: (field) => setBody(inserted(body, `{{${field}}}`)) }),
      c(Preview, { app, body }),
      app.me.role === "manager" && html`<label class="check"><input type="checkbox" checked=${shared} onChange=${(/** @type {any} */ event) => setShared(event.currentTarget.checked)} />Shared with everybody</label>`,
    ],
  });
}

/** Puts a merge field where the cursor is. @param {{insert: (field: string) => void}} props */
function Picker({ insert }) {
  return html`<div class="chips" role="group" aria-label="Insert a merge field">${FIELDS.map((field) => html`<button type="button" class="chip choice" key=${field}
    onClick=${() => insert(field)}>${c(Icon, { name: "plus" })}${worded(field)}</button>`)}
    <button type="button" class="chip choice" onClick=${() => insert("contact.fields.name")}>${c(Icon, { name: "plus" })}a contact’s own field</button></div>`;
}

/** The text with this in place of what is selected in its field; the cursor goes behind it. @param {string} body @param {string} piece */
function inserted(body, piece) {
  const field = /** @type {HTMLTextAreaElement|null} */ (document.getElementById("reply-body"));
  const [from, to] = field ? [field.selectionStart, field.selectionEnd] : [body.length, body.length];
  setTimeout(() => {
    field?.focus();
    field?.setSelectionRange(from + piece.length, from + piece.length);
  });
  return body.slice(0, from) + piece + body.slice(to);
}

/** @param {{app: App, body: string}} props */
function Preview({ app, body }) {
  const { text, empty } = merge(body, { contact: EXAMPLE, user: app.me, account: app.boot.account });
  /** @type {any[]} */
  const pieces = [];
  let from = 0;
  for (const place of empty) {
    pieces.push(text.slice(from, place.start), html`<mark>${worded(place.field)}</mark>`);
    from = place.end;
  }
  pieces.push(text.slice(from));
  return html`<section class="preview" aria-label="Preview"><p class="soft">As ${EXAMPLE.name} would get it: ${size(text)}</p>
    <p class="bubble words"><bdi>${body ? pieces : "…"}</bdi></p></section>`;
}

/** @param {{app: App, reply: Reply, close: () => void, done: () => Promise<void>}} props */
function Remove({ app, reply, close, done }) {
  return c(Ask, {
    title: `Delete /${reply.shortcut}?`,
    act: "Delete",
    grave: true,
    close,
    run: async () => {
      await app.api.delete(`/saved-replies/${reply.id}`);
      await done();
      const { shortcut, body, shared } = reply;
      app.undo.offer(`Deleted /${shortcut}.`, async () => {
        await app.api.post("/saved-replies", { shortcut, body, shared });
        await done();
      });
    },
    children: () => html`<p>${reply.shared ? "Nobody can use it any more." : "You cannot use it any more."}</p>`,
  });
}
