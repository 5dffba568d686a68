import { useState } from "preact/hooks";
import { c, html } from "../html.js";
import { useReading } from "../reading.js";
import { phone } from "../words.js";
import { Icon } from "./icon.js";
import { KINDS } from "./new_contact.js";

/** @typedef {import("../contact_form.js").PhoneLine} PhoneLine */

/** @template T @param {T[]} lines @param {number} at @param {Partial<T>} change @returns {T[]} */
const changed = (lines, at, change) => lines.map((line, index) => (index === at ? { ...line, ...change } : line));
/** @template T @param {T[]} lines @param {number} at @returns {T[]} */
const without = (lines, at) => lines.filter((_, index) => index !== at);
/** @param {any} event @returns {string} */
const typed = (event) => event.currentTarget.value;

/**
 * The numbers of a contact, each of a kind. Written as people write them; a number that is saved shows so, too.
 * @param {{lines: PhoneLine[], contact: import("../contact_query.js").Contact, error: string|undefined, change: (lines: PhoneLine[]) => void}} props
 */
export function PhoneLines({ lines, contact, error, change }) {
  const out = new Set(contact.phones.filter((each) => each.opted_out).map((each) => each.number));
  return html`<fieldset id="phones" aria-describedby=${error ? "phones-fault" : undefined}><legend>Phones</legend>
    ${lines.map(({ number, kind }, at) => html`<div class="line-of" key=${at}>
      <input type="tel" aria-label=${`Number ${at + 1}`} autocomplete="off" aria-invalid=${error ? "true" : undefined} value=${phone(number)} onInput=${(/** @type {Event} */ event) => change(changed(lines, at, { number: typed(event) }))} />
      <select aria-label=${`Kind of number ${at + 1}`} value=${kind} onChange=${(/** @type {Event} */ event) => change(changed(lines, at, { kind: typed(event) }))}>
        ${KINDS.map(({ value, words }) => html`<option key=${value} value=${value} selected=${value === kind}>${words}</option>`)}</select>
      <button type="button" class="button square quiet" aria-label=${`Remove number ${at + 1}`} onClick=${() => change(without(lines, at))}>${c(Icon, { name: "x" })}</button>
      ${out.has(number) && html`<span class="bad-words">Opted out</span>`}
    </div>`)}
    ${error && html`<p class="field-error" id="phones-fault">${error}</p>`}
    <button type="button" class="button small line-add" onClick=${() => change([...lines, { number: "", kind: "mobile" }])}>${c(Icon, { name: "plus" })}Add number</button>
  </fieldset>`;
}

/** Fields with names of one's own; `email` is searched. @param {{lines: Array<{name: string, value: string}>, error: string|undefined, change: (lines: Array<{name: string, value: string}>) => void}} props */
export function FieldLines({ lines, error, change }) {
  const mail = lines.every(({ name }) => name !== "email");
  return html`<fieldset id="fields"><legend>Fields</legend>
    ${lines.map(({ name, value }, at) => html`<div class="line-of of-field" key=${at}>
      <input aria-label=${`Name of field ${at + 1}`} autocomplete="off" placeholder="Name" value=${name} maxlength="200" onInput=${(/** @type {Event} */ event) => change(changed(lines, at, { name: typed(event) }))} />
      <input aria-label=${`Value of ${name || `field ${at + 1}`}`} autocomplete="off" placeholder="Value" value=${value} maxlength="2000" onInput=${(/** @type {Event} */ event) => change(changed(lines, at, { value: typed(event) }))} />
      <button type="button" class="button square quiet" aria-label=${`Remove ${name || `field ${at + 1}`}`} onClick=${() => change(without(lines, at))}>${c(Icon, { name: "x" })}</button>
    </div>`)}
    ${error && html`<p class="field-error">${error}</p>`}
    <p class="import-acts">${mail && html`<button type="button" class="button small line-add" onClick=${() => change([...lines, { name: "email", value: "" }])}>${c(Icon, { name: "plus" })}Add email</button>`}
      <button type="button" class="button small line-add" onClick=${() => change([...lines, { name: "", value: "" }])}>${c(Icon, { name: "plus" })}Add field</button></p>
  </fieldset>`;
}

/** Tags; those that are used already are suggested. @param {{app: import("../app.js").App, tags: string[], error: string|undefined, change: (tags: string[]) => void}} props */
export function TagLine({ app, tags, error, change }) {
  const [text, setText] = useState("");
  const known = useReading(app, "/tags");
  const add = () => {
    const tag = text.trim();
    setText("");
    if (tag && !tags.includes(tag)) change([...tags, tag]);
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" || event.key === ",") {
      if (event.key === "Enter" && !text.trim()) return;
      event.preventDefault();
      add();
    } else if (event.key === "Backspace" && text === "" && tags.length > 0) change(tags.slice(0, -1));
  };
  /** @type {Array<{tag: string, count: number}>} */
  const used = known.data?.items ?? [];
  return html`<fieldset><legend>Tags</legend>
    <div class="tags-edit">
      ${tags.map((tag) => html`<span class="tag with-x" key=${tag}><bdi>${tag}</bdi><button type="button" aria-label=${`Remove tag ${tag}`} onClick=${() => change(tags.filter((each) => each !== tag))}>${c(Icon, { name: "x" })}</button></span>`)}
      <input aria-label="Add a tag" placeholder="Add a tag" list="tags-known" autocomplete="off" maxlength="200" value=${text} aria-invalid=${error ? "true" : undefined}
        onInput=${(/** @type {Event} */ event) => setText(typed(event))} onKeyDown=${press} onBlur=${add} />
      <datalist id="tags-known">${used.filter(({ tag }) => !tags.includes(tag)).map(({ tag, count }) => html`<option key=${tag} value=${tag}>${count}</option>`)}</datalist>
    </div>
    ${error && html`<p class="field-error">${error}</p>`}
  </fieldset>`;
}
