/**
 * Merge fields of saved replies: `{{contact.first_name}}` and its like become the values of this contact, this person and
 * this account. A field without a value stays as it is written, and is told, so that the person sees it before it is sent.
 * Pure. server/domain/merge.py knows the same fields, by the same cases.
 *
 * @typedef {{name: string, fields?: {[name: string]: string}}} MergedContact
 * @typedef {{contact: MergedContact|null, user: {name: string}, account: {name: string}}} Values
 * @typedef {{field: string, start: number, end: number}} Place  where it stands in the text, in UTF-16 units
 */

export const FIELDS = ["contact.name", "contact.first_name", "user.name", "user.first_name", "account.name"];
const OWN_FIELD = "contact.fields.";
const PLACES = /\{\{(.*?)\}\}/gs;
const SPACES = /^[ \t\r\n]+|[ \t\r\n]+$/g;

/** @param {string} name */
function known(name) {
  return FIELDS.includes(name) || (name.startsWith(OWN_FIELD) && name.length > OWN_FIELD.length && !name.includes("{"));
}

/** What stands in double braces and is no merge field, each once, in order. @param {string} body @returns {string[]} */
export function unknownFields(body) {
  return [...new Set(places(body).map((place) => place.field))].filter((field) => !known(field));
}

/** Every place in double braces, merge field or not. @param {string} text @returns {Place[]} */
export function places(text) {
  return [...text.matchAll(PLACES)].map((match) => ({
    field: /** @type {string} */ (match[1]).replace(SPACES, ""),
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/**
 * @param {string} body @param {Values} values
 * @returns {{text: string, empty: Place[]}} `empty` are the places that have no value, where they stand in `text`
 */
export function merge(body, values) {
  let text = "";
  let from = 0;
  /** @type {Place[]} */
  const empty = [];
  for (const { field, start, end } of places(body)) {
    text += body.slice(from, start);
    const value = valueOf(field, values);
    if (value === "") empty.push({ field, start: text.length, end: text.length + end - start });
    text += value === "" ? body.slice(start, end) : value;
    from = end;
  }
  return { text: text + body.slice(from), empty };
}

/** @param {string} field @param {Values} values @returns {string} trimmed; empty where there is none */
function valueOf(field, { contact, user, account }) {
  if (field.startsWith(OWN_FIELD)) {
    const fields = contact?.fields ?? {};
    const name = field.slice(OWN_FIELD.length);
    return Object.hasOwn(fields, name) ? String(fields[name]).trim() : "";
  }
  switch (field) {
    case "contact.name":
      return called(contact);
    case "contact.first_name":
      return first(called(contact));
    case "user.name":
      return user.name.trim();
    case "user.first_name":
      return first(user.name.trim());
    case "account.name":
      return account.name.trim();
    default:
      return "";
  }
}

/** A contact that is named by its number has no name. @param {MergedContact|null} contact */
function called(contact) {
  const name = contact?.name.trim() ?? "";
  return /\p{L}/u.test(name) ? name : "";
}

/** @param {string} name */
function first(name) {
  return name.split(/\s+/u)[0] ?? "";
}

/** What is to be put in words for a person: `contact.first_name` is "contact's first name". @param {string} field */
export function worded(field) {
  if (field.startsWith(OWN_FIELD)) return `contact's ${field.slice(OWN_FIELD.length)}`;
  const [whose, what = ""] = field.split(".");
  return `${whose === "user" ? "your" : `${whose}'s`} ${what.replace("_", " ")}`;
}
