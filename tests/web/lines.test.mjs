import assert from "node:assert/strict";
import { test } from "node:test";
import { lineOf, woven } from "../../web/static/js/lines.js";
import { BEN, event, ME, message, row, settled, shared, Tab } from "./tab.mjs";

const NOW = Date.parse("2026-11-22T12:10:00Z");
const BY_BEN = { kind: "user", id: "ben", name: "Ben" };
const happened = (seq, type, more = {}, data = {}) =>
  event(seq, { type, actor: BY_BEN, alert: [], ...more, data: { conversation: shared(row({ seq })), ...data } });
const ofContact = (position, at, type, data) =>
  event(0, { type, conversation: null, seq: null, position, at, actor: BY_BEN, data: { contact: { id: "k1", name: "Maria Garcia", ready: false }, ...data } });
const shown = (thread) => woven(thread).map((each) => each.message?.id ?? each.event.type);
const kept = (record) => [shown(record.thread), record.thread.events.map((each) => each.position)];

/** A thread as the server gives it: messages, then the events between them. */
async function opened(messages, events, seq) {
  const tab = await new Tab().live(row({ seq }));
  tab.answers["/conversations/c1/messages"] = { items: messages, seq };
  tab.answers["/conversations/c1/events"] = { items: events, more: false };
  tab.store.threads.open("c1");
  await settled();
  return tab;
}

test("Lines stand between the texts by number, and the contact's after what had happened by then", async () => {
  const at = (seq) => message(seq).created_at;
  const events = [
    happened(2, "conversation.claimed", { position: 102 }),
    happened(4, "subscriber.added", { position: 104 }, { user: BEN, reason: "message" }),
    ofContact(106, at(5), "contact.ready_changed", { reason: "text_sent" }),
    happened(7, "conversation.closed", { position: 108 }),
  ];
  const tab = await opened([message(1), message(3), message(5), message(6)], events, 7);
  assert.deepEqual(shown(tab.record().thread), ["m1", "conversation.claimed", "m3", "subscriber.added", "m5", "contact.ready_changed", "m6", "conversation.closed"]);
});

test("The lines by events are the lines by reading, whichever comes first and however often", async () => {
  const claimed = happened(2, "conversation.claimed", { position: 102 });
  const ready = ofContact(103, message(2).created_at, "contact.ready_changed", { reason: "by_hand" });
  const closed = happened(3, "conversation.closed", { position: 104 });
  const read = await opened([message(1)], [claimed, ready, closed], 3);
  const live = await opened([message(1)], [], 1);
  live.events(claimed, ready, closed, ready, closed);
  assert.deepEqual(kept(live.record()), kept(read.record()));
  read.events(ready, closed);
  assert.deepEqual(kept(live.record()), kept(read.record()));
});

test("An event that comes while the lines are being read is not lost", async () => {
  const tab = await new Tab().live(row({ seq: 1 }));
  let answer;
  tab.answers["/conversations/c1/messages"] = { items: [message(1)], seq: 1 };
  tab.answers["/conversations/c1/events"] = () => new Promise((done) => (answer = done));
  tab.store.threads.open("c1");
  await settled();
  tab.events(happened(2, "conversation.closed", { position: 102 }));
  answer({ items: [], more: false });
  await settled();
  assert.deepEqual(shown(tab.record().thread), ["m1", "conversation.closed"]);
});

test("While older messages are not here, lines from before the first one are not shown, and no more are read", async () => {
  const tab = await new Tab().live(row({ seq: 90 }));
  tab.answers["/conversations/c1/messages"] = { items: Array.from({ length: 50 }, (_, at) => message(at + 40)), seq: 90 };
  tab.answers["/conversations/c1/events"] = { items: [happened(30, "conversation.closed", { position: 130 }), happened(60, "conversation.reopened", { position: 160 })], more: true };
  tab.store.threads.open("c1");
  await settled();
  assert.equal(tab.gets.filter((path) => path.includes("/events")).length, 1);
  assert.ok(!shown(tab.record().thread).includes("conversation.closed"));
  assert.ok(shown(tab.record().thread).includes("conversation.reopened"));
});

test("Each thing that happens is told in a sentence, and what a text says already is not told twice", () => {
  const says = (type, data = {}, actor = BY_BEN) => lineOf(happened(2, type, { actor }, data), "ana", NOW);
  const mine = { kind: "user", id: "ana", name: "Ana" };
  const waited = shared(row({ owner: BEN, clock_start: "2026-11-22T11:40:00Z", public_since: "2026-11-22T12:00:00Z" }));
  for (const [sentence, said] of [
    ["Ben claimed this conversation.", says("conversation.claimed", { reason: "claim" })],
    ["You claimed this by replying.", says("conversation.claimed", { reason: "message" }, mine)],
    ["Public after 20 min without an answer. It was Ben’s.", says("conversation.public", { reason: "timer", conversation: waited })],
    ["Ben handed this over to you.", says("conversation.transferred", { reason: "transfer", user: ME })],
    ["You joined by replying. You get alerts for this conversation.", says("subscriber.added", { reason: "message", user: ME }, mine)],
    ["Ben joined by replying.", says("subscriber.added", { reason: "message", user: BEN })],
    ["Ben marked it: no reply needed.", says("conversation.answered", { reason: "no_reply_needed" })],
    [null, says("conversation.answered", { reason: "message" })],
    ["Ben snoozed this until tomorrow, 09:00.", says("conversation.snoozed", { conversation: { snoozed_until: tomorrow() } })],
    ["Maria Garcia opted out by texting STOP.", says("contact.opted_out", { contact: { name: "Maria Garcia" }, reason: "keyword" })],
    ["Ready turned off by this message.", says("contact.ready_changed", { contact: { name: "Maria Garcia", ready: false }, reason: "text_sent" })],
    ["Ben turned Ready on.", says("contact.ready_changed", { contact: { name: "Maria Garcia", ready: true }, reason: "by_hand" })],
  ]) assert.equal(said, sentence);
});

