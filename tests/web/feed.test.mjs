import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FeedLines, KINDS, MOST, fact, fold, isAbout, wanted } from "../../web/static/js/feed.js";
import { BEN, message, row, shared } from "./tab.mjs";

const CASES = JSON.parse(readFileSync(new URL("../data/feed.json", import.meta.url), "utf8"));
const ANYTHING = { kinds: [], did: "", user: "" };

/** @param {number} position @param {string} type @param {any} [data] @param {any} [more] */
function happened(position, type, data = {}, more = {}) {
  return {
    type, position, conversation: "c1", seq: position, at: `2026-11-22T14:00:${String(position % 60).padStart(2, "0")}.000000Z`,
    actor: { kind: "user", id: "ben", name: "Ben" }, alert: [], data: { conversation: shared(row()), ...data }, ...more,
  };
}

const out = (position, state, more = {}) => happened(position, `message.${state}`, { message: message(1, { id: "m", direction: "outbound", user: BEN, state, ...more }) });

test("What is asked of the feed means the same here as on the server", () => {
  assert.deepEqual(KINDS, CASES.kinds);
  for (const { is, event, holds, did, user } of CASES.about) assert.equal(isAbout(event, { did, user }), holds, is);
});

test("Without kinds the feed shows its kinds and leaves out what would be noise", () => {
  assert.equal(wanted(happened(1, "message.received", { message: message(1) }), ANYTHING), true);
  assert.equal(wanted(happened(1, "conversation.answered"), ANYTHING), false);
  assert.equal(wanted(happened(1, "message.received", { message: message(1) }), { ...ANYTHING, kinds: ["claims"] }), false);
});

test("A text is one row from queued to delivered, where it began", () => {
  const rows = [...fold([out(1, "queued"), happened(2, "note.added", { message: message(2) }), out(3, "sent"), out(4, "delivered")].map(fact)).values()];
  assert.deepEqual(rows.map((each) => [each.kind, each.state]), [["out", "delivered"], ["notes", "received"]]);
});

test("A text that fails turns its row; without the row the failure begins one", () => {
  const error = { code: "30003", says: "Switched off." };
  assert.deepEqual([...fold([out(1, "queued"), out(2, "failed", { error })].map(fact)).values()].map((each) => [each.kind, each.error]), [["failed", "Switched off."]]);
  assert.deepEqual([...fold([out(2, "sent"), out(3, "failed", { error })].map(fact)).values()].map((each) => each.kind), ["failed"]);
});

test("A claim joins the public row of its conversation; without one it is a row", () => {
  const claimed = happened(3, "conversation.claimed", { conversation: shared(row({ owner: BEN })) });
  const joined = [...fold([happened(1, "conversation.public"), claimed].map(fact)).values()];
  assert.deepEqual(joined.map((each) => [each.kind, each.claimed?.name]), [["public", "Ben"]]);
  assert.deepEqual([...fold([fact(claimed)]).values()].map((each) => each.kind), ["claims"]);
  const again = [...fold([happened(1, "conversation.public"), claimed, happened(5, "conversation.claimed")].map(fact)).values()];
  assert.deepEqual(again.map((each) => each.kind), ["public", "claims"]);
});

test("However events come, in parts, twice or out of order, the rows are those of a fresh reading", () => {
  const events = [out(1, "queued"), happened(2, "conversation.public"), out(3, "sent"), happened(4, "conversation.claimed"), out(5, "delivered")];
  const fresh = new FeedLines();
  fresh.add(events);
  const live = new FeedLines();
  for (const at of [4, 1, 3, 1, 0, 2, 4]) live.add([events[at]]);
  assert.deepEqual([...live.rows.values()], [...fresh.rows.values()]);
});

test("An opt-out is a row beside that of the text that asked for it", () => {
  const text = happened(1, "message.received", { message: message(1) });
  const out = happened(2, "contact.opted_out", { contact: { id: "k1", name: "Maria Garcia" }, message: message(1), reason: "keyword", conversation: undefined }, { conversation: null });
  const rows = [...fold([text, out].map(fact)).values()];
  assert.deepEqual(rows.map((each) => [each.kind, each.first.contact?.name, each.first.reason]), [["in", "Maria Garcia", ""], ["opt_out", "Maria Garcia", "keyword"]]);
});

test("A webhook that was given up is a row with its name and why", () => {
  const webhook = { description: "", url: "https://example.com/in?key=planted" };
  const off = happened(1, "webhook.disabled", { webhook, reason: "failing", conversation: undefined }, { conversation: null, actor: { kind: "system", id: null, name: "Partyline" } });
  assert.equal(wanted(off, ANYTHING), true);
  assert.equal(wanted(off, { ...ANYTHING, kinds: ["people"] }), false);
  assert.deepEqual([...fold([fact(off)]).values()].map((each) => [each.kind, each.first.webhook, each.first.reason]), [["webhooks", "example.com", "failing"]]);
});

test("A row that says the same stays the same object, so that it is not drawn again", () => {
  const lines = new FeedLines();
  lines.add([out(1, "queued"), happened(2, "conversation.public")]);
  const [first, second] = lines.rows.values();
  lines.add([out(3, "sent")]);
  const [changed, same] = lines.rows.values();
  assert.notEqual(changed, first);
  assert.equal(same, second);
});

test("Of a day of texts the newest rows are kept, and no more facts than they need", () => {
  const lines = new FeedLines();
  for (let n = 0; n < 40; n += 1) {
    lines.add(Array.from({ length: 100 }, (_, at) => happened(n * 100 + at + 1, "message.received", { message: message(1, { id: `m${n * 100 + at}` }) })));
    assert.ok(lines.rows.size <= MOST && lines.facts.length <= MOST && lines.positions.size <= MOST);
  }
  assert.equal([...lines.rows.keys()].at(-1), "m3999");
  assert.equal(lines.oldest, 3501);
});
