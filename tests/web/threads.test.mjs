import assert from "node:assert/strict";
import { test } from "node:test";
import { Acts } from "../../web/static/js/acts.js";
import { Drafts } from "../../web/static/js/drafts.js";
import { woven } from "../../web/static/js/lines.js";
import { BEN, event, message, row, settled, shared, Tab } from "./tab.mjs";

const NEWEST = 400;

/** The server's side of `GET /conversations/c1/messages`: every number up to `head` is a text. */
function serve(tab, head = NEWEST) {
  tab.head = head;
  const { get } = tab.store.doors.api;
  tab.store.doors.api.get = async (path) => {
    const [where, query] = path.split("?");
    if (where !== "/conversations/c1/messages") return get(path);
    tab.gets.push(path);
    const asked = new URLSearchParams(query);
    const limit = Number(asked.get("limit"));
    const all = Array.from({ length: tab.head }, (_, n) => message(n + 1)).filter(({ seq }) => seq !== tab.hole);
    const items = asked.has("after") ? all.filter(({ seq }) => seq > Number(asked.get("after"))).slice(0, limit) : all.filter(({ seq }) => seq < Number(asked.get("before") ?? Infinity)).slice(-limit);
    return { items, seq: tab.head };
  };
}

/** A text comes, live. */
function comes(tab) {
  tab.head += 1;
  tab.events(event(tab.head));
}

const numbers = (tab) => tab.record().thread.items.map(({ seq }) => seq);
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

async function openedAt(seq) {
  const tab = await new Tab().live(row({ seq: NEWEST }));
  serve(tab);
  tab.store.threads.open("c1", { seq });
  await settled();
  return tab;
}

test("A conversation that is opened at one of its texts has those before and after it, and none of the others", async () => {
  const tab = await openedAt(200);
  assert.deepEqual(numbers(tab), range(151, 250));
  const { older, newer } = tab.record().thread;
  assert.deepEqual([older, newer], [true, true]);
});

test("From there one goes on in both directions until nothing is missing, and live texts come at the end, each once", async () => {
  const tab = await openedAt(320);
  comes(tab);
  const { thread } = tab.record();
  assert.deepEqual([numbers(tab).at(-1), thread.beyond], [370, [401]]);
  const page = tab.store.threads.newer(tab.record());
  comes(tab); // the page is on its way, and holds it
  await page;
  assert.deepEqual([numbers(tab), thread.newer], [range(271, 402), false]);
  comes(tab);
  await tab.store.threads.older(tab.record());
  assert.deepEqual(numbers(tab), range(221, 403));
});

test("A text that comes after the last page was read, and before it is here, is not lost", async () => {
  const tab = await openedAt(340);
  const { get } = tab.store.doors.api;
  let answer;
  tab.store.doors.api.get = async (path) => {
    const page = await get(path);
    await new Promise((done) => (answer = done));
    return page;
  };
  const page = tab.store.threads.newer(tab.record());
  await settled();
  comes(tab);
  answer();
  await page;
  assert.deepEqual(numbers(tab), range(291, 401));
});

test("What a page holds is not put back by news that is older than the page", async () => {
  const tab = await openedAt(340);
  const { get } = tab.store.doors.api;
  tab.store.doors.api.get = async (path) => (await settled(), get(path));
  const page = tab.store.threads.newer(tab.record());
  const older = message(395, { body: "as it was before" });
  tab.head += 1;
  tab.events(event(401, { type: "message.sent", alert: [], data: { message: older, conversation: shared(row({ seq: 401 })) } }));
  await page;
  assert.equal(tab.record().thread.items.find(({ seq }) => seq === 395).body, "text 395");
});

test("What becomes of a text in sight is shown also while the newest ones are not here", async () => {
  const tab = await openedAt(200);
  const changed = message(210, { direction: "outbound", state: "delivered" });
  tab.events(event(401, { type: "message.delivered", alert: [], data: { message: changed, conversation: shared(row({ seq: 401 })) } }));
  assert.equal(tab.record().thread.items.find(({ seq }) => seq === 210).state, "delivered");
  assert.deepEqual([numbers(tab), tab.record().thread.beyond], [range(151, 250), []]);
});

test("A text that is here already is gone to without a call, and one that is not there leads to the newest", async () => {
  const tab = await openedAt(200);
  tab.gets.length = 0;
  tab.store.threads.seek({ seq: 160 });
  await settled();
  assert.deepEqual(tab.gets, []);
  tab.hole = 100;
  tab.store.threads.seek({ seq: 100 });
  await settled();
  assert.deepEqual([numbers(tab), tab.record().thread.newer], [range(351, 400), false]);
});

