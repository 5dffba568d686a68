import { c, html } from "../html.js";
import { closedAt, quietAt } from "../opening.js";
import { called } from "../words.js";
import { timeThere } from "../zones.js";
import { When } from "./when.js";

/**
 * When a text shall leave. @param {{app: import("../app.js").App, row: import("../shapes.js").Conversation, zone: string|null, quiet: import("../quiet.js").Quiet|null, send: (at: string) => void, close: () => void}} props
 *   `zone` is the contact's
 */
export function Later({ app, row, zone, quiet, send, close }) {
  const hours = app.store.settings.quiet_hours;
  const there = (/** @type {number} */ at) => (zone ? timeThere(zone, at) : "");
  const hint = (/** @type {number} */ at) => {
    if (!hours || !quiet) return "";
    if (quiet.week && closedAt(quiet.week, quiet.zones, at)) return " That is in quiet hours there: it leaves when they are over.";
    return quietAt(hours, quiet.zones, at) ? ` That is in quiet hours: it leaves at ${hours.to} their time.` : "";
  };
  return c(When, {
    app,
    title: "Send later",
    act: "Schedule",
    close,
    hint: (at) => html`${there(at) && html`For <bdi>${called(row.contact)}</bdi> it is ${there(at)} then.`}${hint(at)}`,
    run: async (at) => send(at),
  });
}
