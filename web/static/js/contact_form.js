/**
 * A contact as its form holds it: what was changed here, what somebody else changed meanwhile, and what is saved. Pure.
 *
 * @import {Contact} from "./contact_query.js"
 * @typedef {{number: string, kind: string}} PhoneLine
 * @typedef {{name: string, phones: PhoneLine[], timezone: string, tags: string[], fields: Array<{name: string, value: string}>}} Draft
 * @typedef {keyof Draft} Part
 */

/** @type {Part[]} */
const PARTS = ["name", "phones", "timezone", "tags", "fields"];
/** @type {{[P in Part]: string}} */
export const WORDS = { name: "name", phones: "phones", timezone: "time zone", tags: "tags", fields: "fields" };

/** @param {Contact} contact @returns {Draft} */
export function draftOf({ name, phones, timezone, tags, fields }) {
  return {
    name,
    phones: phones.map(({ number, kind }) => ({ number, kind })),
    timezone: timezone ?? "",
    tags: [...tags],
    fields: Object.entries(fields).map(([name, value]) => ({ name, value })),
  };
}

/** The parts in which two drafts differ. @param {Draft} a @param {Draft} b @returns {Part[]} */
export function differing(a, b) {
  return PARTS.filter((part) => JSON.stringify(wire(a, part)) !== JSON.stringify(wire(b, part)));
}

/** One part as the API takes it. Empty lines are nothing. @param {Draft} draft @param {Part} part */
function wire(draft, part) {
  if (part === "timezone") return draft.timezone || null;
  if (part === "phones") return draft.phones.filter(({ number }) => number.trim()).map(({ number, kind }) => ({ number: number.trim(), kind }));
  if (part === "fields") {
    const named = draft.fields.filter(({ name }) => name.trim()).map(({ name, value }) => /** @type {[string, string]} */ ([name.trim(), value]));
    return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  if (part === "name") return draft.name.trim();
  return draft.tags;
}

/** The body of the call that saves what was changed here. @param {Draft} base @param {Draft} draft @returns {{[part: string]: any}} */
export function changes(base, draft) {
  return Object.fromEntries(differing(base, draft).map((part) => [part, wire(draft, part)]));
}

/**
 * Somebody else changed the contact: what was not touched here follows; what both changed, and not alike, is told.
 * @param {Draft} base @param {Draft} draft @param {Draft} theirs
 * @returns {{draft: Draft, conflicts: Part[]}}
 */
export function merge(base, draft, theirs) {
  const [mine, others] = [differing(base, draft), differing(base, theirs)];
  const apart = differing(draft, theirs);
  /** @type {any} */
  const merged = { ...draft };
  for (const part of others) if (!mine.includes(part)) merged[part] = theirs[part];
  return { draft: merged, conflicts: mine.filter((part) => others.includes(part) && apart.includes(part)) };
}
