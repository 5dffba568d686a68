import assert from "node:assert/strict";
import { test } from "node:test";
import { buttonWords, doing, doneWords } from "../../web/static/js/bulk.js";
import { consentSays, happened, latestWords, mainPhone, readySays } from "../../web/static/js/contact_words.js";
import { importQuery, lacks, sums } from "../../web/static/js/importing.js";
import { conditionWords, fresh, LiveCounts, unit } from "../../web/static/js/live_filters.js";
import { settled } from "./tab.mjs";

const NOW = Date.parse("2026-11-22T14:30:00Z");

function turned(ready, reason, name, at = "2026-11-22T14:02:00.000000Z") {
  return { type: "contact.ready_changed", at, actor: { kind: "user", id: "u", name }, data: { contact: { ready }, reason } };
}

test("Ready says who turned it last and how, and nothing of another turn", () => {
  const said = (events) => readySays({ ready: false }, events, NOW).replace(/\d\d:\d\d/, "hh:mm");
  assert.equal(said([turned(false, "text_sent", "Ana")]), "Ready: off · by text from Ana hh:mm");
  assert.equal(said([turned(false, "by_hand", "Mia")]), "Ready: off · by Mia hh:mm");
  assert.equal(said([turned(false, "bulk", "Mia")]), "Ready: off · in bulk by Mia hh:mm");
  assert.equal(said([turned(true, "by_hand", "Mia")]), "Ready: off");
});

test("A row shows the mobile number and who wrote last", () => {
  const phones = [{ number: "+12025550150", kind: "landline" }, { number: "+12025550143", kind: "mobile" }];
  assert.equal(mainPhone({ phones }).number, "+12025550143");
  assert.equal(mainPhone({ phones: phones.slice(0, 1) }).kind, "landline");
  assert.equal(mainPhone({ phones: [] }), null);
  const latest = { direction: "outbound", user: { id: "ana", name: "Ana" }, body: "Hi" };
  assert.equal(latestWords(latest, "ana"), "You: Hi");
  assert.equal(latestWords(latest, "ben"), "Ana: Hi");
  assert.equal(latestWords({ ...latest, user: null }, "ben"), "Automatic: Hi");
  assert.equal(latestWords({ direction: "inbound", user: null, body: "" }, "ben"), "Picture");
  assert.equal(latestWords({ direction: null, user: null, body: "" }, "ben"), "No texts yet");
});

test("The ledger and the activity name the source and the colleague", () => {
  const entry = { kind: "opted_out", source: "user", user: "ana" };
  assert.equal(consentSays(entry, new Map([["ana", "Ana"]])), "was opted out by Ana");
  assert.equal(consentSays(entry, new Map()), "was opted out by a colleague");
  assert.equal(consentSays({ ...entry, source: "keyword" }, new Map()), "opted out by texting STOP");
  assert.equal(consentSays({ kind: "opted_in", source: "keyword", user: null }, new Map()), "opted in by texting START");
  assert.equal(consentSays({ ...entry, source: "user", by: { id: "ana", name: "Ana" } }, new Map()), "was opted out by Ana");
  assert.equal(consentSays({ ...entry, source: "review", by: { id: "ana", name: "Ana" } }, new Map()), "was opted out: Ana decided");
  assert.equal(consentSays({ ...entry, source: "import", by: { id: "mia", name: "Mia" }, user: "mia" }, new Map()), "was opted out by a list that Mia imported");
  assert.equal(consentSays({ kind: "kept", source: "review", user: "ana" }, new Map([["ana", "you"]])), "was not opted out: you decided");
  assert.equal(consentSays({ kind: "review", source: "keyword", user: null }, new Map()), "wrote what may be an opt-out");
  const lost = { kind: "review", source: "keyword", user: null, says: null };
  assert.equal(consentSays({ ...lost, kind: "kept", source: "words", says: "On my way" }, new Map()), "sent no opt-out: the words of the text came");
  assert.equal(consentSays(lost, new Map()), "sent a text whose words are lost, and which may be an opt-out");
  assert.equal(consentSays({ kind: "opted_in", source: "late", user: null }, new Map()), "had texted START before, which reached us late");
  assert.equal(happened({ type: "contact.opted_out", data: { contact: {}, reason: "user" } }), "Opted out by hand");
  assert.equal(happened(turned(true, "bulk", "Mia")), "Ready turned on in bulk");
});

