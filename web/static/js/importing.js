/**
 * What an import of contacts says and asks. Pure.
 *
 * @typedef {{header: string, as: string, sample: string[]}} ImportColumn
 * @typedef {{line: number, column: string|null, says: string}} Fault
 * @typedef {{id?: string, columns: ImportColumn[], rows: number, new: number, updated: number, skipped: number, rejected: number, errors: Fault[]}} DryRun
 * @typedef {{id: string, state: "running"|"done"|"failed", rows: number, done: number, new: number, updated: number, skipped: number, rejected: number, errors: Fault[]}} Import
 */
import { counted } from "./contact_words.js";

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

/** `1,204 new, 37 updated, 12 rejected`. @param {{new: number, updated: number, skipped: number, rejected: number}} figures */
export function sums({ new: made, updated, skipped, rejected }) {
  const parts = [`${counted(made)} new`, `${counted(updated)} updated`];
  if (skipped > 0) parts.push(`${counted(skipped)} skipped`);
  return [...parts, `${counted(rejected)} rejected`].join(", ");
}

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
