import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { merge, places, unknownFields, worded } from "../merge.js";
import { useQuiet } from "../quiet.js";
import { tellReady, toldReady } from "../ready_told.js";
import { withOptOut } from "../segments.js";
import { phone } from "../words.js";
import { useAttachments } from "./attachments.js";
import { Counter } from "./counter.js";
import { Icon } from "./icon.js";
import { onDemand } from "./on_demand.js";
import { QuietStrip } from "./quiet_strip.js";
import { SendWay } from "./send_way.js";
import { Templates } from "./templates.js";
import { marked, pressed, useCalled, Writing } from "./writing.js";

/** @typedef {import("../shapes.js").Conversation} Conversation */
/** @typedef {import("../record.js").Record} Record */

const TYPING_MS = 2000;
const Later = onDemand(() => import("./later.js").then((module) => module.Later));

/**
 * Where a text is written.
 * @param {{app: import("../app.js").App, record: Record, row: Conversation, way: import("./send_way.js").Way, head: any}} props
 */
export function TextBox({ app, record, row, way, head }) {
  app.screen.settings.value;
  app.screen.conversation(row.id).value;
  const { drafts } = app;
  const { contact } = app.cards.card(row.contact.id).value;
  const [body, setBody] = useState(drafts.local(row.id));
  const [open, setOpen] = useState(/** @type {""|"templates"|"later"} */ (""));
  const [told, setTold] = useState(() => toldReady(row.contact.id));
  const field = /** @type {{current: HTMLTextAreaElement|null}} */ (useRef(null));
  const typed = useRef(0);
  const slash = useRef(false);
  // The same text sent again after a lost answer is one text.
  const begun = useRef({ body: "", client_id: "" });
  const chosen = useRef(way.to);
  // Also before it is drawn: what starts a conversation is on its way.
  const busy = useRef(false);
  const [starting, setStarting] = useState(false);
  useCalled(app, row.id, field);
  useRemoteDraft(app, row, field, setBody);
  const files = useAttachments({ shelf: app.attached.of(row.id), limit: way.number ? way.number.media_limit : null });
  const elsewhere = way.to !== row.contact.phone;
  const quiet = useQuiet(app, row);
  const opens_at = quiet?.opens_at ?? null;
  const suffix = elsewhere || firstText(record) ? app.store.settings.opt_out_text : "";
  const empty = !body.trim() && files.media.length === 0;
  const gaps = places(body).filter((place) => unknownFields(`{{${place.field}}}`).length === 0);

  const write = (/** @type {string} */ text) => {
    setBody(text);
    drafts.write(row.id, text);
  };
  useEffect(() => {
    // The text went out from another window.
    if (body && !drafts.local(row.id)) setBody("");
  });
  const input = (/** @type {string} */ text) => {
    if (text === "/" && body === "") {
      slash.current = true;
      setOpen("templates");
      return setBody("");
    }
    write(text);
    if (Date.now() - typed.current < TYPING_MS) return undefined;
    typed.current = Date.now();
    return app.socket.send({ op: "typing", conversation: row.id });
  };
  // A number that has a conversation is written to there; what was begun there before stays, and so does this.
  const choose = async (/** @type {string} */ number) => {
    chosen.current = number;
    way.setTo(number);
    if (number === row.contact.phone) return;
    const where = app.route.value;
    const page = await app.api.get(`/contacts/${row.contact.id}/conversations`).catch(() => null);
    const other = page?.items.find((/** @type {Conversation} */ each) => each.contact.phone === number);
    const node = field.current;
    if (!other || !node || busy.current || chosen.current !== number || app.route.value !== where) return;
    if (node.value && !other.draft && !drafts.local(other.id)) {
      drafts.write(other.id, node.value);
      drafts.write(row.id, "");
    }
    app.store.loads.take(other);
    app.write(other.id);
  };
  const select = useSelection(field);
  const insert = (/** @type {import("./templates.js").SavedReply} */ reply) => {
    const made = merge(reply.body, { contact: contact ?? row.contact, user: app.me, account: app.boot.account });
    const node = field.current;
    const at = body === "" ? 0 : (node?.selectionStart ?? body.length);
    const next = body.slice(0, at) + made.text + body.slice(node && body ? node.selectionEnd : at);
    setOpen("");
    write(next);
    const [gap] = made.empty;
    if (gap) select({ ...gap, start: gap.start + at, end: gap.end + at });
    else select({ field: "", start: at + made.text.length, end: at + made.text.length });
  };
  const leave = (/** @type {string} */ back) => {
    setOpen("");
    if (slash.current && back !== "") write(`/${back}`);
    slash.current = false;
    select(undefined);
  };
  const send = (/** @type {string|null} */ send_at = opens_at, anyway = false) => {
    // The quiet hours may just have ended.
    if (send_at === opens_at && opens_at !== null && Date.parse(opens_at) <= app.clock.now()) return send(null, anyway);
    // From the field itself: a second Enter may come before the first one is drawn.
    const node = field.current;
    const text = node?.value.trim() ?? "";
    const { media } = files;
    if (!node || files.busy || busy.current || (!text && media.length === 0)) return;
    const [gap] = places(text).filter((place) => unknownFields(`{{${place.field}}}`).length === 0);
    if (gap) {
      app.say(`Fill in ${worded(gap.field)} first.`);
      return select(places(node.value).find((place) => place.field === gap.field));
    }
    if (row.contact.ready) {
      tellReady(row.contact.id);
      setTold(true);
    }
    app.at_end = true;
    if (elsewhere) {
      if (begun.current.body !== text) begun.current = { body: text, client_id: crypto.randomUUID() };
      const hold = (/** @type {boolean} */ on) => setStarting((busy.current = on));
      return start(app, way.to, { ...begun.current, did: way.from, send_at, media, anyway }, hold, () => {
        const same = drafts.local(row.id).trim() === text;
        if (same) write("");
        const shelf = app.attached.of(row.id);
        for (const item of shelf.items.value) if (media.some(({ id }) => id === item.media?.id)) shelf.remove(item.key);
        return same && field.current !== null;
      });
    }
    node.value = "";
    setBody("");
    drafts.sent(row.id);
    files.clear();
    app.tell(app.acts.send(record, { body: text, did: way.from, send_at, media, anyway }));
  };
  return html`<form class="composer-form" aria-label="Write a text" aria-busy=${starting} onSubmit=${(/** @type {Event} */ event) => (event.preventDefault(), send())}>
    <div class="composer-head">${head}${c(SendWay, { way: { ...way, setTo: choose }, row })}</div>
    ${elsewhere && html`<p class="composer-hint">${starting ? "Sending…" : "A text to this number goes into a conversation of its own."}</p>`}
    <div class="composer-box">
      ${open === "templates" && c(Templates, { app, pick: insert, close: leave })}
      ${c(Writing, {
        id: "message",
        label: "Message",
        placeholder: "Write a text message",
        value: body,
        marks: marked(body, gaps),
        field,
        input,
        press: (event) => pressed(event, { app, id: row.id, send }),
        more: { "aria-describedby": "counter-odd counter" },
      })}
      ${suffix && html`<p class="composer-suffix"><span class="unseen">Added to this first text: </span>${suffix}</p>`}
      ${files.strip}
    </div>
    ${gaps.length > 0 && html`<p class="composer-gaps">${c(Icon, { name: "circle-alert" })}<span>There is no ${gaps.map((gap) => worded(gap.field)).join(", no ")}.</span>
      <button class="link" type="button" onClick=${() => select(gaps[0])}>Fill in</button></p>`}
    <div class="composer-end">
      <div class="composer-tools">
        ${files.picker}
        <button class="button square quiet" type="button" aria-label="Saved replies" title="Saved replies: type / at the start" aria-expanded=${open === "templates"}
          onClick=${() => setOpen(open === "templates" ? "" : "templates")}>${c(Icon, { name: "file-text" })}</button>
        <button class="button square quiet" type="button" aria-label="Send later" title="Send later" disabled=${files.busy || empty || starting} onClick=${() => setOpen("later")}>${c(Icon, { name: "calendar-clock" })}</button>
      </div>
      ${c(Counter, { text: body ? withOptOut(body, suffix) : "", body, replace: write, pictures: files.media.length > 0, wholes: way.number?.keeps_clusters })}
      ${opens_at === null && html`<button class="button primary" disabled=${files.busy || empty || starting}>${c(Icon, { name: "send" })}Send</button>`}
    </div>
    ${quiet && opens_at !== null && c(QuietStrip, { app, opening: { ...quiet, opens_at }, disabled: files.busy || empty || starting, anyway: () => send(null, true) })}
    ${row.contact.ready && !told && html`<p class="composer-hint">Sending turns Ready off for this contact.</p>`}
    ${open === "later" && c(Later, { app, row, quiet, zone: contact?.timezone ?? quiet?.timezone ?? null, close: () => setOpen(""), send: (at) => send(at) })}
  </form>`;
}

