import { useState } from "preact/hooks";
import { c, html } from "../html.js";
import { conditionWords, FIELDS, fresh, isTrue, kindOf, truths } from "../live_filters.js";
import { ZONES } from "../zones.js";
import { Ask } from "./ask.js";
import { Field } from "./field.js";
import { Icon } from "./icon.js";

/** @typedef {import("../live_filters.js").Condition} Condition */

/**
 * Makes or changes a live filter: a name, and conditions that must all hold.
 * @param {{app: import("../app.js").App, filter: import("../live_filters.js").LiveFilter|null, tags: Array<{tag: string, count: number}>, close: () => void,
 *   saved: () => void, gone: () => void}} props
 */
export function LiveFilterForm({ app, filter, tags, close, saved, gone }) {
  const [name, setName] = useState(filter?.name ?? "");
  const [conditions, setConditions] = useState(/** @type {Condition[]} */ (filter?.conditions ?? [fresh("ready")]));
  const [deleting, setDeleting] = useState(false);
  const set = (/** @type {number} */ at, /** @type {Condition} */ condition) => setConditions(conditions.map((each, index) => (index === at ? condition : each)));
  const run = async () => {
    const body = { name, conditions };
    await (filter ? app.api.patch(`/live-filters/${filter.id}`, body) : app.api.post("/live-filters", body));
    saved();
  };
  if (deleting && filter) {
    return c(Ask, {
      title: `Delete ${filter.name}?`,
      act: "Delete live filter",
      grave: true,
      close,
      run: async () => {
        await app.api.delete(`/live-filters/${filter.id}`);
        gone();
      },
      children: () => html`<p>Its contacts stay. A dialer that reads this filter will not find it any more.</p>`,
    });
  }
  return c(Ask, {
    title: filter ? "Edit live filter" : "New live filter",
    act: "Save",
    fields: ["name", "conditions"],
    disabled: conditions.length === 0,
    close,
    run,
    children: (faults) => html`
      ${c(Field, { label: "Name", name: "name", value: name, input: setName, required: true, maxlength: 100, autocomplete: "off", error: faults["name"] })}
      <fieldset class="conditions" aria-describedby=${faults["conditions"] ? "conditions-fault" : undefined}><legend>All of these must hold</legend>
        ${conditions.map((condition, at) => html`<div class="condition" key=${at} role="group" aria-label=${`Condition ${at + 1}: ${conditionWords(condition)}`}>
          ${c(ConditionLine, { condition, set: (next) => set(at, next) })}
          <button type="button" class="button square quiet" aria-label=${`Remove condition ${at + 1}`} onClick=${() => setConditions(conditions.filter((_, index) => index !== at))}>${c(Icon, { name: "x" })}</button>
        </div>`)}
        <button type="button" class="button small" onClick=${() => setConditions([...conditions, fresh("tag")])}>${c(Icon, { name: "plus" })}Add condition</button>
        ${faults["conditions"] && html`<p class="form-fault" id="conditions-fault" tabindex="-1">${faults["conditions"]}</p>`}
      </fieldset>
      <datalist id="known-tags">${tags.map(({ tag }) => html`<option key=${tag} value=${tag} />`)}</datalist>
      <datalist id="known-zones">${ZONES.map((zone) => html`<option key=${zone} value=${zone} />`)}</datalist>
      ${filter && html`<p><button type="button" class="link" onClick=${() => setDeleting(true)}>Delete this live filter…</button></p>`}`,
  });
}

/** @param {{condition: Condition, set: (condition: Condition) => void}} props */
function ConditionLine({ condition, set }) {
  const { field, op, value } = condition;
  const kind = kindOf(field);
  const to = (/** @type {Partial<Condition>} */ change) => set({ ...condition, ...change });
  const picked = (/** @type {any} */ event) => event.currentTarget.value;
  // A field that a contact has not is an empty one.
  const mayBeEmpty = kind.field === "field:" && op !== "contains";
  return html`<select aria-label="Field" value=${kind.field} onChange=${(/** @type {Event} */ event) => set(fresh(picked(event)))}>
      ${FIELDS.map((each) => html`<option key=${each.field} value=${each.field} selected=${each === kind}>${each.words}</option>`)}
    </select>
    ${kind.field === "field:" && html`<input aria-label="Name of the field" placeholder="city" value=${field.slice(6)} required onInput=${(/** @type {Event} */ event) => to({ field: `field:${picked(event)}` })} />`}
    <select aria-label="Operator" value=${op} onChange=${(/** @type {Event} */ event) => to({ op: picked(event) })}>
      ${kind.ops.map(([each, words]) => html`<option key=${each} value=${each} selected=${each === op}>${words}</option>`)}
    </select>
    ${kind.kind === "truth"
      ? html`<select aria-label="Value" value=${String(isTrue(value))} onChange=${(/** @type {Event} */ event) => to({ value: picked(event) === "true" })}>
          <option value="true" selected=${isTrue(value)}>${truths(field)[0]}</option><option value="false" selected=${!isTrue(value)}>${truths(field)[1]}</option></select>`
      : kind.kind === "phone"
        ? html`<select aria-label="Value" value=${value} onChange=${(/** @type {Event} */ event) => to({ value: picked(event) })}>
            ${["mobile", "landline", "other"].map((each) => html`<option key=${each} value=${each} selected=${each === value}>${each} number</option>`)}</select>`
        : html`<input aria-label="Value" value=${value} required=${!mayBeEmpty} placeholder=${mayBeEmpty ? "empty" : undefined} list=${kind.kind === "tag" ? "known-tags" : kind.kind === "zone" ? "known-zones" : undefined} onInput=${(/** @type {Event} */ event) => to({ value: picked(event) })} />`}`;
}
