import { useEffect, useRef, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { Icon } from "./icon.js";

/** @typedef {{words: string, icon: string, key?: string, checked?: boolean, run: () => void}} Item `checked`: one of several, chosen or not */

/**
 * A button with further actions. Arrow keys move, Escape closes and gives the focus back.
 * @param {{label: string, items: Item[], button?: {words: string, icon: string, look: string}, about?: string}} props `about` stands under the items
 */
export function Menu({ label, items, button, about }) {
  const [open, setOpen] = useState(false);
  const box = /** @type {{current: HTMLElement|null}} */ (useRef(null));
  const close = () => {
    setOpen(false);
    box.current?.querySelector("button")?.focus();
  };
  useEffect(() => {
    if (!open) return undefined;
    /** @type {HTMLElement|null|undefined} */ (box.current?.querySelector(".menu-item"))?.focus();
    return elsewhere(() => box.current, () => setOpen(false));
  }, [open]);
  const pick = (/** @type {Item} */ item) => () => {
    close();
    item.run();
  };
  return html`<div class="menu" ref=${box} onKeyDown=${(/** @type {KeyboardEvent} */ event) => open && steer(event, box.current, close)}>
    <button class=${button?.look ?? "button square"} aria-label=${label} aria-haspopup="menu" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      ${c(Icon, { name: button?.icon ?? "ellipsis" })}${button && html`<span class="menu-words">${button.words}</span>`}</button>
    ${open && html`<div class="menu-sheet" role="menu" aria-label=${label}>
      ${items.map((item) => html`<button class="menu-item" role=${item.checked === undefined ? "menuitem" : "menuitemradio"} aria-checked=${item.checked} tabindex="-1" key=${item.words} onClick=${pick(item)}>
        ${c(Icon, { name: item.icon })}<span>${item.words}</span>${item.key && html`<kbd aria-hidden="true">${item.key}</kbd>`}
      </button>`)}
      ${about && html`<p class="menu-about">${about}</p>`}
    </div>`}
  </div>`;
}

/** Calls `close` when the person goes elsewhere. @param {() => HTMLElement|null} menu @param {() => void} close @returns {() => void} */
function elsewhere(menu, close) {
  const leave = (/** @type {Event} */ event) => {
    const box = menu();
    if (box && event.target instanceof Node && !box.contains(event.target)) close();
  };
  document.addEventListener("pointerdown", leave);
  document.addEventListener("focusin", leave);
  return () => {
    document.removeEventListener("pointerdown", leave);
    document.removeEventListener("focusin", leave);
  };
}

/** @param {KeyboardEvent} event @param {HTMLElement|null} box @param {() => void} close */
function steer(event, box, close) {
  const items = [.../** @type {NodeListOf<HTMLElement>} */ (box?.querySelectorAll(".menu-item") ?? [])];
  const at = items.findIndex((item) => item === document.activeElement);
  if (event.key === "Escape") close();
  else if (event.key === "ArrowDown") items[(at + 1) % items.length]?.focus();
  else if (event.key === "ArrowUp") items.at(at <= 0 ? -1 : at - 1)?.focus();
  else if (event.key === "Home") items[0]?.focus();
  else if (event.key === "End") items.at(-1)?.focus();
  else if (event.key === "Tab") return close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
