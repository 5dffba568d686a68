import { useId, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { nameOf, Options, steer } from "./options.js";

/** @typedef {import("./options.js").Option} Option */

/**
 * A field that narrows a list as one types, for one choice among many.
 * @param {{label: string, options: Option[]|null, chosen: Option|null, pick: (option: Option|null) => void, input?: (text: string) => void,
 *   empty?: string, placeholder?: string, focus?: boolean, error?: string}} props
 *   `options` is null while they are on their way; with `input` the one who gives the options narrows them, else they are narrowed here by their words
 */
export function Choose({ label, options, chosen, pick, input, empty = "Nobody by that name.", placeholder, focus = false, error }) {
  const id = useId();
  const [text, setText] = useState(chosen?.words ?? "");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const wanted = text.trim().toLowerCase();
  const found = input || chosen ? (options ?? []) : (options ?? []).filter((option) => option.words.toLowerCase().includes(wanted));
  const marked = Math.min(at, Math.max(0, found.length - 1));
  const take = (/** @type {Option} */ option) => {
    setText(option.words);
    setOpen(false);
    pick(option);
  };
  const type = (/** @type {string} */ words) => {
    setText(words);
    setOpen(true);
    setAt(0);
    if (chosen) pick(null);
    input?.(words);
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    // Where nothing was typed yet, Escape is the dialog's.
    if (event.key === "Escape" && !text) return;
    if (open) steer(event, { options: found, at: marked, move: setAt, pick: take, leave: () => setOpen(false) });
    else if (event.key === "ArrowDown") setOpen(true);
  };
  const shown = open && options !== null;
  return html`<div class=${`field choose ${error ? "wrong" : ""}`}>
    <label for=${id}>${label}</label>
    <input id=${id} autofocus=${focus} role="combobox" autocomplete="off" spellcheck=${false} aria-autocomplete="list" aria-expanded=${shown && found.length > 0}
      aria-controls=${`${id}-list`} aria-activedescendant=${shown ? nameOf(`${id}-list`, found[marked]) : undefined} aria-invalid=${error ? "true" : undefined}
      placeholder=${placeholder} value=${text} aria-describedby=${error ? `${id}-error` : undefined}
      onInput=${(/** @type {any} */ event) => type(event.currentTarget.value)} onKeyDown=${press}
      onFocus=${() => !chosen && setOpen(true)} onBlur=${() => setOpen(false)} />
    ${shown && found.length > 0 && c(Options, { id: `${id}-list`, label, options: found, at: marked, pick: take })}
    ${shown && found.length === 0 && wanted && html`<p class="field-hint" role="status">${empty}</p>`}
    ${error && html`<p id=${`${id}-error`} class="field-error">${error}</p>`}
  </div>`;
}
