/** The time zones that this browser knows, by their IANA names. */

/** @type {string[]} */
export const ZONES = Intl.supportedValuesOf("timeZone");

/** What the clock there says now; empty for a zone that is none. @param {string} zone @param {number} now ms */
export function timeThere(zone, now) {
  try {
    return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(now);
  } catch {
    return "";
  }
}

/** As people call it: America/New_York is New York. @param {string} zone */
export function placeOf(zone) {
  return zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ");
}
