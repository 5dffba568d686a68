import { html } from "../html.js";

const SPRITE = new URL("../../icons.svg", import.meta.url).pathname;

/** A drawing beside words; it is never the only name of anything. @param {{name: string}} props */
export function Icon({ name }) {
  return html`<svg class="icon" aria-hidden="true"><use href=${`${SPRITE}#${name}`} /></svg>`;
}