/**
 * Puts the caret into the field, at a place of it if one is given, as soon as it is drawn with what it holds then; before the next key, which may go elsewhere.
 * @param {{current: HTMLTextAreaElement|null}} field
 */
function useSelection(field) {
  const [, drawn] = useState(0);
  const asked = /** @type {{current: {place: import("../merge.js").Place|undefined}|null}} */ (useRef(null));
  useLayoutEffect(() => {
    const now = asked.current;
    asked.current = null;
    if (now) field.current?.focus();
    if (now?.place) field.current?.setSelectionRange(now.place.start, now.place.end);
  });
  return (/** @type {import("../merge.js").Place|undefined} */ place) => {
    asked.current = { place };
    drawn((n) => n + 1);
  };
}

/**
 * Starts the conversation with another number of the contact and goes there, unless the person writes on or went elsewhere.
 * @param {import("../app.js").App} app @param {string} to @param {import("../acts.js").Asked & {client_id: string}} asked
 * @param {(on: boolean) => void} hold while it is on its way @param {() => boolean} done takes away what was sent; whether nothing else is being written
 */
async function start(app, to, asked, hold, done) {
  const where = app.route.value;
  hold(true);
  try {
    const conversation = await app.tell(app.acts.start({ to }, asked));
    if (!conversation) return;
    const still = done() && app.route.value === where;
    app.arrive(conversation.id, { still, words: `Your text is in the conversation with ${phone(to)}.` });
  } finally {
    hold(false);
  }
}

/** What was begun on another device, where this tab has nothing and no text waits. @param {import("../app.js").App} app @param {Conversation} row @param {{current: HTMLTextAreaElement|null}} field @param {(text: string) => void} show */
function useRemoteDraft(app, row, field, show) {
  useEffect(() => {
    let gone = false;
    if (row.draft && !app.drafts.local(row.id)) {
      app.drafts.remote(row.id).then((draft) => {
        if (gone || !draft || field.current?.value) return;
        app.drafts.take(row.id, draft);
        show(draft.body);
      });
    }
    return () => {
      gone = true;
      app.drafts.flush(row.id);
    };
  }, []);
}

/** Nothing was ever sent to this number, so the next text carries the opt-out sentence. @param {Record} record */
function firstText(record) {
  return !record.row?.introduced && !record.pending.some((each) => each.state === "sending" && each.kind === "message");
}
