/**
 * What is done to many contacts at once: the body of the call, and the words of its button. Pure.
 *
 * @typedef {"ready"|"unready"|"add_tag"|"remove_tag"|"owner"|"export"|"delete"} Deed
 */
import { contactsCounted } from "./contact_words.js";

/** @type {Array<[Deed, string]>} */
export const DEEDS = [
  ["ready", "Set Ready on"],
  ["unready", "Set Ready off"],
  ["add_tag", "Add a tag"],
  ["remove_tag", "Remove a tag"],
  ["owner", "Assign owner"],
  ["export", "Export"],
  ["delete", "Delete"],
];

/** What the server is told to do. @param {Deed} deed @param {string} value a tag or a user's id; "" is nobody */
export function doing(deed, value) {
  if (deed === "ready" || deed === "unready") return { ready: deed === "ready" };
  if (deed === "add_tag" || deed === "remove_tag") return { [deed]: value.trim() };
  return deed === "owner" ? { owner: value || null } : { delete: true };
}

/** @param {Deed} deed @param {string} value a tag or a person's name @param {number|null} n null: more than are counted */
export function buttonWords(deed, value, n) {
  const many = n === null ? "more than 10,000 contacts" : contactsCounted(n);
  if (deed === "ready") return `Set Ready for ${many}`;
  if (deed === "unready") return `Set Ready off for ${many}`;
  if (deed === "add_tag") return `Add tag${value ? ` “${value}”` : ""} to ${many}`;
  if (deed === "remove_tag") return `Remove tag${value ? ` “${value}”` : ""} from ${many}`;
  if (deed === "owner") return `Assign ${value || "nobody"} to ${many}`;
  return `${deed === "export" ? "Export" : "Delete"} ${many}`;
}

/** What was done. @param {Deed} deed @param {string} value @param {number} n @param {number} skipped */
export function doneWords(deed, value, n, skipped) {
  const many = contactsCounted(n);
  const rest = skipped > 0 ? ` ${SKIPPED[deed]?.(skipped) ?? ""}` : "";
  if (deed === "ready" || deed === "unready") return `Ready turned ${deed === "ready" ? "on" : "off"} for ${many}.${rest}`;
  if (deed === "add_tag") return `Tag “${value}” added to ${many}.${rest}`;
  if (deed === "remove_tag") return `Tag “${value}” removed from ${many}.${rest}`;
  if (deed === "owner") return `${value || "Nobody"} owns the conversations of ${many} now.${rest}`;
  return `${many.charAt(0).toUpperCase()}${many.slice(1)} deleted.${rest}`;
}

/** @type {{[deed: string]: (n: number) => string}} */
const SKIPPED = {
  ready: (n) => `${contactsCounted(n)} had it on.`,
  unready: (n) => `${contactsCounted(n)} had it off.`,
  add_tag: (n) => `${contactsCounted(n)} had it.`,
  remove_tag: (n) => `${contactsCounted(n)} did not have it.`,
  owner: (n) => `${contactsCounted(n)} ${n === 1 ? "has" : "have"} no conversation, or the same owner.`,
  delete: (n) => `${contactsCounted(n)} ${n === 1 ? "has" : "have"} a conversation and ${n === 1 ? "stays" : "stay"}.`,
};
