import { useEffect, useId, useState } from "preact/hooks";
import { html } from "../html.js";
import { phone } from "../words.js";

/** @typedef {import("../shapes.js").Conversation} Conversation */
/** @typedef {import("../cards.js").Phone} Phone */
/** @typedef {import("../numbers.js").OwnNumber} OwnNumber */
/**
 * @typedef {{phones: Phone[], to: string, setTo: (number: string) => void, numbers: OwnNumber[]|null, did: string, from: string|null,
 *   number: OwnNumber|null, setFrom: (id: string) => void, why: ""|"no mobile"|"no number"}} Way
 *   `did` is the number that it leaves from, `from` the same where the person chose another than the usual one; `why` a text cannot be sent at all
 */

const KINDS = { mobile: "Mobile", landline: "Landline", other: "Other" };

/** To which of the contact's numbers a text goes, and from which of ours. @param {import("../app.js").App} app @param {Conversation} row @returns {Way} */
export function useWay(app, row) {
  const { contact } = app.cards.card(row.contact.id).value;
  const numbers = app.numbers.mine.value;
  const [to, setTo] = useState(row.contact.phone);
  const [chosen, setFrom] = useState(/** @type {string|null} */ (null));
  useEffect(() => {
    app.numbers.want();
  }, []);
  const phones = contact?.phones ?? [{ number: row.contact.phone, kind: "mobile", opted_out: row.opted_out }];
  const usual = numbers?.find((each) => each.id === row.did?.id) ?? numbers?.find((each) => each.default) ?? null;
  const number = numbers?.find((each) => each.id === chosen) ?? usual;
  const why = !phones.some((each) => takes(each, row)) ? "no mobile" : numbers?.length === 0 ? "no number" : "";
  return { phones, to, setTo, numbers, did: number?.id ?? "", from: number && number !== usual ? number.id : null, number, setFrom, why };
}

/** A number that may be texted: a mobile one, or one that is no landline and that the conversation is with. @param {Phone} each @param {Conversation} row */
function takes(each, row) {
  return each.kind === "mobile" || (each.kind === "other" && each.number === row.contact.phone);
}

/** @param {{way: Way, row: Conversation}} props */
export function SendWay({ way, row }) {
  const { phones, to, setTo, numbers, did, setFrom } = way;
  const id = useId();
  const pick = (/** @type {(value: string) => void} */ set) => (/** @type {any} */ event) => set(event.currentTarget.value);
  const label = (/** @type {Phone} */ each) => `${KINDS[/** @type {keyof typeof KINDS} */ (each.kind)] ?? each.kind} ${phone(each.number)}`;
  return html`<div class="way">
    <span class="way-field"><label for=${`${id}-to`}>Send To</label><select id=${`${id}-to`} class="way-select" value=${to} onChange=${pick(setTo)}>
      ${phones.map((each) => html`<option key=${each.number} value=${each.number} disabled=${!takes(each, row)} selected=${each.number === to}>${label(each)}${each.opted_out ? " (opted out)" : ""}</option>`)}
    </select></span>
    ${numbers !== null && numbers.length > 0 && html`<span class="way-field"><label for=${`${id}-from`}>From</label><select id=${`${id}-from`} class="way-select" value=${did} onChange=${pick(setFrom)}>
      ${numbers.map((each) => html`<option key=${each.id} value=${each.id} selected=${each.id === did}>${each.label || phone(each.number)}</option>`)}
    </select></span>`}
  </div>`;
}
