import { c, html } from "../html.js";
import { called } from "../words.js";
import { timeThere } from "../zones.js";
import { When } from "./when.js";

/**
 * When a text shall leave. @param {{app: import("../app.js").App, row: import("../shapes.js").Conversation, zone: string|null, send: (at: string) => void, close: () => void}} props
 *   `zone` is the contact's
 */
export function Later({ app, row, zone, send, close }) {
  const there = (/** @type {number} */ at) => (zone ? timeThere(zone, at) : "");
  return c(When, {
    app,
    title: "Send later",
    act: "Schedule",
    close,
    hint: (at) => there(at) && html`For <bdi>${called(row.contact)}</bdi> it is ${there(at)} then.`,
    run: async (at) => send(at),
  });
}
