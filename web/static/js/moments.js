/** Moments to come, in the person's own zone: what is offered for snoozing and sending later, and what a form's fields say. Pure. */

/** @typedef {{words: string, at: number}} Offer `at` in ms since 1970 */

const HOUR = 3_600_000;
const MORNING = 9;

/** @param {number} now ms @param {number} days @param {number} hour */
function on(now, days, hour) {
  const day = new Date(now);
  day.setDate(day.getDate() + days);
  day.setHours(hour, 0, 0, 0);
  return day.getTime();
}

/** @param {number} now ms @returns {Offer[]} */
export function offers(now) {
  const toMonday = (8 - new Date(now).getDay()) % 7 || 7;
  const found = [
    { words: "In 1 hour", at: now + HOUR },
    { words: "In 3 hours", at: now + 3 * HOUR },
    { words: "Tomorrow, 09:00", at: on(now, 1, MORNING) },
  ];
  return toMonday > 1 ? [...found, { words: "Monday, 09:00", at: on(now, toMonday, MORNING) }] : found;
}

/** As the two inputs write a moment. @param {number} at @returns {{date: string, time: string}} */
export function fields(at) {
  const day = new Date(at);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return {
    date: `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`,
    time: `${two(day.getHours())}:${two(day.getMinutes())}`,
  };
}

/** @param {{date: string, time: string}} said @returns {number|null} ms, null for what is no moment */
export function read({ date, time }) {
  const at = new Date(`${date}T${time}`).getTime();
  return Number.isNaN(at) ? null : at;
}
