import { useEffect, useRef } from "preact/hooks";
import { c, html } from "../html.js";
import { Icon } from "./icon.js";

/** @typedef {{words: string, icon: string, key?: string, run: () => void}} Item */

/** A button with further actions. Arrow keys move, Escape closes and gives the focus back. @param {{label: string, items: Item[]}} props */
export function Menu({ label, items }) {
  const box = /** @type {{current: HTMLDetailsElement|null}} */ (useRef(null));
  useEffect(() => closeOutside(() => box.current), []);
  const pick = (/** @type {Item} */ item) => () => {
    if (box.current) box.current.open = false;
    item.run();
  };
  return html`<details class="menu" ref=${box} onKeyDown=${steer}>
    <summary class="button square" aria-label=${label}>${c(Icon, { name: "ellipsis" })}</summary>
    <div class="menu-sheet">
      ${items.map((item) => html`<button class="menu-item" key=${item.words} onClick=${pick(item)}>
        ${c(Icon, { name: item.icon })}<span>${item.words}</span>${item.key && html`<kbd>${item.key}</kbd>`}
      </button>`)}
    </div>
  </details>`;
}

/** Closes a `details` menu when the person goes elsewhere. @param {() => HTMLDetailsElement|null} menu @returns {() => void} */
export function closeOutside(menu) {
  const leave = (/** @type {Event} */ event) => {
    const box = menu();
    if (box?.open && event.target instanceof Node && !box.contains(event.target)) box.open = false;
  };
  document.addEventListener("pointerdown", leave);
  document.addEventListener("focusin", leave);
  return () => {
    document.removeEventListener("pointerdown", leave);
    document.removeEventListener("focusin", leave);
  };
}

/** @param {KeyboardEvent & {currentTarget: HTMLDetailsElement}} event */
export function steer(event) {
  const box = event.currentTarget;
  if (!box.open) return;
  const items = [.../** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll(".menu-item"))];
  const at = items.findIndex((item) => item === document.activeElement);
  if (event.key === "Escape") {
    box.open = false;
    box.querySelector("summary")?.focus();
  } else if (event.key === "ArrowDown") items[(at + 1) % items.length]?.focus();
  else if (event.key === "ArrowUp") items.at(at <= 0 ? -1 : at - 1)?.focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
