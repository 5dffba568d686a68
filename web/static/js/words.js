/**
 * How times, numbers, names and states read. Pure.
 *
 * @import {Message, User} from "./shapes.js"
 */

/** At most two letters of a name, `#` where it has none; web/filters.py does the same. @param {string} name */
export function initials(name) {
  const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  const [first, last] = [words[0], words.at(-1)];
  if (!first || !last) return "#";
  return (first.charAt(0) + (words.length > 1 ? last.charAt(0) : "")).toUpperCase();
}

/** E.164 as people write it. @param {string} number */
export function phone(number) {
  const found = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return found ? `+1 (${found[1]}) ${found[2]}-${found[3]}` : number;
}

/** A contact's name; one that is named by its number reads as a number. @param {import("./shapes.js").Contact} contact */
export function called(contact) {
  return contact.name === contact.phone ? phone(contact.phone) : contact.name;
}

/** @param {number} n @param {string} one @param {string} [many] */
export function some(n, one, many = `${one}s`) {
  return `${n} ${n === 1 ? one : many}`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const SHORT_DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** `14:02`, in the person's zone. @param {string} at */
export function clockTime(at) {
  return CLOCK.format(new Date(at));
}

/** @param {number} a @param {number} b */
function sameDay(a, b) {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** `Today`, `Yesterday` or the date. @param {string} at @param {number} now */
export function day(at, now) {
  const then = Date.parse(at);
  if (sameDay(then, now)) return "Today";
  if (sameDay(then, now - 86_400_000)) return "Yesterday";
  return DAY.format(then);
}

const WEEKDAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

/** A moment to come, in the person's zone: `14:00`, `tomorrow, 09:00`, `Tue 24 Nov, 09:00`. @param {string} at @param {number} now */
export function moment(at, now) {
  const then = Date.parse(at);
  if (sameDay(then, now)) return clockTime(at);
  return `${sameDay(then, now + 86_400_000) ? "tomorrow" : WEEKDAY.format(then)}, ${clockTime(at)}`;
}

/** The same for a row: `14:00`, `tomorrow`, `24 Nov`. @param {string} at @param {number} now */
export function brief(at, now) {
  const then = Date.parse(at);
  if (sameDay(then, now)) return clockTime(at);
  return sameDay(then, now + 86_400_000) ? "tomorrow" : SHORT_DAY.format(then);
}

const LONG_DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" });

/** `3 May`, with the year where it is another one. @param {string} at */
export function longDay(at) {
  const then = new Date(at);
  const year = then.getFullYear() === new Date().getFullYear() ? "" : ` ${then.getFullYear()}`;
  return LONG_DAY.format(then) + year;
}

/** How long ago, short, for a row. @param {string} at @param {number} now */
export function ago(at, now) {
  const then = Date.parse(at);
  const minutes = Math.floor((now - then) / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  if (sameDay(then, now)) return clockTime(at);
  return sameDay(then, now - 86_400_000) ? "Yesterday" : SHORT_DAY.format(then);
}

/** @param {number} ms */
export function lasting(ms) {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 1) return "less than a minute";
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
}

/** `07:42`, above an hour `72 min`; never negative. @param {number} ms */
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds > 3600) return `${Math.ceil(seconds / 60)} min`;
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

/** The same for a screen reader. @param {number} ms */
export function countdownSaid(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return seconds >= 60 ? some(Math.floor(seconds / 60), "minute") : some(seconds, "second");
}

const STATES = {
  scheduled: "Scheduled",
  queued: "Queued",
  sending: "Sending…",
  unconfirmed: "Not confirmed",
  sent: "Sent",
  delivered: "Delivered",
  failed: "Not sent",
  undelivered: "Not delivered",
  cancelled: "Cancelled",
};

/** What became of an outbound message; empty for the others. @param {Message} message */
export function state(message) {
  if (message.kind === "note" || message.direction === "inbound") return "";
  const word = STATES[/** @type {keyof typeof STATES} */ (message.state)] ?? message.state;
  return message.error ? `${word}: ${message.error.says}` : word;
}

/** Who wrote it, for others than me. @param {Message} message @param {string} me */
export function author(message, me) {
  if (message.direction === "inbound") return "";
  if (message.user === null) return "Automatic";
  return message.user.id === me ? "You" : message.user.name;
}

/** What came in place of words. @param {Message} message */
export function attached({ media }) {
  if (!media?.length) return "";
  const pictures = media.every((each) => each.content_type?.startsWith("image/"));
  return media.length === 1 ? (pictures ? "Picture" : "Attachment") : `${media.length} ${pictures ? "pictures" : "attachments"}`;
}

/** What is said of a text whose words the carrier did not keep; empty for the others. @param {Message} message */
export function wordless({ direction, error }) {
  return direction === "inbound" && error ? error.says : "";
}

/** That a text went to others too. @param {string[]} others their numbers */
export function groupSaid(others) {
  return `Sent to you and ${some(others.length, "other")}: ${others.map(phone).join(", ")}. An answer goes to the sender alone.`;
}

/** One line of the last message. @param {Message|null} message @param {string} me */
export function preview(message, me) {
  if (message === null) return "No messages yet";
  const words = message.body || attached(message) || wordless(message);
  if (message.kind === "note") return `Note: ${words}`;
  const who = author(message, me);
  return who ? `${who}: ${words}` : words;
}

/** @param {User[]} users */
export function names(users) {
  return users.map((user) => user.name).join(", ");
}

/** @param {string} text @param {number} most */
export function short(text, most) {
  const characters = [...text.replace(/\s+/g, " ")];
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : characters.join("");
}