test("After a reset the texts about the one in sight are read again, and the newest for whoever stands at the end", async () => {
  const tab = await openedAt(200);
  tab.store.threads.sought = null;
  tab.answers["/conversations/c1"] = () => row({ seq: NEWEST });
  const reset = async (eye) => {
    tab.store.doors.sight = { message: () => eye, row: () => null };
    tab.frame({ op: "hello", epoch: "e2", position: 5 });
    tab.frame({ op: "reset", position: 5, why: "epoch" });
    await settled();
    await settled();
  };
  await reset(180);
  assert.deepEqual(numbers(tab), range(131, 230));
  await reset(null);
  assert.deepEqual(numbers(tab), range(351, 400));
});

test("A page of another place that comes late is not put to what is shown now", async () => {
  const tab = await openedAt(200);
  const { get } = tab.store.doors.api;
  let answer;
  tab.store.doors.api.get = async (path) => {
    const page = await get(path);
    if (path.includes("before=151")) await new Promise((done) => (answer = done));
    return page;
  };
  const late = tab.store.threads.older(tab.record());
  tab.store.threads.seek({ seq: 300 });
  await settled();
  answer();
  await late;
  assert.deepEqual(numbers(tab), range(251, 350));
});

test("Lines stand between the texts that are here, as one goes on, and none beyond them", async () => {
  const tab = await new Tab().live(row({ seq: NEWEST }));
  serve(tab);
  const line = (seq) => event(seq, { type: "conversation.claimed", alert: [], data: { conversation: shared(row()) } });
  const lines = [90, 160, 240, 260, 270, 390].map(line);
  tab.answers["/conversations/c1/events"] = undefined;
  const { get } = tab.store.doors.api;
  tab.store.doors.api.get = async (path) => {
    if (!path.includes("/events?")) return get(path);
    const before = Number(new URLSearchParams(path.split("?")[1]).get("before") ?? Infinity);
    const below = lines.filter(({ seq }) => seq < before);
    return { items: below.slice(-1), more: below.length > 1 };
  };
  const told = () => woven(tab.record().thread).flatMap(({ event: each }) => (each ? [each.seq] : []));
  tab.store.threads.open("c1", { seq: 200 });
  for (let n = 0; n < 20; n += 1) await settled();
  tab.events(line(401));
  assert.deepEqual(told(), [160, 240]);
  await tab.store.threads.newer(tab.record());
  for (let n = 0; n < 20; n += 1) await settled();
  assert.deepEqual(told(), [160, 240, 260, 270]);
  while (tab.record().thread.newer) await tab.store.threads.newer(tab.record());
  for (let n = 0; n < 20; n += 1) await settled();
  assert.deepEqual(told(), [160, 240, 260, 270, 390, 401]);
  await tab.store.threads.older(tab.record());
  await tab.store.threads.older(tab.record());
  for (let n = 0; n < 20; n += 1) await settled();
  assert.deepEqual(told(), [90, 160, 240, 260, 270, 390, 401]);
});

/** Opened by its address, before the first load. Its row has been read as of `row_seq`, its messages are on their way. */
async function rowCameFirst(row_seq) {
  const tab = new Tab();
  tab.frame({ op: "hello", epoch: "e1", position: 100, ping_seconds: 25 });
  tab.store.threads.open("c1");
  const answers = [];
  tab.answers["/conversations/c1"] = () => row({ seq: row_seq });
  tab.answers["/conversations/c1/messages"] = () => new Promise((done) => answers.push(done));
  tab.answers["/conversations/c1/events"] = { items: [], more: false };
  tab.frame({ op: "ready", position: 100 });
  await settled();
  return { tab, answers };
}

const queued = message(2, { direction: "outbound", state: "queued" });
const becomes = (seq, state) =>
  event(seq, { type: `message.${state}`, alert: [], data: { message: { ...queued, state }, conversation: shared(row({ seq })) } });
const states = (tab) => tab.record().thread.items.map(({ state }) => state);

test("Messages that were read before what the row knows are read once more: no event brings what is between", async () => {
  const { tab, answers } = await rowCameFirst(3);
  tab.events(becomes(3, "sent"));
  answers[0]({ items: [message(1), queued], seq: 2 });
  await settled();
  assert.equal(answers.length, 2);
  tab.events(becomes(4, "delivered"));
  assert.deepEqual(states(tab), ["received", "queued"]);
  answers[1]({ items: [message(1), { ...queued, state: "sent" }], seq: 3 });
  await settled();
  assert.deepEqual(states(tab), ["received", "delivered"]);
  assert.equal(answers.length, 2);
});

