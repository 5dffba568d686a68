import { useEffect, useRef, useState } from "preact/hooks";
import { c, html } from "../../html.js";
import { Dialog } from "../../parts/dialog.js";
import { Field, faults } from "../../parts/field.js";
import { Icon } from "../../parts/icon.js";
import { phone, state } from "../../words.js";

/** @typedef {import("../../shapes.js").Message} Message */

const FORWARD = ["queued", "sending", "unconfirmed", "sent", "failed", "undelivered", "delivered"];

/**
 * Sends one text from a number and shows what becomes of it, as the carrier tells.
 * @param {{app: import("../../app.js").App, did: import("./numbers.js").Did, close: () => void}} props
 */
export function SendTest({ app, did, close }) {
  const [to, setTo] = useState("");
  const [body, setBody] = useState(`Test from ${app.boot.account.name}.`);
  const [wrong, setWrong] = useState(/** @type {{[field: string]: string}} */ ({}));
  const [busy, setBusy] = useState(false);
  const [sent, setSent] = useState(/** @type {Message|null} */ (null));
  const heard = useRef(/** @type {Map<string, Message>} */ (new Map()));
  const [, redraw] = useState(0);
  useEffect(() => {
    const hear = (/** @type {import("../../shapes.js").Event} */ event) => {
      const message = event.type.startsWith("message.") ? event.data.message : null;
      if (!message) return;
      heard.current.set(message.id, further(heard.current.get(message.id), message));
      redraw((n) => n + 1);
    };
    return app.listen({ heard: hear, reload: () => undefined });
  }, []);
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { message } = await app.api.post("/messages", { to, body, did: did.id, client_id: crypto.randomUUID() });
      setSent(message);
      setWrong({});
    } catch (problem) {
      setWrong(faults(problem, ["to", "body"]));
    } finally {
      setBusy(false);
    }
  };
  const now = sent && further(sent, heard.current.get(sent.id));
  const over = now && ["delivered", "failed", "undelivered"].includes(now.state);
  const bad = now && (now.state === "failed" || now.state === "undelivered");
  return html`<${Dialog} title=${`Send test text from ${did.label || phone(did.number)}`} close=${close}>
    <form onSubmit=${send} aria-busy=${busy}>
      ${c(Field, { label: "To", value: to, input: setTo, type: "tel", required: true, autocomplete: "tel", hint: "A phone that you can look at.", error: wrong["to"] ?? "" })}
      ${c(Field, { label: "Message", value: body, input: setBody, rows: 2, required: true, error: wrong["body"] ?? "" })}
      ${wrong[""] && html`<p class="form-fault">${wrong[""]}</p>`}
      ${now && html`<p class=${`receipt ${bad ? "bad-words" : ""}`} role="status">${c(Icon, { name: bad ? "circle-alert" : over ? "check-check" : "clock" })}
        <span>${state(now)} · <a href=${`/sms/${now.conversation}`}>Open conversation</a></span></p>`}
      <p class="dialog-acts"><button type="button" class="button" onClick=${close}>Close</button>
        <button class="button primary" disabled=${busy}>${c(Icon, { name: "send" })}${sent ? "Send again" : "Send test text"}</button></p>
    </form>
  <//>`;
}

/** Of two accounts of one message, the further one. @param {Message|undefined} a @param {Message|undefined} b @returns {any} */
function further(a, b) {
  if (!a || !b) return a ?? b;
  return FORWARD.indexOf(b.state) >= FORWARD.indexOf(a.state) ? b : a;
}
