/**
 * How contacts, their numbers and what happened to them read. Pure.
 *
 * @import {Contact, Latest, Phone} from "./contact_query.js"
 */
import { clockTime, day, phone } from "./words.js";

/** A contact's name; one that is named by its number reads as a number. @param {{name: string}} contact */
export function calledContact({ name }) {
  return phone(name);
}

/** The number that a row shows: the first mobile one, else the first. @param {Contact} contact @returns {Phone|null} */
export function mainPhone({ phones }) {
  return phones.find(({ kind }) => kind === "mobile") ?? phones[0] ?? null;
}

/** @param {Latest} latest @param {string} me */
export function latestWords({ direction, user, body }, me) {
  const words = body || (direction === null ? "No texts yet" : "Picture");
  if (direction !== "outbound") return words;
  return `${user === null ? "Automatic" : user.id === me ? "You" : user.name}: ${words}`;
}

/** `14:02` today, else with the day. @param {string} at @param {number} now ms */
export function when(at, now) {
  const on = day(at, now);
  return on === "Today" ? clockTime(at) : `${on}, ${clockTime(at)}`;
}

/** @type {{[reason: string]: string}} */
const WHY = { text_sent: "by text", by_hand: "by hand", bulk: "in bulk", undo: "by undoing", import: "by import" };

/** How and by whom. @param {any} event */
function how(event) {
  const { reason } = event.data;
  const who = event.actor?.name;
  if (reason === "by_hand") return who ? `by ${who}` : WHY["by_hand"];
  return [WHY[reason] ?? "", who && `${reason === "text_sent" ? "from" : "by"} ${who}`].filter(Boolean).join(" ");
}

/** Since when Ready is as it is. @param {Contact} contact @param {any[]} events of the contact, newest first @param {number} now ms */
export function readySays({ ready }, events, now) {
  const word = ready ? "on" : "off";
  const last = events.find((event) => event.type === "contact.ready_changed" && event.data.contact.ready === ready);
  return last ? `Ready: ${word} · ${how(last)} ${when(last.at, now)}` : `Ready: ${word}`;
}

/** @type {{[source: string]: string}} */
const OUT = { keyword: " by texting STOP", user: " by hand", carrier: ": the carrier says so", import: " by a list", review: ": a person read it so" };

/** @type {{[reason: string]: string}} */
const REVIEWED = { consent_review: "A text may be an opt-out", consent_kept: "It was no opt-out" };

/** @type {{[type: string]: (event: any) => string}} */
const HAPPENED = {
  "contact.created": () => "Created",
  "contact.updated": (event) => REVIEWED[event.data.reason] ?? "Changed",
  "contact.deleted": () => "Deleted",
  "contact.ready_changed": (event) => `Ready turned ${event.data.contact.ready ? "on" : "off"}${WHY[event.data.reason] ? ` ${WHY[event.data.reason]}` : ""}`,
  "contact.opted_out": (event) => `Opted out${OUT[event.data.reason] ?? ""}`,
  "contact.opted_in": (event) => `Opted in${["keyword", "carrier_block"].includes(event.data.reason) ? " by texting START" : ""}`,
};

/** What one event did to a contact. @param {any} event */
export function happened(event) {
  return HAPPENED[event.type]?.(event) ?? event.type;
}

/** @param {number} n */
export function counted(n) {
  return n.toLocaleString("en-US");
}

/** @param {number} n */
export function contactsCounted(n) {
  return `${counted(n)} ${n === 1 ? "contact" : "contacts"}`;
}

/**
 * @typedef {{id: string, number: string, kind: string, source: string, user: string|null, by?: {id: string, name: string}|null, says: string|null,
 *   at: string, asked_at?: string|null}} Entry a line of the consent ledger
 */

/** @type {{[source: string]: string}} */
const SOURCES = { carrier: "as the carrier says" };

/** @type {{[kind: string]: string}} */
const LATE = { opted_out: "texted STOP", opted_in: "texted START", review: "written what may be an opt-out" };

/** @param {Entry} entry @param {Map<string, string>} names of the users, by id */
export function consentSays({ kind, source, user, by, says }, names) {
  const out = kind === "opted_out";
  const person = names.get(user ?? "") ?? by?.name ?? "a colleague";
  if (source === "late") return `had ${LATE[kind] ?? ""} before, which reached us late`;
  if (kind === "review") return says === null ? "sent a text whose words are lost, and which may be an opt-out" : "wrote what may be an opt-out";
  if (source === "words") return "sent no opt-out: the words of the text came";
  if (kind === "kept") return source === "review" ? `was not opted out: ${person} decided` : "wrote START";
  if (source === "review") return `was opted out: ${person} decided`;
  if (source === "import") return `was opted out by a list that ${person} imported`;
  const verb = out ? "opted out" : "opted in";
  if (source === "keyword") return `${verb} by texting ${out ? "STOP" : "START"}`;
  if (source === "user") return `${out ? "was opted out" : "was opted in"} by ${person}`;
  return `${verb} ${SOURCES[source] ?? ""}`.trim();
}
