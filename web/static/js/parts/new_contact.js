import { useState } from "preact/hooks";
import { c, html } from "../html.js";
import { Ask } from "./ask.js";
import { Field } from "./field.js";

/** A contact by its name and number; the rest is on its form. @param {{app: import("../app.js").App, close: () => void, made: (id: string) => void}} props */
export function NewContact({ app, close, made }) {
  const [name, setName] = useState("");
  const [number, setNumber] = useState("");
  const [kind, setKind] = useState("mobile");
  const run = async () => {
    const phones = number.trim() ? [{ number: number.trim(), kind }] : [];
    const contact = await app.api.post("/contacts", { name, phones });
    made(contact.id);
  };
  return c(Ask, {
    title: "New contact",
    act: "Make contact",
    fields: ["name", "phones"],
    close,
    run,
    children: (faults) => html`
      ${c(Field, { label: "Name", name: "name", value: name, input: setName, required: true, maxlength: 200, autocomplete: "off", error: faults["name"] })}
      <div class="phone-line">
        ${c(Field, { label: "Number", name: "number", value: number, input: setNumber, type: "tel", autocomplete: "off", error: faults["phones"], hint: "Without a country code it is read as a US number." })}
        ${c(Field, { label: "Kind", value: kind, input: setKind, short: true, choices: KINDS })}
      </div>`,
  });
}

export const KINDS = [
  { value: "mobile", words: "Mobile" },
  { value: "landline", words: "Landline" },
  { value: "other", words: "Other" },
];
