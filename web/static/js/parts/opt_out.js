import { useState } from "preact/hooks";
import { c, html } from "../html.js";
import { called, phone } from "../words.js";
import { Ask } from "./ask.js";
import { Field } from "./field.js";

/** Opts a number out by hand. @param {import("./talk_dialog.js").TalkProps} props */
export function OptOut({ app, row, close }) {
  const [reason, setReason] = useState("");
  return c(Ask, {
    title: `Opt ${called(row.contact)} out`,
    act: "Opt out",
    grave: true,
    fields: ["reason"],
    close,
    run: () => app.api.put(`/contacts/${row.contact.id}/opt-out`, { phone: row.contact.phone, reason: reason.trim() }),
    children: (faults) => html`
      <p>Nobody can text <bdi>${phone(row.contact.phone)}</bdi> any more, until a text with START comes from it. Scheduled texts are cancelled.</p>
      ${c(Field, { label: "Reason", value: reason, input: setReason, required: true, maxlength: 500, placeholder: "Asked on the phone to get no more texts", hint: "Kept in the consent ledger.", error: faults["reason"] })}`,
  });
}
