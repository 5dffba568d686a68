/** How moments, lengths and shares read in reports and lists. Pure; moments are RFC 3339, lengths seconds. */
import { count as segmented } from "./segments.js";
import { clockTime, some } from "./words.js";

const SECONDS = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const YEAR = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const COUNT = new Intl.NumberFormat("en-GB");

/** `14:02:11`. @param {string|number} at */
export function clockSeconds(at) {
  return SECONDS.format(new Date(at));
}

/** `14:02` today, `21 Nov 14:02` before, with the year in another one. @param {string} at @param {number} now ms */
export function stamp(at, now) {
  const [then, today] = [new Date(at), new Date(now)];
  if (then.toDateString() === today.toDateString()) return clockTime(at);
  return `${(then.getFullYear() === today.getFullYear() ? DAY : YEAR).format(then)} ${clockTime(at)}`;
}

/** A length: `45 s`, `4 min`, `3 h 05`, `2 days`; `–` for none. @param {number|null|undefined} seconds */
export function length(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
  return `${Math.round(minutes / 1440)} days`;
}

/** `93 %`; `–` for none. @param {number|null|undefined} share 0 to 1 */
export function percent(share) {
  if (share === null || share === undefined) return "–";
  const whole = share * 100;
  return `${whole > 0 && whole < 10 ? Math.round(whole * 10) / 10 : Math.round(whole)} %`;
}

/** `1,912`. @param {number|null|undefined} n */
export function count(n) {
  return n === null || n === undefined ? "–" : COUNT.format(n);
}

/** What a text would cost: `26 characters, 1 segment`. @param {string} text */
export function size(text) {
  return `${some([...text].length, "character")}, ${some(Math.max(1, segmented(text).segments), "segment")}`;
}

/** The person's time zone, by IANA's name. */
export function zone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
