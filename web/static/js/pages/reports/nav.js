import { html } from "../../html.js";

/** The reports of managers. @param {{at: string, app: import("../../app.js").App}} props */
export function ReportsNav({ at, app }) {
  if (app.me.role !== "manager") return null;
  const one = (/** @type {string} */ path, /** @type {string} */ words) => html`<a href=${`/reports/${path}`} aria-current=${path === at ? "page" : undefined}>${words}</a>`;
  return html`<nav class="report-nav" aria-label="Reports">${one("sms-conversations", "SMS Conversations")}${one("response-times", "Response times")}</nav>`;
}
