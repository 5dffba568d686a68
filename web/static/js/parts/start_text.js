import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api.js";
import { c, html } from "../html.js";
import { inQuiet, openingOf } from "../opening.js";
import { withOptOut } from "../segments.js";
import { phone } from "../words.js";
import { useAttachments } from "./attachments.js";
import { Counter } from "./counter.js";
import { Icon } from "./icon.js";
import { QuietStrip } from "./quiet_strip.js";
import { marked, Writing } from "./writing.js";

/**
 * The first text to a number: it makes the conversation.
 * @param {{app: import("../app.js").App, contact: import("../contact_query.js").Contact, number: string, began: () => void}} props
 */
export function StartText({ app, contact, number, began }) {
  app.screen.settings.value;
  const key = `partyline.first.${contact.id}.${number}`;
  const [body, setBody] = useState(sessionStorage.getItem(key) ?? "");
  const [why, setWhy] = useState("");
  const [quiet, setQuiet] = useState(/** @type {import("../opening.js").Opening|null} */ (null));
  const [sending, setSending] = useState(false);
  // The same text sent again after a lost answer is one text.
  const sent = useRef({ body: "", media: [""], client_id: "" });
  const field = /** @type {{current: HTMLTextAreaElement|null}} */ (useRef(null));
  const suffix = app.store.settings.opt_out_text;
  const [from, setFrom] = useState("");
  const mine = app.numbers.mine.value;
  const ours = mine?.find((each) => (from ? each.id === from : each.default));
  const files = useAttachments({ shelf: app.attached.of(`${contact.id}.${number}`), limit: ours ? ours.media_limit : null });
  const nothing = !body.trim() && files.media.length === 0;
  useEffect(() => {
    app.numbers.want();
  }, []);
  const write = (/** @type {string} */ text) => {
    setBody(text);
    if (text) sessionStorage.setItem(key, text);
    else sessionStorage.removeItem(key);
  };
  const send = async (anyway = false) => {
    const text = field.current?.value.trim() ?? "";
    if ((!text && files.media.length === 0) || files.busy || sending) return;
    setSending(true);
    setWhy("");
    const same = sent.current.body === text && String(sent.current.media) === String(files.ids);
    if (!same) sent.current = { body: text, media: files.ids, client_id: crypto.randomUUID() };
    const { send_at, anyway: override_quiet_hours } = inQuiet(quiet, anyway);
    const later = { ...(send_at ? { send_at } : {}), ...(override_quiet_hours ? { override_quiet_hours } : {}) };
    try {
      await app.api.post("/messages", { to: number, ...(from ? { did: from } : {}), ...sent.current, ...later });
      write("");
      files.clear();
      began();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      setWhy(problem.message);
      setQuiet(openingOf(problem));
      field.current?.focus();
    } finally {
      setSending(false);
    }
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    const command = event.ctrlKey || event.metaKey;
    const sends = app.preferences.value.send_key === "ctrl_enter" ? command : !event.shiftKey && !event.altKey;
    if (event.key !== "Enter" || event.isComposing || event.repeat || !sends) return;
    event.preventDefault();
    send();
  };
  if (mine?.length === 0) return html`<p class="composer-closed">${c(Icon, { name: "circle-alert" })}<span>You have no SMS number yet. Ask a manager to assign one.</span></p>`;
  return html`<form class="composer" aria-label="Write the first text" aria-busy=${sending} onSubmit=${(/** @type {Event} */ event) => (event.preventDefault(), send())}>
    <div class="way"><span class="way-field"><span>Send To</span> <bdi>${phone(number)}</bdi></span>
      ${mine && mine.length > 0 && html`<span class="way-field"><label for="start-from">From</label><select id="start-from" class="way-select" value=${ours?.id ?? ""} onChange=${(/** @type {any} */ event) => setFrom(event.currentTarget.value)}>
        ${mine.map((each) => html`<option key=${each.id} value=${each.id} selected=${each.id === ours?.id}>${each.label || phone(each.number)}</option>`)}</select></span>`}</div>
    <div class="composer-box">
      ${c(Writing, { id: "message", label: "Message", placeholder: "Write a text message", value: body, marks: marked(body, []), field, input: write, press, more: { "aria-describedby": "counter-odd counter" } })}
      ${suffix && html`<p class="composer-suffix"><span class="unseen">Added to this first text: </span>${suffix}</p>`}
      ${files.strip}
    </div>
    ${why && html`<p class="form-fault" role="alert">Not sent. ${why}</p>`}
    <div class="composer-end">
      <div class="composer-tools">${files.picker}</div>
      ${c(Counter, { text: body ? withOptOut(body, suffix) : "", replace: write, body, pictures: files.media.length > 0, wholes: ours?.keeps_clusters })}
      ${!quiet && html`<button class="button primary" disabled=${nothing || files.busy || sending}>${c(Icon, { name: "send" })}Send</button>`}
    </div>
    ${quiet && c(QuietStrip, { app, opening: quiet, disabled: nothing || files.busy || sending, anyway: () => send(true) })}
  </form>`;
}