test("The button says what is done to how many", () => {
  assert.equal(buttonWords("ready", "", 37), "Set Ready for 37 contacts");
  assert.equal(buttonWords("add_tag", "vip", 1), "Add tag “vip” to 1 contact");
  assert.equal(buttonWords("owner", "", 2), "Assign nobody to 2 contacts");
  assert.equal(buttonWords("delete", "", null), "Delete more than 10,000 contacts");
  assert.deepEqual([doing("unready", ""), doing("remove_tag", " vip "), doing("owner", ""), doing("delete", "")], [{ ready: false }, { remove_tag: "vip" }, { owner: null }, { delete: true }]);
  assert.equal(doneWords("delete", "", 3, 1), "3 contacts deleted. 1 contact has a conversation and stays.");
  assert.equal(doneWords("ready", "", 1204, 0), "Ready turned on for 1,204 contacts.");
});

test("An import says its sums, and what its columns lack", () => {
  assert.equal(sums({ new: 1204, updated: 37, skipped: 0, rejected: 12 }), "1,204 new, 37 updated, 12 rejected");
  assert.equal(lacks({ Name: "name", Tel: "phone" }), "");
  assert.notEqual(lacks({ Name: "name" }), "");
  assert.notEqual(lacks({ A: "phone", B: "email", C: "email" }), "");
  assert.notEqual(lacks({ A: "phone", B: "field:" }), "");
  assert.equal(importQuery(true, "skip", { A: "name" }), "dry_run=true&duplicates=skip&mapping=%7B%22A%22%3A%22name%22%7D");
});

test("A live filter's count moves by events, also by one that crosses a reading, and remembers what it was", async () => {
  const conditions = [{ field: "ready", op: "is", value: true }];
  let items = [{ id: "f", name: "Spring", conditions, count: 415, created_at: "" }];
  let answer = () => undefined;
  const counts = new LiveCounts({ get: () => new Promise((done) => (answer = () => done({ items }))), changed: () => undefined });
  counts.read();
  answer();
  await settled();
  const left = (count) => ({ type: "live_filter.left", data: { live_filter: { id: "f", name: "Spring" }, contact: { id: "k" }, count } });
  counts.heard(left(414));
  assert.deepEqual([counts.items[0].count, counts.was.get("f")], [414, 415]);
  counts.read();
  counts.heard(left(412));
  answer();
  await settled();
  assert.deepEqual([counts.items[0].count, counts.was.get("f"), unit(counts.items[0])], [412, 415, "ready"]);
  counts.heard({ type: "live_filter.updated", data: { live_filter: { ...items[0], name: "Summer", count: 7 } } });
  assert.deepEqual([counts.items[0].name, counts.items[0].count], ["Summer", 7]);
  counts.heard({ type: "live_filter.deleted", data: { live_filter: items[0] } });
  assert.deepEqual(counts.items, []);
  items = [{ ...items[0], id: "g" }];
  counts.heard({ type: "live_filter.created", data: { live_filter: items[0] } });
  answer();
  await settled();
  assert.deepEqual(counts.items.map((item) => item.id), ["g"]);
});

test("Conditions read as sentences, and a new one of each field can be sent as it is once it has a value", () => {
  assert.equal(conditionWords({ field: "ready", op: "is", value: true }), "Ready is on");
  assert.equal(conditionWords({ field: "opted_out", op: "is", value: false }), "Opted out is no");
  assert.equal(conditionWords({ field: "field:city", op: "is_not", value: "" }), "city is not empty");
  assert.equal(conditionWords({ field: "tag", op: "has_not", value: "vip" }), "Tag has not “vip”");
  assert.equal(conditionWords({ field: "field:city", op: "contains", value: "Rome" }), "city contains “Rome”");
  assert.deepEqual(fresh("phone_kind"), { field: "phone_kind", op: "has", value: "mobile" });
  assert.deepEqual(fresh("opted_out").value, true);
});
