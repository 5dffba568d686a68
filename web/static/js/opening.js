/**
 * Quiet hours, as far as they need no page: what a refusal says of them, and whether a moment is quiet somewhere. Pure.
 *
 * @typedef {{from: string, to: string, exempt_reply_hours: number, state_hours: boolean}} QuietHours
 * @typedef {{opens_at: string, timezone: string, state: string|null}} Opening when a text may leave, by whose clock that is told, and for
 *   whose own hours it waits, such as "Texas: 09:00–21:00"
 * @typedef {Array<{from: string, to: string}|null>} Week when it is open on each day from Monday on; null: not at all
 */
import { dayThere, timeThere } from "./zones.js";

/** What a refusal says of when a text may leave; null for any other. @param {import("./api.js").Problem} problem @returns {Opening|null} */
export function openingOf({ code, body }) {
  return code === "quiet_hours" ? { opens_at: body.opens_at, timezone: body.timezone, state: body.state ?? null } : null;
}

/** What to ask for in quiet hours. @param {Opening|null} quiet @param {boolean} anyway @returns {{send_at?: string, anyway?: boolean}} */
export function inQuiet(quiet, anyway) {
  if (!quiet) return {};
  return anyway ? { anyway } : { send_at: quiet.opens_at };
}

/** Whether it is quiet in one of the zones at a moment. @param {{from: string, to: string}} hours @param {string[]} zones @param {number} at ms */
export function quietAt({ from, to }, zones, at) {
  return zones.some((zone) => {
    const there = timeThere(zone, at);
    return from < to ? from <= there && there < to : there >= from || there < to;
  });
}

/** Whether a state's own hours are over in one of the zones at a moment. @param {Week} week @param {string[]} zones @param {number} at ms */
export function closedAt(week, zones, at) {
  return zones.some((zone) => {
    const open = week[dayThere(zone, at)];
    const there = timeThere(zone, at);
    return !open || there < open.from || there >= open.to;
  });
}
