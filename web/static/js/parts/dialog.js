import { useEffect, useRef } from "preact/hooks";
import { c, html } from "../html.js";
import { Icon } from "./icon.js";

/**
 * A modal dialog; the browser keeps the focus inside and gives it back.
 * @param {{title: string, close: () => void, children?: any}} props
 */
export function Dialog({ title, close, children }) {
  const box = /** @type {{current: HTMLDialogElement|null}} */ (useRef(null));
  useEffect(() => {
    box.current?.showModal();
    return () => box.current?.close();
  }, []);
  return html`<dialog ref=${box} class="dialog" aria-labelledby="dialog-title" onClose=${close}
      onClick=${(/** @type {MouseEvent} */ event) => event.target === box.current && close()}>
    <header><h2 id="dialog-title">${title}</h2>
      <button class="button square quiet" aria-label="Close" onClick=${close}>${c(Icon, { name: "x" })}</button></header>
    <div class="dialog-body">${children}</div>
  </dialog>`;
}
