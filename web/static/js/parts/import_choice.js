import { useMemo } from "preact/hooks";
import { c, html } from "../html.js";
import { MEANINGS } from "../importing.js";
import { Table } from "./table.js";

/** @typedef {{[header: string]: string}} Mapping */

/**
 * What each column means, and what becomes of contacts that are there already.
 * @param {{columns: import("../importing.js").ImportColumn[], mapping: Mapping, setMapping: (mapping: Mapping) => void, duplicates: string,
 *   setDuplicates: (rule: string) => void}} props
 */
export function ImportChoice({ columns, mapping, setMapping, duplicates, setDuplicates }) {
  const shown = useMemo(
    () => [
      { key: "header", title: "Column of the file", lead: true, cell: (/** @type {any} */ row) => html`<bdi>${row.header}</bdi>` },
      { key: "as", title: "Is", cell: (/** @type {any} */ row) => c(Meaning, { header: row.header, as: row.as, set: row.set }) },
      { key: "sample", title: "First lines", cell: (/** @type {any} */ row) => html`<span class="samples">${row.sample.filter(Boolean).map((/** @type {string} */ each, /** @type {number} */ at) => html`<bdi key=${at}>${each}</bdi>`)}</span>` },
    ],
    [],
  );
  const rows = columns.map(({ header, sample }) => ({ header, sample, as: mapping[header] ?? "ignore", set: (/** @type {string} */ as) => setMapping({ ...mapping, [header]: as }) }));
  const rule = (/** @type {string} */ value, /** @type {string} */ words) => html`<label class="check"><input type="radio" name="duplicates" value=${value} checked=${duplicates === value}
    onChange=${() => setDuplicates(value)} />${words}</label>`;
  return html`<div class="import-columns">${c(Table, { label: "Columns", columns: shown, rows, id: (row) => row.header })}</div>
    <fieldset class="choices"><legend>A number that a contact has already</legend>
      ${rule("update", "Update that contact")}${rule("skip", "Skip the line")}
    </fieldset>`;
}

/** @param {{header: string, as: string, set: (as: string) => void}} props */
function Meaning({ header, as, set }) {
  const own = as.startsWith("field:");
  return html`<span><select aria-label=${`What ${header} is`} value=${own ? "field:" : as} onChange=${(/** @type {any} */ event) => set(event.currentTarget.value === "field:" ? `field:${header.trim().toLowerCase()}` : event.currentTarget.value)}>
      ${MEANINGS.map(([value, words]) => html`<option key=${value} value=${value} selected=${value === (own ? "field:" : as)}>${words}</option>`)}</select>
    ${own && html`<input aria-label=${`Name of the field for ${header}`} value=${as.slice(6)} maxlength="200" onInput=${(/** @type {any} */ event) => set(`field:${event.currentTarget.value}`)} />`}</span>`;
}