function tomorrow() {
  const day = new Date(NOW + 86_400_000);
  day.setHours(9, 0, 0, 0);
  return day.toISOString();
}

test("What I marked unread is unread again, and an older word about my reading does not undo it", async () => {
  const tab = await new Tab().live(row({ seq: 4 }));
  const read = (position, read_seq) => event(0, { type: "conversation.read", seq: null, position, data: { conversation: "c1", read_seq } });
  tab.events(read(110, 4));
  assert.equal(tab.record().unread, 0);
  tab.answers["/conversations/c1"] = row({ seq: 4, unread: 1 });
  tab.events(read(120, 3), read(110, 4));
  await settled();
  assert.equal(tab.record().unread, 1);
  tab.events(read(130, 4));
  assert.equal(tab.record().unread, 0);
});

test("What another tab marked unread is unread here too, where nothing was known of my reading", async () => {
  const tab = await new Tab().live(row({ seq: 4 }));
  tab.answers["/conversations/c1"] = row({ seq: 4, unread: 1 });
  tab.events(event(0, { type: "conversation.read", seq: null, position: 120, data: { conversation: "c1", read_seq: 3 } }));
  await settled();
  assert.equal(tab.record().unread, 1);
});

test("My own text takes my draft with it, and nobody else's does", async () => {
  const tab = await new Tab().live(row({ draft: "Half a" }));
  const sent = (seq, user) => event(seq, { type: "message.queued", data: { message: message(seq, { direction: "outbound", state: "queued", user }), conversation: shared(row({ seq })) } });
  tab.events(sent(2, BEN));
  assert.equal(tab.record().row.draft, "Half a");
  tab.events(sent(3, ME));
  assert.equal(tab.record().row.draft, null);
});

test("Opting out by hand closes the conversation of that number alone, at once", async () => {
  const tab = await new Tab().live(row());
  const phones = (number) => [{ number, kind: "mobile", opted_out: true }, { number: "+15550109999", kind: "mobile", opted_out: false }];
  const out = (number, position) => ofContact(position, message(2).created_at, "contact.opted_out", { reason: "user", contact: { id: "k1", name: "Maria Garcia", ready: true, phones: phones(number) } });
  tab.events(out("+15550107777", 103));
  assert.equal(tab.record().row.opted_out, false);
  tab.events(out("+15550102233", 104));
  assert.equal(tab.record().row.opted_out, true);
});

test("A text that may be an opt-out marks the conversation of that number, and the decision takes the mark away", async () => {
  const tab = await new Tab().live(row());
  const at = message(2).created_at;
  const contact = (consent_review, opted_out = false) => ({ id: "k1", name: "Maria Garcia", ready: true, phones: [{ number: "+15550102233", kind: "mobile", opted_out, consent_review }] });
  const changed = (position, reason, consent_review) => ofContact(position, at, "contact.updated", { reason, contact: contact(consent_review) });
  tab.events(changed(103, "consent_review", at));
  assert.equal(tab.record().row.consent_review, at);
  tab.events(changed(104, "by_hand", at));
  assert.equal(tab.record().row.consent_review, at);
  tab.events(changed(105, "consent_kept", null));
  assert.equal(tab.record().row.consent_review, null);
  tab.events(changed(106, "consent_review", at));
  tab.events(ofContact(107, at, "contact.opted_out", { reason: "review", contact: contact(null, true) }));
  assert.deepEqual([tab.record().row.consent_review, tab.record().row.opted_out], [null, true]);
});

test("Doubt, a decision and a START that a carrier does not hear are lines of the log", () => {
  const says = (type, reason, actor = BY_BEN) => lineOf({ ...ofContact(103, message(2).created_at, type, { reason }), actor }, "ana", NOW);
  assert.match(says("contact.updated", "consent_review"), /^This may be an opt-out/);
  assert.equal(says("contact.updated", "consent_kept"), "Ben decided: it is no opt-out.");
  assert.equal(says("contact.updated", "consent_kept", { kind: "contact", id: "k1", name: "Maria Garcia" }), "It is no opt-out: a text with START came.");
  assert.equal(says("contact.updated", "consent_kept", { kind: "system", id: null, name: null }), "It is no opt-out: its words came.");
  assert.equal(says("contact.opted_out", "review"), "Ben decided: it is an opt-out. Maria Garcia gets no more texts.");
  assert.equal(says("contact.opted_out", "import"), "Maria Garcia was opted out by a list that Ben imported.");
  assert.equal(says("contact.opted_in", "keyword"), "Maria Garcia opted in again by texting START.");
  assert.match(says("contact.opted_in", "carrier_block"), /but not to the number that the carrier blocks/);
});
