/**
 * Whether a text may leave to a contact now, as the server says it.
 *
 * @typedef {{opens_at: string|null, timezone: string, zones: string[], until: string|null, state: string|null, week: import("./opening.js").Week|null}} Quiet
 */
import { useEffect, useRef } from "preact/hooks";
import { useReading } from "./reading.js";

/** How it is for this conversation; null without quiet hours, and before the server has said. @param {import("./app.js").App} app @param {import("./shapes.js").Conversation} row @returns {Quiet|null} */
export function useQuiet(app, row) {
  app.screen.settings.value;
  const on = Boolean(app.store.settings.quiet_hours);
  const stale = (/** @type {import("./shapes.js").Event} */ event) =>
    event.type === "settings.changed" ||
    (event.type === "contact.updated" && event.data.contact.id === row.contact.id) ||
    (event.type === "message.received" && event.conversation === row.id);
  const reading = useReading(app, on ? `/conversations/${row.id}/quiet-hours` : null, stale);
  const quiet = on ? reading.data : null;
  const until = quiet?.until ?? null;
  useOver(app, until, reading.again);
  return quiet;
}

/** Asks again when the answer is over. @param {import("./app.js").App} app @param {string|null} until @param {() => Promise<void>} again */
function useOver(app, until, again) {
  const minute = until === null ? 0 : app.screen.minute.value;
  const asked = useRef("");
  useEffect(() => {
    if (until === null || asked.current === until || app.clock.now() < Date.parse(until)) return;
    asked.current = until;
    again();
  }, [minute, until]);
}
