import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api.js";
import { calledContact, mainPhone } from "../contact_words.js";
import { c, html } from "../html.js";
import { inQuiet, openingOf } from "../opening.js";
import { route } from "../route.js";
import { withOptOut } from "../segments.js";
import { called, phone } from "../words.js";
import { Ask } from "./ask.js";
import { Choose } from "./choose.js";
import { Counter } from "./counter.js";
import { Field } from "./field.js";
import { sendAt } from "./quiet_strip.js";

/** @typedef {import("./options.js").Option} Option */

const PAUSE_MS = 150;
const NUMBER = /^\+?[\d\s().-]{5,}$/;

/** The first text to a contact or a number, from anywhere. @param {{app: import("../app.js").App, close: () => void}} props */
export function NewText({ app, close }) {
  const numbers = app.numbers.mine.value;
  const [to, setTo] = useState(/** @type {Option|null} */ (null));
  const [text, setText] = useState("");
  const [found, setFound] = useState(/** @type {Array<Option & {number?: string}>} */ ([]));
  const [from, setFrom] = useState("");
  const [body, setBody] = useState("");
  const [quiet, setQuiet] = useState(/** @type {import("../opening.js").Opening|null} */ (null));
  const [anyway, setAnyway] = useState(false);
  // The same text sent again after a lost answer is one text.
  const sent = useRef({ body: "", client_id: "" });
  const closed = useRef(false);
  useEffect(() => {
    app.numbers.want();
    return () => {
      closed.current = true;
    };
  }, []);
  useEffect(() => {
    const wanted = text.trim();
    if (!wanted) return setFound([]);
    let gone = false;
    const timer = setTimeout(async () => {
      const page = await app.api.get(`/contacts?q=${encodeURIComponent(wanted)}&limit=20`).catch(() => null);
      if (!gone && page) setFound(page.items.map(asOption));
    }, PAUSE_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [text]);
  const digits = text.replace(/\D/g, "");
  const number = NUMBER.test(text.trim()) && !found.some((each) => each.number?.endsWith(digits));
  const options = number ? [{ id: `to ${text.trim()}`, words: text.trim(), more: "Text this number" }, ...found] : found;
  const run = async () => {
    if (to === null) return false;
    if (sent.current.body !== body) sent.current = { body, client_id: crypto.randomUUID() };
    const whom = to.id.startsWith("to ") ? { to: to.id.slice(3) } : { contact: to.id };
    const where = route.value;
    try {
      const conversation = await app.acts.start(whom, { client_id: sent.current.client_id, body: body.trim(), did: from || null, ...inQuiet(quiet, anyway) });
      const still = !closed.current && route.value === where;
      app.arrive(conversation.id, { still, words: `Your text is in the conversation with ${called(conversation.contact)}.` });
      return true;
    } catch (problem) {
      if (problem instanceof Problem) setQuiet(openingOf(problem));
      throw problem;
    }
  };
  if (numbers?.length === 0) {
    return c(Ask, { title: "New text", act: "Close", close, run: async () => true, children: () => html`<p>You have no SMS number yet. Ask a manager to assign one.</p>` });
  }
  return c(Ask, {
    title: "New text",
    act: quiet && !anyway ? sendAt(quiet.opens_at, quiet.timezone, app.clock.now()) : "Send",
    fields: ["to", "contact", "body"],
    close,
    disabled: to === null || !body.trim(),
    run,
    children: (faults) => html`
      ${c(Choose, { label: "Send To", options, chosen: to, pick: (one) => (setTo(one), setQuiet(null), setAnyway(false)), input: setText, focus: true, placeholder: "Name or number", empty: "No contact by that name. A number can be texted as it is.", error: faults["to"] || faults["contact"] })}
      ${numbers && numbers.length > 1 && c(Field, { label: "From", value: from, input: setFrom, choices: [{ value: "", words: "The usual number" }, ...numbers.map((each) => ({ value: each.id, words: each.label || phone(each.number) }))] })}
      ${c(Field, { label: "Message", value: body, input: setBody, rows: 3, error: faults["body"] })}
      ${c(Counter, { text: body ? withOptOut(body, app.store.settings.opt_out_text) : "", body, replace: setBody, wholes: numbers?.find((each) => (from ? each.id === from : each.default))?.keeps_clusters })}
      ${quiet && app.me.role === "manager" && html`<label class="check"><input type="checkbox" checked=${anyway} onChange=${(/** @type {any} */ event) => setAnyway(event.currentTarget.checked)} />Send anyway, in quiet hours</label>`}
      <p class="field-hint">A first text to a number carries “${app.store.settings.opt_out_text}”</p>`,
  });
}

/** @param {import("../contact_query.js").Contact} contact @returns {Option & {number?: string}} */
function asOption(contact) {
  const mobile = contact.phones.find(({ kind }) => kind === "mobile");
  const number = mobile ?? mainPhone(contact);
  const off = !mobile || Boolean(mobile.opted_out);
  const why = !mobile ? "no mobile number" : mobile.opted_out ? "opted out" : "";
  const shown = number && phone(number.number) !== calledContact(contact) ? phone(number.number) : "";
  return { id: contact.id, words: calledContact(contact), more: [shown, why].filter(Boolean).join(" · "), off, number: number?.number };
}
