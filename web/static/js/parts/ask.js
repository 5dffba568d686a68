import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api.js";
import { c, html } from "../html.js";
import { Dialog } from "./dialog.js";
import { faults } from "./field.js";

/**
 * A dialog that asks for something and does it. A refusal stands at its field, or above the buttons; the focus goes there.
 * @param {{title: string, act: string, run: () => Promise<unknown>, close: () => void, fields?: string[], grave?: boolean,
 *   disabled?: boolean, children: (faults: {[field: string]: string}) => any}} props
 *   `run` may answer false to keep the dialog open; `fields` are those that a refusal may name
 */
export function Ask({ title, act, run, close, fields = [], grave = false, disabled = false, children }) {
  const [wrong, setWrong] = useState(/** @type {{[field: string]: string}} */ ({}));
  const [busy, setBusy] = useState(false);
  const form = /** @type {{current: HTMLFormElement|null}} */ (useRef(null));
  useLayoutEffect(() => {
    const place = form.current?.querySelector("[aria-invalid=true], .form-fault");
    if (place instanceof HTMLElement) place.focus();
  }, [wrong]);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    try {
      if ((await run()) !== false) close();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      setWrong(faults(problem, fields));
    } finally {
      setBusy(false);
    }
  };
  return c(Dialog, {
    title,
    close,
    children: html`<form ref=${form} onSubmit=${submit} aria-busy=${busy}>
      ${children(wrong)}
      ${wrong[""] && html`<p class="form-fault" tabindex="-1">${wrong[""]}</p>`}
      <p class="dialog-acts"><button type="button" class="button" onClick=${close}>Cancel</button>
        <button class=${`button ${grave ? "grave" : "primary"}`} disabled=${busy || disabled}>${act}</button></p>
    </form>`,
  });
}
