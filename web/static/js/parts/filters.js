import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { ask, route } from "../route.js";

/**
 * @typedef {{name: string, label: string, options: Array<[value: string, words: string]>}} Choice the value "" asks for nothing
 * @typedef {{name: string, label: string, kind: "date"|"datetime-local"}} Day
 * @typedef {Choice | Day} Filter
 */

const PAUSE_MS = 80;

/** What the address asks for. @returns {{[name: string]: string}} */
export function asked() {
  return Object.fromEntries(new URLSearchParams(route.value.query));
}

/** Changes some of what the address asks for; "" takes it out. @param {{[name: string]: string}} changes */
export function refine(changes) {
  ask({ ...asked(), ...changes });
}

/**
 * Labelled selects and dates that are bound to the address; more controls may stand between them as children.
 * @param {{filters: Filter[], label?: string, children?: any}} props
 */
export function Filters({ filters, label = "Filters", children }) {
  const now = asked();
  return html`<div class="filters" role="group" aria-label=${label}>
    ${children}
    ${filters.map((filter) => html`<span class="filter-field" key=${filter.name}><label for=${idOf(filter)}>${filter.label}</label>${control(filter, now[filter.name] ?? "")}</span>`)}
  </div>`;
}

/** @param {Filter} filter */
const idOf = ({ name }) => `filter-${name}`;

/** @param {Filter} filter @param {string} value */
function control(filter, value) {
  const set = (/** @type {any} */ event) => refine({ [filter.name]: event.currentTarget.value });
  if (!("options" in filter)) return html`<input type=${filter.kind} id=${idOf(filter)} name=${filter.name} value=${value} onChange=${set} />`;
  const known = filter.options.some(([each]) => each === value);
  return html`<select id=${idOf(filter)} name=${filter.name} value=${value} class=${value ? "set" : ""} onChange=${set}>
    ${filter.options.map(([each, words]) => html`<option key=${each} value=${each} selected=${each === value}>${words}</option>`)}
    ${!known && html`<option value=${value} selected>${value}</option>`}
  </select>`;
}

/**
 * The search of a page; it goes into the address when the person pauses. `/` focuses it, as the field with the id `filter`.
 * @param {{name?: string, label: string}} props
 */
export function Search({ name = "q", label }) {
  const inAddress = asked()[name] ?? "";
  const [text, setText] = useState(inAddress);
  const sent = useRef(inAddress);
  const timer = useRef(/** @type {any} */ (null));
  useEffect(() => {
    if (inAddress === sent.current) return;
    sent.current = inAddress;
    setText(inAddress);
  }, [inAddress]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const put = (/** @type {string} */ value, wait = PAUSE_MS) => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      sent.current = value.trim();
      refine({ [name]: sent.current });
    }, wait);
  };
  return html`<input id="filter" class="search-field" type="search" placeholder=${label} aria-label=${label} value=${text} autocomplete="off" spellcheck=${false}
    onInput=${(/** @type {any} */ event) => put(event.currentTarget.value)}
    onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && text && (put("", 0), event.stopPropagation())} />`;
}
