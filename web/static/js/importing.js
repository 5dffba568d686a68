/**
 * What an import of contacts or of opt-outs says and asks. Pure.
 *
 * @typedef {{header: string, as: string, sample: string[]}} ImportColumn
 * @typedef {{line: number, column: string|null, says: string}} Fault
 * @typedef {{id?: string, columns: ImportColumn[], rows: number, new: number, updated: number, skipped: number, rejected: number, errors: Fault[]}} DryRun
 * @typedef {{id: string, state: "running"|"done"|"failed", rows: number, done: number, new: number, updated: number, skipped: number, rejected: number, errors: Fault[]}} Import
 */
import { counted } from "./contact_words.js";

/**
 * What is imported: where its calls and its page are, where one goes when it is done, and what became of its lines.
 * @typedef {{calls: string, page: string, done: {href: string, words: string}|null, sums: (figures: Figures) => string}} Kind
 * @typedef {{new: number, updated: number, skipped: number, rejected: number}} Figures
 */

/** @type {Array<[as: string, words: string]>} */
export const MEANINGS = [
  ["ignore", "Leave out"],
  ["name", "Name"],
  ["phone", "Phone"],
  ["mobile", "Mobile number"],
  ["landline", "Landline number"],
  ["other", "Other number"],
  ["email", "Email"],
  ["ready", "Ready"],
  ["tags", "Tags"],
  ["timezone", "Time zone"],
  ["field:", "Field…"],
];

/** `1,204 new, 37 updated, 12 rejected`. @param {Figures} figures */
export function sums({ new: made, updated, skipped, rejected }) {
  const parts = [`${counted(made)} new`, `${counted(updated)} updated`];
  if (skipped > 0) parts.push(`${counted(skipped)} skipped`);
  return [...parts, `${counted(rejected)} rejected`].join(", ");
}

/** `1,204 opted out, 37 skipped, 12 rejected`: skipped is who is opted out already, or came back after the line's date. @param {Figures} figures @param {boolean} [done] false: it is only foreseen */
export function optOutSums({ new: made, skipped, rejected }, done = true) {
  return [`${counted(made)} ${done ? "opted out" : "to opt out"}`, ...(skipped > 0 ? [`${counted(skipped)} skipped`] : []), `${counted(rejected)} rejected`].join(", ");
}

/** @type {Kind} */
export const CONTACTS = { calls: "/contacts", page: "/contacts/import", done: { href: "/contacts", words: "Go to contacts" }, sums };

/** @type {Kind} */
export const OPT_OUTS = { calls: "/opt-outs", page: "/settings/opt-outs", done: null, sums: optOutSums };

/** The query of the call. @param {boolean} dry @param {string} duplicates @param {{[header: string]: string}|null} mapping null: guessed from the headers */
export function importQuery(dry, duplicates, mapping) {
  const asked = new URLSearchParams({ dry_run: String(dry), duplicates });
  if (mapping !== null) asked.set("mapping", JSON.stringify(mapping));
  return asked.toString();
}

/** @param {ImportColumn[]} columns @returns {{[header: string]: string}} */
export function mappingOf(columns) {
  return Object.fromEntries(columns.map(({ header, as }) => [header, as]));
}

/** What the mapping lacks, in words; empty when it will do. @param {{[header: string]: string}} mapping */
export function lacks(mapping) {
  const used = Object.values(mapping);
  if (used.some((as) => as === "field:")) return "Give each field a name.";
  const twice = ["email", "ready", "timezone"].find((as) => used.filter((each) => each === as).length > 1);
  if (twice) return `Only one column can be “${MEANINGS.find(([as]) => as === twice)?.[1]}”.`;
  return used.some((as) => ["phone", "mobile", "landline", "other"].includes(as)) ? "" : "Say which column holds the number.";
}
