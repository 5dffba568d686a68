/**
 * What the log says between the texts: one line for each event that changed who answers or whether anybody may. The same
 * events give the same lines whether they came live or were read. Pure.
 *
 * @import {Event, Message} from "./shapes.js"
 * @import {Thread} from "./record.js"
 * @typedef {{message: Message, event: null}|{message: null, event: Event}} Entry
 */
import { lasting, moment, phone } from "./words.js";

/** Why a contact changed when nobody changed it: a text of it may be an opt-out, or was found to be none. */
const REVIEWS = new Set(["consent_review", "consent_kept"]);

/** Does it say how a number of the contact stands? @param {Event} event */
export function ofConsent({ type, data }) {
  return type.startsWith("contact.opted_") || (type === "contact.updated" && REVIEWS.has(data.reason));
}

/** Is this one of the events that a line may tell? @param {Event} event */
export function telling(event) {
  if (event.conversation === null) return event.type === "contact.ready_changed" || ofConsent(event);
  return event.seq !== null && (event.type.startsWith("conversation.") || event.type.startsWith("subscriber."));
}

/** Who did it, as it reads at the beginning of a sentence. @param {{id: string|null, name: string|null}|null|undefined} user @param {string} me */
function who(user, me) {
  if (!user) return "Somebody";
  return user.id === me ? "You" : (user.name ?? "Somebody");
}

/** The same at its end. @param {{id: string|null, name: string|null}|null|undefined} user @param {string} me */
function whom(user, me) {
  if (!user) return "somebody";
  return user.id === me ? "you" : (user.name ?? "somebody");
}

/** @param {Event} event @param {string} me @param {number} now ms @returns {string|null} null where there is nothing to say */
export function lineOf(event, me, now) {
  const { actor, data } = event;
  const { reason, user, conversation } = data;
  const by = who(actor.kind === "user" ? actor : null, me);
  switch (event.type) {
    case "conversation.opened":
      if (reason === "outbound") return `${by} started this conversation.`;
      return conversation?.owner ? `A text to ${whose(conversation.owner, me)} number started this conversation.` : null;
    case "conversation.public":
      return gonePublic(event, me);
    case "conversation.released":
      return `${by} released this to the pool.`;
    case "conversation.claimed":
      return reason === "message" ? `${by} claimed this by replying.` : `${by} claimed this conversation.`;
    case "conversation.transferred":
      return transferred(event, me);
    case "conversation.answered":
      if (reason === "no_reply_needed") return `${by} marked it: no reply needed.`;
      return reason === "delivered_after_all" ? "The answer arrived after all." : null;
    case "conversation.waiting":
      return "The answer did not arrive, so the contact waits again.";
    case "conversation.closed":
      return `${by} closed this conversation.`;
    case "conversation.reopened":
      return reason === "by_hand" ? `${by} reopened this conversation.` : "A text reopened this conversation.";
    case "conversation.snoozed":
      return conversation?.snoozed_until ? `${by} snoozed this until ${moment(conversation.snoozed_until, now)}.` : `${by} snoozed this.`;
    case "conversation.woken":
      return reason === "inbound" ? "A text ended the snooze." : "The snooze is over.";
    case "subscriber.added":
      return joined(event, me);
    case "subscriber.removed":
      if (!user || user.id === actor.id) return `${by} left.`;
      return `${by} removed ${whom(user, me)}.`;
    case "contact.ready_changed":
      return readyChanged(event, me);
    case "contact.opted_out":
      return optedOut(event, me);
    case "contact.opted_in":
      return optedIn(event);
    case "contact.updated":
      return reviewed(event, me);
    default:
      return null;
  }
}

/** @param {{id: string, name: string}} user @param {string} me */
function whose(user, me) {
  return user.id === me ? "your" : `${user.name}’s`;
}

/** @param {Event} event @param {string} me */
function gonePublic({ data: { conversation, reason } }, me) {
  if (reason === "no_owner") return "Public, since nobody owns it.";
  if (reason === "user_disabled") return "Public, since its owner has left.";
  if (reason === "at_once" || !conversation?.clock_start || !conversation.public_since) return "Public at once.";
  const waited = Date.parse(conversation.public_since) - Date.parse(conversation.clock_start);
  const after = `Public after ${lasting(waited)} without an answer`;
  return conversation.owner ? `${after}. ${conversation.owner.id === me ? "You still own it." : `It was ${conversation.owner.name}’s.`}` : `${after}.`;
}

/** @param {Event} event @param {string} me */
function transferred({ actor, data: { reason, user } }, me) {
  if (reason === "user_disabled") return "Nobody owns this any more, since its owner has left.";
  if (reason === "first_answer") return `${who(user, me)} ${user?.id === me ? "own" : "owns"} this by answering.`;
  if (user && user.id === actor.id) return `${who(user, me)} took this over.`;
  return `${who(actor, me)} handed this over to ${whom(user, me)}.`;
}

