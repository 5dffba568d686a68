import { html } from "../html.js";

/** @param {{app: import("../app.js").App}} _props */
export function Page(_props) {
  return html`<section class="page"><h1>Contacts</h1></section>`;
}
