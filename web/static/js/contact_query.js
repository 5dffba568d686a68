/**
 * A contact's row, which contacts a page asks for, and in which order. Pure.
 *
 * @typedef {{number: string, kind: string, opted_out?: boolean, consent_review?: string|null}} Phone
 * @typedef {{
 *   conversation: string, at: string, active_at?: string, direction: string|null, user: {id: string, name: string}|null, body: string,
 *   owner: {id: string, name: string}|null, waiting_since: string|null, public_since: string|null,
 * }} Latest
 * @typedef {{
 *   id: string, name: string, phones: Phone[], ready: boolean, tags: string[], timezone: string|null, fields: {[name: string]: string},
 *   opted_out?: boolean, created_at: string, updated_at: string, latest: Latest|null,
 * }} Contact
 * @typedef {{q: string, ready: string, tag: string, live_filter: string, sort: string}} Query each "" when not asked for
 */

/** @type {Query} */
export const EVERYBODY = { q: "", ready: "", tag: "", live_filter: "", sort: "" };

/** A query as the API takes it. @param {Query} query @param {{[name: string]: string}} [more] */
export function filterOf({ q, ready, tag, live_filter }, more = {}) {
  const asked = Object.entries({ q, ready, tag, live_filter, ...more }).filter(([, value]) => value !== "");
  return new URLSearchParams(asked).toString();
}

/** As far as a contact itself says. @param {Contact} contact @param {Query} query */
export function matches(contact, { ready, tag }) {
  return (!ready || String(contact.ready) === ready) && (!tag || contact.tags.includes(tag));
}

/** Nothing changed that a search looks at. @param {Contact} a @param {Contact} b */
export function sameWords(a, b) {
  const words = (/** @type {Contact} */ { name, phones, fields }) => [name, phones.map((phone) => phone.number), fields];
  return same(words(a), words(b));
}

/** @param {Contact} a @param {Contact} b @param {string} sort */
export function compare(a, b, sort) {
  const order = (/** @type {string} */ x, /** @type {string} */ y) => (x < y ? -1 : x > y ? 1 : 0);
  if (sort === "-name") return order(b.name, a.name) || order(b.id, a.id);
  if (sort !== "recent") return order(a.name, b.name) || order(a.id, b.id);
  const [x, y] = [a.latest, b.latest];
  if (x && y) return order(activity(y), activity(x)) || order(y.conversation, x.conversation);
  if (x || y) return x ? -1 : 1;
  return order(b.id, a.id);
}

/** A contact's newest conversation as its row shows it. @param {any} conversation @returns {Latest} */
export function latestOf(conversation) {
  const { id, last_message: message, active_at, owner, waiting_since, public_since } = conversation;
  const { created_at = active_at, direction = null, user = null, body = "" } = message ?? {};
  return { conversation: id, at: created_at, active_at, direction, user, body: [...body].slice(0, 100).join(""), owner, waiting_since, public_since };
}

/** @param {Latest} latest */
export function activity({ active_at, at }) {
  return active_at ?? at;
}

/** @param {any} a @param {any} b */
export function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}
