import { counted } from "../contact_words.js";
import { html } from "../html.js";

/** What is wrong with lines of a file, each in words. @param {{errors: import("../importing.js").Fault[]}} props */
export function Faults({ errors }) {
  return html`<ul class="faults">${errors.map(({ line, column, says }, at) => html`<li key=${at}>Line ${counted(line)}${column && html`, <bdi>${column}</bdi>`}: <bdi>${says}</bdi></li>`)}</ul>`;
}
