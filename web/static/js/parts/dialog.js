import { useLayoutEffect, useRef } from "preact/hooks";
import { c, html } from "../html.js";
import { Icon } from "./icon.js";

/**
 * A modal dialog; the browser keeps the focus inside and gives it back, however it was closed.
 * @param {{title: string, close: () => void, children?: any}} props
 */
export function Dialog({ title, close, children }) {
  const box = /** @type {{current: HTMLDialogElement|null}} */ (useRef(null));
  const leave = useRef(close);
  leave.current = close;
  useLayoutEffect(() => {
    // Kept here: at the end the reference is empty already.
    const dialog = box.current;
    if (!dialog) return undefined;
    const closed = () => leave.current();
    dialog.showModal();
    dialog.addEventListener("close", closed);
    return () => {
      // Told later, this would close what has been opened since.
      dialog.removeEventListener("close", closed);
      dialog.close();
    };
  }, []);
  return html`<dialog ref=${box} class="dialog" aria-labelledby="dialog-title"
      onClick=${(/** @type {MouseEvent} */ event) => event.target === box.current && close()}>
    <header><h2 id="dialog-title">${title}</h2>
      <button class="button square quiet" aria-label="Close" onClick=${close}>${c(Icon, { name: "x" })}</button></header>
    <div class="dialog-body">${children}</div>
  </dialog>`;
}
