/** What the command menu finds: actions with keys, pages, conversations that this tab knows and that the server finds, contacts, texts, colleagues. */
import { around, pieces } from "./excerpt.js";
import { go } from "./route.js";
import { matches } from "./lists.js";
import { brief, called, longDay, phone } from "./words.js";

/** @typedef {{id: string, words: string, pieces?: import("./excerpt.js").Piece[], more: string, run: () => void}} Command `pieces` are its words, with those that were looked for apart */
/** @typedef {{commands: Command[], further: Further|null}} Found */
/** @typedef {{cursor: string, to: string}} Further Older texts were not looked at: those of before `to`, a day, behind the cursor */

const MOST = 6;
/** The server looks at so many parts of the older texts for one press, unless one has something. */
const PARTS = 20;

/** @type {Array<[words: string, address: string]>} */
const EVERYBODY = [
  ["Preferences", "/settings/preferences"],
  ["Saved replies", "/settings/saved-replies"],
];
/** @type {Array<[words: string, address: string]>} */
const MANAGERS = [
  ["Import contacts", "/contacts/import"],
  ["Settings: messaging", "/settings/messaging"],
  ["Settings: opt-outs", "/settings/opt-outs"],
  ["Settings: numbers", "/settings/dids"],
  ["Settings: carriers", "/settings/carriers"],
  ["Settings: users", "/settings/users"],
  ["Settings: tokens", "/settings/tokens"],
  ["Settings: audit", "/settings/audit"],
  ["Settings: status", "/status"],
];

/** What can be done now by a key, and the pages that have none. @param {import("./app.js").App} app @param {(key: import("./keys.js").Key) => string} shown @returns {Command[]} */
export function actions(app, shown) {
  const event = new KeyboardEvent("keydown");
  const keys = app.keys.all.filter((key) => key.key.length === 1 && !key.command && key.when?.(event) !== false);
  const pages = [...EVERYBODY, ...(app.me.role === "manager" ? MANAGERS : [])];
  return [
    ...keys.map((key) => ({ id: `key-${key.after ?? ""}${key.shift ? "shift" : ""}${key.key.charCodeAt(0)}`, words: key.words, more: shown(key), run: () => key.run(event) })),
    ...pages.map(([words, address]) => ({ id: `page${address.replaceAll("/", "-")}`, words, more: "Page", run: () => go(address) })),
  ];
}

/** Conversations that are here already. @param {import("./app.js").App} app @param {string} text @returns {Command[]} */
export function known(app, text) {
  const rows = [...app.store.records.values()].map(({ row }) => row).filter((row) => row !== null);
  return rows.filter((row) => matches(text, row)).slice(0, MOST).map(conversation);
}

/** @param {import("./shapes.js").Conversation} row @returns {Command} */
function conversation(row) {
  const { contact } = row;
  const more = contact.name === contact.phone ? "Conversation" : `Conversation, ${phone(contact.phone)}`;
  return { id: `conversation-${row.id}`, words: called(contact), more, run: () => go(`/sms/${row.id}`) };
}

/** What the server finds. @param {import("./app.js").App} app @param {string} text @returns {Promise<Found>} */
export async function found(app, text) {
  const q = encodeURIComponent(text);
  const none = { items: [] };
  const [talks, people, texts] = await Promise.all([
    app.api.get(`/conversations?view=all&q=${q}&limit=${MOST}`).catch(() => none),
    app.api.get(`/contacts?q=${q}&limit=${MOST}`).catch(() => none),
    app.api.get(`/messages?q=${q}&limit=${MOST}`).catch(() => none),
  ]);
  const contacts = people.items.map((/** @type {any} */ contact) => {
    const [first] = contact.phones;
    const words = called({ ...contact, phone: first?.number ?? "" });
    return { id: `contact-${contact.id}`, words, more: first ? `Contact, ${phone(first.number)}` : "Contact", run: () => go(`/contacts/${contact.id}`) };
  });
  return { commands: [...talks.items.map(conversation), ...contacts, ...saidOf(texts, text)], further: texts.looked_back_to ? furtherOf(texts) : null };
}

/** Older texts. @param {import("./app.js").App} app @param {string} text @param {Further} from @returns {Promise<Found>} */
export async function older(app, text, from) {
  /** @type {Further|null} */
  let further = from;
  for (let part = 0; further && part < PARTS; part += 1) {
    const page = await app.api.get(`/messages?q=${encodeURIComponent(text)}&limit=${MOST}&cursor=${further.cursor}`);
    further = furtherOf(page);
    if (page.items.length > 0) return { commands: saidOf(page, text), further };
  }
  return { commands: [], further };
}

/** @param {any} page of texts @param {string} text */
function saidOf(page, text) {
  return page.items.map((/** @type {any} */ item) => said(item, text));
}

/** @param {any} page of texts @returns {Further|null} */
function furtherOf({ items, next, looked_back_to }) {
  return next ? { cursor: next, to: longDay(looked_back_to ?? items.at(-1).message.created_at) } : null;
}

/** @param {{message: import("./shapes.js").Message, contact: import("./shapes.js").Conversation["contact"]}} found @param {string} text @returns {Command} */
function said({ message, contact }, text) {
  const words = around(message.body, text);
  const more = `Text, ${called(contact)}, ${brief(message.created_at, Date.now())}`;
  const run = () => {
    // The text takes the focus when it is here, unless somebody writes by then.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    go(`/sms/${message.conversation}?at=${message.seq}`, { again: true });
  };
  return { id: `message-${message.id}`, words, pieces: pieces(words, text), more, run };
}

/** Colleagues: the open conversation can be handed to them. @param {import("./app.js").App} app @returns {Promise<Command[]>} */
export async function colleagues(app) {
  const open = app.store.records.get(app.store.open_id ?? "");
  if (!open?.row) return [];
  const { owner, role } = open.row;
  if (owner !== null && role !== "owner" && app.me.role !== "manager") return [];
  const users = await app.acts.colleagues().catch(() => []);
  return users
    .filter((user) => user.id !== owner?.id && user.id !== app.me.id)
    .map((user) => ({ id: `user-${user.id}`, words: `Hand over to ${user.name}`, more: "Colleague", run: () => app.tell(app.acts.change(open, "transfer", { user: user.id })) }));
}

/** Those whose words hold all that was typed, those that begin with it first. @param {Command[]} commands @param {string} text */
export function narrowed(commands, text) {
  const wanted = text.trim().toLowerCase().split(/\s+/);
  const holds = commands.filter(({ words }) => wanted.every((word) => words.toLowerCase().includes(word)));
  const begins = (/** @type {Command} */ { words }) => Number(!words.toLowerCase().startsWith(wanted[0] ?? ""));
  return holds.sort((a, b) => begins(a) - begins(b));
}