/** @param {Event} event @param {string} me */
function joined({ actor, data: { reason, user } }, me) {
  const name = who(user ?? actor, me);
  if (reason === "added") return `${who(actor, me)} added ${whom(user, me)}.`;
  if (reason === "mentioned") return `${who(actor, me)} mentioned ${whom(user, me)}, who now gets alerts.`;
  if (reason === "message") return name === "You" ? "You joined by replying. You get alerts for this conversation." : `${name} joined by replying.`;
  return name === "You" ? "You follow this conversation now." : `${name} joined.`;
}

/** @param {Event} event @param {string} me */
function readyChanged({ actor, data: { contact, reason } }, me) {
  if (reason === "text_sent" && !contact.ready) return "Ready turned off by this message.";
  const by = actor.kind === "user" ? `${who(actor, me)} turned` : "Turned";
  return `${by} Ready ${contact.ready ? "on" : "off"}.`;
}

/** @param {Event} event @param {string} me */
function optedOut({ actor, data: { contact, reason } }, me) {
  const name = phone(contact.name);
  if (reason === "keyword") return `${name} opted out by texting STOP.`;
  if (reason === "user") return `${who(actor, me)} opted ${name} out.`;
  if (reason === "review") return `${who(actor, me)} decided: it is an opt-out. ${name} gets no more texts.`;
  if (reason === "import") return `${name} was opted out by a list that ${whom(actor, me)} imported.`;
  return `${name} opted out: the carrier says so.`;
}

/** @param {Event} event */
function optedIn({ data: { contact, reason } }) {
  const said = `${phone(contact.name)} opted in again by texting START`;
  return reason === "carrier_block" ? `${said}, but not to the number that the carrier blocks: from that one texts are refused until it gets a START too.` : `${said}.`;
}

/** @param {Event} event @param {string} me */
function reviewed({ actor, data: { reason } }, me) {
  if (reason === "consent_review") return "This may be an opt-out. Automatic and scheduled texts wait until somebody decides.";
  if (actor.kind === "user") return `${who(actor, me)} decided: it is no opt-out.`;
  return actor.kind === "system" ? "It is no opt-out: its words came." : "It is no opt-out: a text with START came.";
}

/** By position, each once. @param {Event[]} some @param {Event[]} others @returns {Event[]} */
export function united(some, others) {
  const all = new Map([...some, ...others].map((event) => [event.position, event]));
  return [...all.values()].sort((a, b) => a.position - b.position);
}

/** Below which number lines are missing, as far as messages are here; Infinity: the newest; null: none are. @param {Thread|null} thread @returns {number|null} */
export function lacking(thread) {
  if (!thread || thread.state !== "ready") return null;
  const low = thread.older ? (thread.items[0]?.seq ?? 0) : 0;
  const high = thread.newer ? (thread.items.at(-1)?.seq ?? 0) : Infinity;
  if (thread.from === null) return high + 1;
  if (thread.upto < high) return thread.gap?.at ?? high + 1;
  return thread.from > low ? thread.from : null;
}

/** Puts a page of lines in: those below the number that was lacking. @param {Thread} thread @param {Event[]} page @param {boolean} more @param {number} below */
export function putLines(thread, page, more, below) {
  const first = more ? (page.find((event) => event.seq !== null)?.seq ?? 0) : 0;
  thread.events = united(thread.from === null ? thread.fresh : thread.events, page.filter(telling));
  if (thread.from === null) [thread.from, thread.upto, thread.fresh] = [first, below - 1, []];
  else if (below === thread.from) thread.from = first;
  else {
    const to = thread.gap?.to ?? below - 1;
    thread.gap = first > thread.upto ? { to, at: first } : null;
    if (thread.gap === null) thread.upto = to;
  }
}

/**
 * Messages and events in the order of their numbers; what concerns the contact has none and stands after what had happened
 * by then. Events from before the first message that is here are left out while there are older ones, and those from after the
 * last one while there are newer ones.
 * @param {Thread} thread @returns {Entry[]}
 */
export function woven(thread) {
  const first = thread.older ? thread.items[0] : undefined;
  const last = thread.newer ? thread.items.at(-1) : undefined;
  const numbered = thread.events.filter((event) => event.seq !== null && event.seq > (first?.seq ?? 0) && event.seq < (last?.seq ?? Infinity));
  const others = thread.events.filter((event) => event.seq === null && event.at >= (first?.created_at ?? "") && event.at <= (last?.created_at ?? "9"));
  /** @type {Entry[]} */
  const found = [];
  let at = 0;
  for (const message of thread.items) {
    for (; at < numbered.length && Number(numbered[at]?.seq) < message.seq; at += 1) found.push({ message: null, event: /** @type {Event} */ (numbered[at]) });
    found.push({ message, event: null });
  }
  for (; at < numbered.length; at += 1) found.push({ message: null, event: /** @type {Event} */ (numbered[at]) });
  for (const event of others) {
    const after = found.findLastIndex((each) => (each.message ? each.message.created_at : each.event.at) <= event.at);
    found.splice(after + 1, 0, { message: null, event });
  }
  return found;
}
