import { html, c } from "../html.js";
import { Icon } from "./icon.js";
import { MAC } from "../keys.js";

/** The search of the bar: it opens the command menu. @param {{open: () => void}} props */
export function Search({ open }) {
  return html`<button class="search" aria-keyshortcuts="Control+K" onClick=${open}>${c(Icon, { name: "search" })}
    <span class="search-words">Search</span><kbd aria-hidden="true">${MAC ? "⌘" : "Ctrl"} K</kbd></button>`;
}
