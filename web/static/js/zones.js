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

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** Which day it is there, 0 for Monday; NaN for a zone that is none. @param {string} zone @param {number} now ms */
export function dayThere(zone, now) {
  try {
    return DAYS.indexOf(new Intl.DateTimeFormat("en-GB", { weekday: "long", timeZone: zone }).format(now));
  } catch {
    return NaN;
  }
}

/** Its name there, where it is later than tomorrow; else nothing. @param {string} zone @param {number} at ms @param {number} now ms */
export function laterDayThere(zone, at, now) {
  const day = dayThere(zone, at);
  const near = [now, now + 86_400_000].some((moment) => dayThere(zone, moment) === day);
  return near && at - now < 6 * 86_400_000 ? "" : (DAYS[day] ?? "");
}

/** Hours as "09:00–18:00" that no line break cuts. @param {string} hours */
export function unbroken(hours) {
  return hours.replaceAll("–", "–\u2060");
}

/** As people call it: America/New_York is New York. @param {string} zone */
export function placeOf(zone) {
  return zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ");
}
