import { useId } from "preact/hooks";
import { html } from "../html.js";

/**
 * @typedef {{value: string, words: string}} Choice
 * @typedef {{
 *   id?: string, label: string, value: string, input: (value: string) => void, name?: string, type?: string, hint?: any, error?: string,
 *   after?: string, choices?: Choice[], rows?: number, required?: boolean, disabled?: boolean, readonly?: boolean,
 *   placeholder?: string, list?: string, autocomplete?: string, inputmode?: string, min?: number, max?: number, maxlength?: number,
 *   short?: boolean, described?: string,
 * }} FieldProps
 *   `after` stands behind the input ("minutes"); `choices` make a select, `rows` a text area; `described` names further
 *   elements that describe it
 */

/** A label, its input, what it is for and what is wrong with it; the last two are read with the input. @param {FieldProps} props */
export function Field(props) {
  const { label, value, input, type = "text", hint, error, after, choices, rows, required, short, described, ...rest } = props;
  const own = useId();
  const id = props.id ?? own;
  const by = [hint ? `${id}-hint` : "", after ? `${id}-after` : "", described ?? "", error ? `${id}-error` : ""].filter(Boolean);
  const attributes = {
    ...rest,
    id,
    value,
    required,
    onInput: (/** @type {any} */ event) => input(event.currentTarget.value),
    "aria-invalid": error ? "true" : undefined,
    "aria-describedby": by.length ? by.join(" ") : undefined,
  };
  return html`<div class=${`field ${short ? "short" : ""} ${error ? "wrong" : ""}`}>
    <label for=${id}>${label}</label>
    <div class="field-line">
      ${choices
        ? html`<select ...${attributes}>${choices.map((each) => html`<option key=${each.value} value=${each.value} selected=${each.value === value}>${each.words}</option>`)}</select>`
        : rows
          ? html`<textarea rows=${rows} ...${attributes}></textarea>`
          : html`<input type=${type} ...${attributes} />`}
      ${after && html`<span id=${`${id}-after`} class="field-after">${after}</span>`}
    </div>
    ${hint && html`<p id=${`${id}-hint`} class="field-hint">${hint}</p>`}
    ${error && html`<p id=${`${id}-error`} class="field-error">${error}</p>`}
  </div>`;
}

/**
 * What the server said about each field of a form; what belongs to no field is at `""`.
 * @param {unknown} problem @param {string[]} fields @returns {{[field: string]: string}}
 */
export function faults(problem, fields) {
  const { message, body } = /** @type {any} */ (problem);
  const field = body?.field;
  return { [fields.includes(field) ? field : ""]: message };
}