test("Messages that were read with the row, or after it, are read once", async () => {
  const { tab, answers } = await rowCameFirst(3);
  answers[0]({ items: [message(1), { ...queued, state: "sent" }], seq: 3 });
  await settled();
  assert.equal(answers.length, 1);
});

test("A list that knows more of a conversation that was opened just now has its messages read once more", async () => {
  const strange = row({ owner: BEN, role: null, seq: 2 });
  const tab = await new Tab().live(strange);
  tab.answers["/conversations/c1/messages"] = () => ({ items: [message(1), queued], seq: 2 });
  tab.store.threads.open("c1");
  await settled();
  tab.answers["/conversations/c1/messages"] = () => ({ items: [message(1), { ...queued, state: "sent" }], seq: 3 });
  tab.store.loads.take({ ...strange, seq: 3 });
  tab.later.find(({ ms }) => ms === 150)();
  await settled();
  assert.deepEqual(states(tab), ["received", "sent"]);
});

test("What goes public just as somebody opens it shows its messages", async () => {
  const strange = row({ owner: BEN, role: null, seq: 2 });
  const tab = await new Tab().live(strange);
  tab.answers["/conversations/c1/messages"] = () => ({ items: [message(1), queued], seq: 2 });
  tab.store.threads.open("c1");
  await settled();
  tab.events(event(3, { type: "conversation.public", alert: [], data: { conversation: shared({ ...strange, seq: 3 }) } }));
  tab.later.find(({ ms }) => ms === 150)();
  await settled();
  assert.deepEqual(states(tab), ["received", "queued"]);
});

test("What becomes of a text on an older page, while that is on its way, is not lost", async () => {
  const tab = await openedAt(200);
  const { get } = tab.store.doors.api;
  let answer;
  tab.store.doors.api.get = async (path) => {
    const page = await get(path);
    await new Promise((done) => (answer = done));
    return page;
  };
  const page = tab.store.threads.older(tab.record());
  await settled();
  const changed = message(140, { direction: "outbound", state: "delivered" });
  tab.head += 1;
  tab.events(event(401, { type: "message.delivered", alert: [], data: { message: changed, conversation: shared(row({ seq: 401 })) } }));
  answer();
  await page;
  assert.equal(tab.record().thread.items.find(({ seq }) => seq === 140).state, "delivered");
  assert.deepEqual(numbers(tab), range(101, 250));
});

test("What one adds while an old text is in sight does not stand behind it: all between comes first", async () => {
  const tab = await openedAt(200);
  const note = message(401, { kind: "note", direction: "outbound", user: { id: "ana", name: "Ana" }, client_id: "n1" });
  tab.answers["POST /conversations/c1/notes"] = note;
  const kept = new Map();
  const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
  const drafts = new Drafts({ me: "ana", storage, later: setTimeout, cancel: clearTimeout, api: tab.store.doors.api, saved: () => undefined });
  const acts = new Acts(tab.store, { newId: () => "n1", now: () => 0, drafts });
  await acts.send(tab.record(), { kind: "note", body: "text 401" });
  const { thread } = tab.record();
  assert.deepEqual([numbers(tab), thread.beyond, tab.record().pending], [range(151, 250), [401], []]);
  tab.head = 401;
  tab.events(event(401, { type: "note.added", alert: [], data: { message: note, conversation: shared(row({ seq: 401 })) } }));
  assert.deepEqual(thread.beyond, [401]);
  while (thread.newer) await tab.store.threads.newer(tab.record());
  assert.deepEqual(numbers(tab), range(151, 401));
});

test("An older page that comes when the texts it belongs to were let go is not put before later ones", async () => {
  const tab = await openedAt(380);
  while (tab.record().thread.items.length < 350) await tab.store.threads.older(tab.record());
  const { get } = tab.store.doors.api;
  let answer;
  tab.store.doors.api.get = async (path) => {
    const page = await get(path);
    if (path.includes("before=")) await new Promise((done) => (answer = done));
    return page;
  };
  const page = tab.store.threads.older(tab.record(), assert.fail);
  await settled();
  tab.record().trim(200);
  answer();
  await page;
  assert.deepEqual(numbers(tab), range(201, 400));
  tab.store.doors.api.get = get;
  await tab.store.threads.older(tab.record());
  assert.deepEqual(numbers(tab), range(151, 400));
});
