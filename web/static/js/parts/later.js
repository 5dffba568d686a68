import { c, html } from "../html.js";
import { quietAt } from "../opening.js";
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
  return c(When, {
    app,
    title: "Send later",
    act: "Schedule",
    close,
    hint: (at) => html`${there(at) && html`For <bdi>${called(row.contact)}</bdi> it is ${there(at)} then.`}${hours && quiet && quietAt(hours, quiet.zones, at) && ` That is in quiet hours: it leaves at ${hours.to} their time.`}`,
    run: async (at) => send(at),
  });
}
