/**
 * The inbox lists as views over the rows that this tab knows. Which rows belong to a view and in which order is the same
 * rule here as in `GET /conversations?view=`.
 *
 * @import {Conversation, Tally, View} from "./shapes.js"
 */
import { VIEWS } from "./shapes.js";

/** @typedef {{view: View, state: "new"|"again"|"loading"|"ready"|"failed", why: string, next: string|null, last: Conversation|null}} List
 *  `last` is the last row that the server has given, as it was then: what stands before it is all here */

/** @type {{[V in View]: (row: Conversation) => boolean}} */
const BELONGS = {
  mine: (row) => row.role === "owner" && !row.closed_at,
  subscribed: (row) => row.role === "subscriber" && !row.closed_at,
  pool: (row) => row.public_since !== null,
  unanswered: (row) => row.waiting_since !== null,
  all: () => true,
  closed: (row) => row.closed_at !== null,
};

/** @param {Conversation} row */
const activity = (row) => row.active_at ?? row.last_message?.created_at ?? row.claimed_at ?? "";
const LATE = "9999";
/** Unread is personal, so only one's own lists count it. @type {View[]} */
const OWN = ["mine", "subscribed"];

/** @param {View} view @param {Conversation} a @param {Conversation} b */
export function compare(view, a, b) {
  if (view === "pool") return order(a.waiting_since ?? LATE, b.waiting_since ?? LATE) || order(a.id, b.id);
  if (view === "unanswered") {
    const soon = order(a.public_at ?? LATE, b.public_at ?? LATE);
    return soon || order(a.clock_start ?? LATE, b.clock_start ?? LATE) || order(a.id, b.id);
  }
  return order(activity(b), activity(a)) || order(b.id, a.id);
}

/** @param {string} a @param {string} b */
function order(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** @param {View} view @param {Conversation} row */
export function belongs(view, row) {
  return BELONGS[view](row);
}

/** @param {View} view @returns {List} */
export function newList(view) {
  return { view, state: "new", why: "", next: null, last: null };
}

/** @param {string} text @param {Conversation} row */
export function matches(text, row) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return true;
  if (row.contact.name.toLowerCase().includes(wanted)) return true;
  const digits = wanted.replace(/\D/g, "");
  return digits.length > 1 && row.contact.phone.replace(/\D/g, "").includes(digits);
}

/**
 * Moves the counts by what one change did to one row; unknown before or after is null.
 * @param {{[V in View]: Tally}} tallies @param {Conversation|null} before @param {Conversation|null} after
 */
export function retally(tallies, before, after) {
  for (const view of VIEWS) {
    const was = before !== null && belongs(view, before);
    const is = after !== null && belongs(view, after);
    const tally = tallies[view];
    tally.all = Math.max(0, tally.all + Number(is) - Number(was));
    if (!OWN.includes(view)) continue;
    const wasUnread = was && before.unread > 0;
    const isUnread = is && after.unread > 0;
    tally.unread = Math.max(0, tally.unread + Number(isUnread) - Number(wasUnread));
  }
}

/**
 * Does this change of one row move any count?
 * @param {Conversation} before @param {Conversation|null} after
 */
export function moves(before, after) {
  if (after === null || before.unread > 0 !== after.unread > 0) return true;
  return VIEWS.some((view) => belongs(view, before) !== belongs(view, after));
}
