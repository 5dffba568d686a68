import { c, html } from "../../html.js";
import { Icon } from "../../parts/icon.js";

/**
 * The head of a section of the settings, and what stands in for its list while there is none.
 * @param {{title: string, about?: any, add?: string, adds?: () => void, why?: string, children?: any}} props
 *   `add` are the words of the button that adds one
 */
export function Section({ title, about, add, adds, why, children }) {
  return html`<header class="section-head"><h1 id="section">${title}</h1>
      ${add && html`<button class="button primary" onClick=${adds}>${c(Icon, { name: "plus" })}${add}</button>`}
      ${about && html`<p>${about}</p>`}</header>
    ${why && html`<p class="section-notice" role="note">${c(Icon, { name: "circle-alert" })}<span>This could not be loaded: ${why} Trying again in 5 s.</span></p>`}
    ${children}`;
}

/** An action on one row, named with it for who does not see the row. @param {{words: string, of: string, run: () => void, grave?: boolean}} props */
export function RowAct({ words, of, run, grave = false }) {
  return html`<button type="button" class=${`button small ${grave ? "grave" : ""}`} onClick=${run}>${words}<span class="unseen"> ${of}</span></button>`;
}
