import assert from "node:assert/strict";
import { test } from "node:test";
import { alertFor } from "../../web/static/js/alerts.js";
import { creates } from "../../web/static/js/record.js";
import { preview, wordless } from "../../web/static/js/words.js";
import { event, message, row, settled, shared, Tab } from "./tab.mjs";

const PENDING = { id: "p1", content_type: "image/png", state: "pending", url: null };
const READY = { ...PENDING, state: "ready", url: "/api/v1/media/p1" };

/** What came with text 1 was fetched; text 2 is newer. */
function updated(seq) {
  const data = { message: message(1, { media: [READY] }), conversation: shared(row({ seq, last_message: message(2) })), reason: "media" };
  return event(seq, { type: "message.updated", alert: [], data });
}

async function open() {
  const tab = await new Tab().live();
  tab.answers["/conversations/c1/messages"] = { items: [message(1, { media: [PENDING] })], seq: 1 };
  tab.answers["/conversations/c1"] = row();
  tab.store.threads.open("c1");
  await settled();
  return tab;
}

test("A picture that was fetched takes its place in the text that it came with", async () => {
  const tab = await open();
  tab.events(event(2), updated(3));
  const { thread, row: shown, unread } = tab.record();
  assert.deepEqual(thread.items.map((each) => [each.seq, each.media.map((media) => media.state)]), [[1, ["ready"]], [2, []]]);
  assert.equal(shown.last_message.seq, 2);
  assert.equal(unread, 1, "the text of number 2");
  assert.equal(tab.record().seq, 3);
});

test("Words that came later take the place of the sentence that they are lost, in the text and in the row", async () => {
  const tab = await open();
  const lost = message(2, { direction: "inbound", body: "", error: { code: "no_words", says: "Its words are not in the carrier's list." } });
  tab.events(event(2, { data: { message: lost, conversation: shared(row({ seq: 2, last_message: lost })) } }));
  assert.match(preview(tab.record().row.last_message, "ana"), /not in the carrier's list/);
  const found = { ...lost, body: "On my way", error: null };
  tab.events(event(3, { type: "message.updated", alert: [], data: { message: found, conversation: shared(row({ seq: 3, last_message: found })), reason: "words" } }));
  const { thread, row: shown, unread } = tab.record();
  assert.deepEqual(thread.items.map((each) => [each.seq, each.body, wordless(each)]).at(-1), [2, "On my way", ""]);
  assert.equal(preview(shown.last_message, "ana"), "On my way");
  assert.equal(unread, 1);
});

test("Twice the same is once, and what was read afterwards is not undone", async () => {
  const tab = await open();
  tab.events(event(2), updated(3), updated(3));
  assert.equal(tab.record().thread.items.length, 2);
  tab.answers["/conversations/c1/messages"] = { items: [message(1, { media: [READY] }), message(2)], seq: 3 };
  await tab.store.threads.read(tab.record());
  tab.events(updated(3));
  assert.deepEqual(tab.record().thread.items[0].media, [READY]);
});

test("It is no new text: nobody is alerted, and nothing is unread", () => {
  assert.equal(creates(updated(3)), false);
  const now = { me: "ana", looking: false, minutes: 20 };
  assert.equal(alertFor(updated(3), { id: "c1", row: row() }, now), null);
});
