/** When a conversation goes public, as server/domain/clocks.py has it; both are tried with the same cases. Pure. */

/**
 * @param {{clock_start: number|null, waiting_since: number|null}} clock @param {number|null} minutes null means never
 * @param {number} minute how long a minute is, in the clock's unit @returns {number|null} null where no deadline runs
 */
export function deadline({ clock_start, waiting_since }, minutes, minute) {
  if (clock_start === null || minutes === null) return null;
  if (minutes === 0 && clock_start !== waiting_since) return null;
  return clock_start + minutes * minute;
}

/** The same of a row, whose instants are RFC 3339. @param {import("./shapes.js").Conversation} row @param {number|null} minutes @returns {string|null} */
export function publicAt({ clock_start, waiting_since }, minutes) {
  const at = (/** @type {string|null} */ instant) => (instant === null ? null : Date.parse(instant));
  // Whether the clock began with the wait is told by the whole instants: they are finer than a millisecond.
  const began = clock_start === waiting_since ? at(clock_start) : null;
  const due = deadline({ clock_start: at(clock_start), waiting_since: began }, minutes, 60_000);
  // Whole minutes later, so what is finer than a second stays as it is written.
  return due === null ? null : new Date(due).toISOString().slice(0, 19) + (clock_start ?? "").slice(19);
}
