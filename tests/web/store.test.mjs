import assert from "node:assert/strict";
import { test } from "node:test";
import { BEN, event, ME, message, row, settled, shared, Tab } from "./tab.mjs";
import { Acts } from "../../web/static/js/acts.js";

test("The next event is applied and an older one is dropped", async () => {
  const tab = await new Tab().live();
  tab.events(event(2), event(3), event(2), event(3));
  assert.deepEqual(tab.applied, [2, 3]);
  assert.equal(tab.store.dropped, 2);
  assert.equal(tab.record().row.last_message.seq, 3);
});

test("For a gap the tab asks from its last number and applies in order whatever fills it", async () => {
  const tab = await new Tab().live();
  tab.events(event(2), event(5), event(6));
  assert.deepEqual(tab.applied, [2]);
  assert.deepEqual(tab.sent, [{ op: "watch", id: 1, conversation: "c1", after: 2 }]);
  tab.frame({ op: "ok", id: 1, seq: 6 });
  tab.events(event(3), event(4), event(5), event(6));
  assert.deepEqual(tab.applied, [2, 3, 4, 5, 6]);
  assert.deepEqual(tab.sent.at(-1), { op: "unwatch", id: 2, conversation: "c1" });
});

test("A gap that is filled without a repeat of what was held back is applied whole", async () => {
  const tab = await new Tab().live();
  tab.events(event(4));
  tab.frame({ op: "ok", id: 1, seq: 4 });
  tab.events(event(2), event(3));
  assert.deepEqual(tab.applied, [2, 3, 4]);
});

test("A gap that nobody can fill any more is read as a whole, with its messages", async () => {
  const tab = await new Tab().live();
  tab.answers["/conversations/c1/messages"] = { items: [message(1)], seq: 1 };
  tab.answers["/conversations/c1"] = row({ seq: 9, unread: 3 });
  tab.store.threads.open("c1");
  await settled();
  tab.answers["/conversations/c1/messages"] = { items: [message(1), message(8)], seq: 9 };
  tab.events(event(9));
  const asked = tab.sent.at(-1);
  tab.frame({ op: "error", id: asked.id, code: "too_far" });
  await settled();
  tab.events(event(10));
  assert.deepEqual(tab.applied, [10]);
  assert.deepEqual(tab.record().thread.items.map((each) => each.seq), [1, 8, 10]);
});

test("What is still missing after everything up to N was written is asked for again, then read", async () => {
  const tab = await new Tab().live();
  tab.events(event(4));
  tab.frame({ op: "ready", position: 103 });
  assert.equal(tab.sent.length, 1);
  tab.frame({ op: "ready", position: 104 });
  assert.equal(tab.sent.length, 2);
  tab.answers["/conversations/c1"] = row({ seq: 4 });
  tab.frame({ op: "ping", position: 104 });
  await settled();
  assert.equal(tab.record().seq, 4);
  assert.deepEqual(tab.gets, ["/conversations/c1"]);
});

test("The tab resumes only from the N of ready, ping or reset", async () => {
  const tab = new Tab();
  assert.deepEqual(tab.store.cursor(), {});
  tab.frame({ op: "hello", epoch: "e1", position: 999 });
  assert.deepEqual(tab.store.cursor(), {});
  tab.frame({ op: "ready", position: 100 });
  tab.events(event(2, { position: 777 }));
  assert.deepEqual(tab.store.cursor(), { position: 100, epoch: "e1" });
  tab.frame({ op: "ping", position: 120 });
  assert.deepEqual(tab.store.cursor(), { position: 120, epoch: "e1" });
  tab.frame({ op: "hello", epoch: "e2", position: 5 });
  tab.frame({ op: "reset", position: 5, why: "epoch" });
  assert.deepEqual(tab.store.cursor(), { position: 5, epoch: "e2" });
});

test("A conversation that does not come whole is shown as it comes, without asking for gaps", async () => {
  const others = row({ owner: BEN, role: null });
  const tab = await new Tab().live(others);
  const claimed = (seq) => event(seq, { type: "conversation.claimed", alert: [], data: { conversation: shared({ ...others, seq }) } });
  tab.events(claimed(7), claimed(5), claimed(9));
  assert.deepEqual(tab.applied, [7, 9]);
  assert.deepEqual(tab.sent, []);
});

test("An unknown conversation of mine is loaded, and its events wait until it is here", async () => {
  const tab = await new Tab().live();
  tab.answers["/conversations/c2"] = () => row({ id: "c2", seq: 4, unread: 2 });
  const of = (seq) => event(seq, { conversation: "c2", data: { message: message(seq), conversation: shared(row({ id: "c2", seq })) } });
  tab.events(of(4), of(5));
  assert.deepEqual(tab.applied, []);
  await settled();
  assert.deepEqual(tab.gets, ["/conversations/c2"]);
  assert.deepEqual(tab.applied, [5]);
  assert.equal(tab.record("c2").unread, 3);
  assert.deepEqual(tab.noticed, [[4, false], [5, false]]);
});

test("Many unknown conversations are read by the page, and what no page holds one by one", async () => {
  const tab = await new Tab().live();
  const ids = Array.from({ length: 300 }, (_, number) => `d${number}`);
  const mine = (id, more = {}) => row({ id, seq: 1, ...more });
  const page = (some, next) => ({ items: some.map((id) => mine(id)), next });
  tab.answers["/conversations?view=all&limit=200"] = page(ids.slice(100), "more");
  tab.answers["/conversations?view=all&limit=200&cursor=more"] = page(ids.slice(20, 100), "end");
  for (const id of ids) tab.answers[`/conversations/${id}`] = mine(id);
  tab.events(...ids.map((id) => event(1, { conversation: id, data: { message: message(1), conversation: shared(row({ id })) } })));
  assert.equal(tab.gets.length, 8);
  await settled();
  for (const run of tab.later.splice(0)) run();
  for (let rounds = 0; rounds < 5; rounds += 1) await settled();
  assert.deepEqual(ids.filter((id) => tab.record(id)?.loading !== false || tab.record(id).row === null), []);
  const alone = tab.gets.filter((path) => path.startsWith("/conversations/d"));
  assert.equal(new Set(alone).size, alone.length);
  assert.equal(alone.length, 20);
  assert.equal(tab.gets.filter((path) => path.includes("view=all")).length, 3);
});

test("An unknown conversation of others needs no load: its event says all", async () => {
  const tab = await new Tab().live();
  const others = row({ id: "c3", owner: BEN, role: null, seq: 8, public_since: "2026-11-22T12:00:00Z" });
  tab.events(event(8, { conversation: "c3", type: "conversation.public", alert: [], data: { conversation: shared(others) } }));
  assert.deepEqual(tab.gets, []);
  assert.deepEqual(tab.store.loads.ids("pool"), ["c3"]);
  assert.equal(tab.store.tallies.pool.all, 1);
  assert.equal(tab.record("c3").row.draft, null);
});

test("Unread counts messages that alert me and nothing else", async () => {
  const tab = await new Tab().live();
  const sent = message(3, { id: "m3", direction: "outbound", state: "queued", user: BEN });
  const data = (made) => ({ message: made, conversation: shared(row()) });
  tab.events(
    event(2),
    event(3, { type: "message.queued", data: data(sent) }),
    event(4, { type: "message.sent", data: data({ ...sent, state: "sent" }) }),
    event(5, { type: "message.queued", data: data({ ...sent, id: "m1", seq: 1 }) }),
    event(6, { type: "note.added", data: data(message(6, { kind: "note", user: BEN })) }),
    event(7, { alert: ["ben"] }),
  );
  assert.equal(tab.record().unread, 3);
  assert.equal(tab.store.unread, 1);
});

test("Whoever is taken out of a conversation has nothing unread in it", async () => {
  const tab = await new Tab().live(row({ role: "subscriber", owner: BEN, subscribers: [ME], unread: 1 }));
  tab.events(event(2));
  assert.equal(tab.record().unread, 2);
  const gone = { conversation: shared(row({ owner: BEN, subscribers: [], seq: 3 })), user: ME };
  tab.events(event(3, { type: "subscriber.removed", alert: [], data: gone }));
  assert.equal(tab.record().unread, 0);
});

test("Reading in another tab of mine clears exactly what was read", async () => {
  const tab = await new Tab().live();
  tab.events(event(2), event(3), event(4));
  const read = (read_seq) => event(null, { type: "conversation.read", seq: null, alert: [], data: { conversation: "c1", read_seq } });
  tab.events(read(3));
  assert.equal(tab.record().unread, 1);
  tab.events(read(4));
  assert.equal(tab.record().unread, 0);
  assert.equal(tab.store.unread, 0);
});

test("A read in the middle of what was unread at the load is asked of the server", async () => {
  const tab = await new Tab().live(row({ seq: 9, unread: 4 }));
  tab.answers["/conversations/c1"] = row({ seq: 9, unread: 2 });
  tab.events(event(null, { type: "conversation.read", seq: null, alert: [], data: { conversation: "c1", read_seq: 5 } }));
  await settled();
  assert.equal(tab.record().unread, 2);
});

test("A muted conversation shows no unread, and muting loads it again", async () => {
  const tab = await new Tab().live(row({ owner: BEN, role: "subscriber", subscribers: [{ id: "ana", name: "Ana" }] }));
  tab.answers["/conversations/c1"] = row({ owner: BEN, role: "subscriber", muted: true, unread: 0 });
  tab.events(event(null, { type: "subscriber.muted", seq: null, alert: [], data: { conversation: {} } }));
  await settled();
  const following = shared(row({ owner: BEN, subscribers: [{ id: "ana", name: "Ana" }] }));
  tab.events(event(2, { alert: ["ben"], data: { message: message(2), conversation: following } }));
  assert.equal(tab.record().row.muted, true);
  assert.equal(tab.record().unread, 0);
});

test("A row that was read while its events were under way loses none of their messages", async () => {
  const tab = await new Tab().live();
  tab.answers["/conversations/c1/messages"] = { items: [message(1)], seq: 1 };
  tab.store.threads.open("c1");
  await settled();
  tab.store.loads.take(row({ seq: 3, unread: 2 }));
  tab.events(event(2), event(3));
  assert.deepEqual(tab.record().thread.items.map((each) => each.seq), [1, 2, 3]);
  assert.equal(tab.record().unread, 2);
});

test("Events that arrive while the messages are on their way are in the log once", async () => {
  const tab = await new Tab().live();
  let answer;
  tab.answers["/conversations/c1/messages"] = () => new Promise((done) => (answer = done));
  tab.store.threads.open("c1");
  tab.events(event(2), event(3));
  answer({ items: [message(1), message(2)], seq: 2 });
  await settled();
  assert.deepEqual(tab.record().thread.items.map((each) => each.seq), [1, 2, 3]);
});

test("A reset forgets what was read before, loads what is on screen and goes on live", async () => {
  const tab = await new Tab().live();
  tab.answers["/conversations/c1/messages"] = { items: [message(1)], seq: 1 };
  tab.store.loads.show("mine");
  tab.store.threads.open("c1");
  await settled();
  tab.store.loads.take(row({ id: "c2" }));
  tab.answers["/conversations/c1"] = row({ seq: 30 });
  tab.answers["/conversations/c1/messages"] = { items: [message(1), message(30)], seq: 30 };
  tab.answers["/conversations"] = { items: [row({ seq: 30 })], next: null };
  tab.frame({ op: "reset", position: 500, why: "too_far" });
  assert.equal(tab.store.phase, "stale");
  tab.events(event(31));
  await settled();
  await settled();
  assert.equal(tab.store.phase, "live");
  assert.deepEqual([...tab.store.records.keys()], ["c1"]);
  assert.deepEqual(tab.record().thread.items.map((each) => each.seq), [1, 30, 31]);
});

test("After a reconnect what is on screen is watched again from its last number", async () => {
  const tab = await new Tab().live();
  tab.answers["/conversations/c1/messages"] = { items: [], seq: 1 };
  tab.store.threads.open("c1");
  for (const run of tab.later.splice(0)) run();
  tab.store.watches.want("pool", true);
  tab.events(event(2));
  tab.store.lost();
  tab.sent.length = 0;
  tab.frame({ op: "hello", epoch: "e1", position: 130 });
  assert.deepEqual(tab.sent.map(({ id, ...rest }) => rest), [
    { op: "watch", topic: "pool", after: 100 },
    { op: "watch", conversation: "c1", after: 2 },
  ]);
});

test("A conversation that is only passed by is not watched", async () => {
  const tab = await new Tab().live();
  tab.store.loads.take(row({ id: "c2" }));
  tab.store.threads.open("c2");
  tab.store.threads.open("c1");
  for (const run of tab.later.splice(0)) run();
  assert.deepEqual(tab.sent, [{ op: "watch", id: 1, conversation: "c1", after: 1 }]);
});

test("A list read takes away rows that left it without telling this tab, and none that changed meanwhile", async () => {
  const tab = await new Tab().live();
  const others = (id, more) => row({ id, owner: BEN, role: null, waiting_since: "2026-11-22T11:00:00Z", ...more });
  tab.store.loads.take(others("c5"));
  tab.answers["/conversations"] = () => {
    tab.store.loads.take(others("c6"));
    return { items: [], next: null };
  };
  await tab.store.loads.list("unanswered");
  assert.deepEqual(tab.store.loads.ids("unanswered"), ["c6"]);
});

test("What was missed is applied but marked as a replay, so that it makes no noise", async () => {
  const tab = await new Tab().live();
  tab.store.lost();
  tab.frame({ op: "hello", epoch: "e1", position: 130 });
  tab.events(event(2));
  tab.frame({ op: "ready", position: 130 });
  tab.events(event(3));
  assert.deepEqual(tab.noticed, [[2, true], [3, false]]);
  assert.equal(tab.store.caught_up, 1);
});

test("Numbers stay right under any mixture of loss, doubles and disorder", async () => {
  let seed = 7;
  const random = () => ((seed = (seed * 48271) % 2147483647) / 2147483647);
  for (let round = 0; round < 200; round += 1) {
    const tab = await new Tab().live();
    const all = Array.from({ length: 20 }, (_, at) => event(at + 2));
    for (const each of all) {
      const wild = random();
      if (wild < 0.2) continue;
      tab.events(each);
      if (wild < 0.4) tab.events(each);
      if (wild > 0.9) tab.events(/** @type {any} */ (all[Math.floor(random() * all.length)]));
    }
    for (let asked = 0; asked < tab.sent.length; asked += 1) {
      const frame = tab.sent[asked];
      if (frame.op !== "watch") continue;
      tab.frame({ op: "ok", id: frame.id, seq: 21 });
      tab.events(...all.filter((each) => each.seq > frame.after));
    }
    tab.events(...all);
    assert.deepEqual(tab.applied, all.map((each) => each.seq));
  }
});

test("An answer to a question from before a reset is not believed", async () => {
  const tab = await new Tab().live();
  const waiting = [];
  tab.answers["/conversations/c1/messages"] = () => new Promise((done) => waiting.push(done));
  tab.answers["/conversations/c1"] = () => new Promise((done) => waiting.push(done));
  tab.store.threads.open("c1");
  tab.frame({ op: "hello", epoch: "e2", position: 500 });
  tab.frame({ op: "reset", position: 500, why: "epoch" });
  const [oldMessages, newRow, newMessages] = waiting;
  oldMessages({ items: [message(1)], seq: 1 });
  await settled();
  assert.equal(tab.record().thread.state, "loading");
  newMessages({ items: [message(1), message(7)], seq: 7 });
  newRow(row({ seq: 7 }));
  await settled();
  assert.deepEqual(tab.record().thread.items.map((each) => each.seq), [1, 7]);
  assert.equal(tab.record().seq, 7);
});

test("Nothing is read before the tab is live, since what happens in between would be missed", async () => {
  const tab = new Tab();
  tab.store.loads.show("mine");
  tab.store.threads.open("c1");
  tab.frame({ op: "hello", epoch: "e1", position: 100 });
  assert.deepEqual(tab.gets, []);
  tab.answers["/conversations/c1"] = row();
  tab.answers["/conversations/c1/messages"] = { items: [message(1)], seq: 1 };
  tab.frame({ op: "ready", position: 100 });
  await settled();
  assert.deepEqual(tab.gets.map((path) => path.split("?")[0]).sort(), [
    "/conversations",
    "/conversations/c1",
    "/conversations/c1/events",
    "/conversations/c1/messages",
    "/conversations/counts",
  ]);
  assert.equal(tab.record().thread.items.length, 1);
});

test("A conversation that is opened while the screen is being read is not forgotten", async () => {
  const tab = new Tab();
  const waiting = {};
  const later = (name) => () => new Promise((done) => (waiting[name] = done));
  tab.answers["/conversations/counts"] = later("counts");
  tab.answers["/conversations/c1"] = later("row");
  tab.answers["/conversations/c1/messages"] = { items: [message(1)], seq: 1 };
  tab.frame({ op: "hello", epoch: "e1", position: 100 });
  tab.frame({ op: "ready", position: 100 });
  tab.store.threads.open("c1");
  waiting.counts({ mine: { all: 1, unread: 0 }, subscribed: { all: 0, unread: 0 }, pool: 0, unanswered: 0, all: 1, closed: 0 });
  await settled();
  waiting.row(row());
  await settled();
  assert.equal(tab.record().row.id, "c1");
  assert.deepEqual(tab.record().thread.items.map((each) => each.seq), [1]);
});

test("The topic that a page wants before the tab is live is watched from its first position on", () => {
  const tab = new Tab();
  tab.store.loads.show("pool");
  tab.frame({ op: "hello", epoch: "e1", position: 90 });
  tab.frame({ op: "ready", position: 100 });
  assert.deepEqual(tab.sent, [{ op: "watch", id: 1, topic: "pool", after: 100 }]);
});

const watches = (tab) => tab.sent.filter(({ op }) => op === "watch").map(({ id, ...rest }) => rest);

async function onThePool() {
  const tab = await new Tab().live();
  tab.store.loads.show("pool");
  tab.frame({ op: "ok", id: tab.sent.at(-1).id, position: 100 });
  tab.frame({ op: "ready", position: 105 });
  return tab;
}

/** The connection is lost, and there is another one; what is asked for at once. */
function comesBack(tab) {
  tab.sent.length = 0;
  tab.store.lost();
  tab.frame({ op: "hello", epoch: "e1", position: 200 });
  return watches(tab);
}

test("What was missed of a topic is asked for again when the line broke before it came, however far the tab itself had resumed", async () => {
  const tab = await onThePool();
  assert.deepEqual(comesBack(tab), [{ op: "watch", topic: "pool", after: 105 }]);
  tab.frame({ op: "ready", position: 200 });
  assert.equal(tab.store.cursor().position, 200);
  assert.deepEqual(comesBack(tab), [{ op: "watch", topic: "pool", after: 105 }]);
  const { id } = tab.sent.at(-1);
  tab.frame({ op: "ready", position: 210 });
  tab.frame({ op: "ok", id, position: 212 });
  assert.deepEqual(comesBack(tab), [{ op: "watch", topic: "pool", after: 105 }], "it was promised, and did not come");
  tab.frame({ op: "ok", id: tab.sent.at(-1).id, position: 215 });
  tab.frame({ op: "ready", position: 215 });
  assert.deepEqual(comesBack(tab), [{ op: "watch", topic: "pool", after: 215 }]);
});

test("After a reset a topic is watched from there on: what was asked before may have been too far", async () => {
  const tab = await onThePool();
  comesBack(tab);
  const { id } = tab.sent.at(-1);
  tab.sent.length = 0;
  tab.frame({ op: "reset", position: 30_000, why: "too_far" });
  tab.frame({ op: "error", id, code: "too_far" });
  await settled();
  assert.deepEqual(watches(tab), [{ op: "watch", topic: "pool", after: 30_000 }]);
});

test("A conversation that this tab does not know is read elsewhere: it still counts as unread until the counts are read again", async () => {
  const tab = await new Tab().live();
  for (const type of ["conversation.read", "subscriber.muted"]) {
    tab.store.loads.tallying = null;
    tab.store.loads.tallied_lately = false;
    [tab.gets, tab.later] = [[], []];
    tab.events({ ...event(7), type, conversation: "c9", seq: null, data: { conversation: "c9", read_seq: 7 } });
    tab.later.splice(0).forEach((run) => run());
    await settled();
    assert.deepEqual(tab.gets, ["/conversations/counts"], type);
  }
});

test("Counts that were read before I read a conversation are read again", async () => {
  const tab = new Tab();
  const waiting = [];
  tab.answers["/conversations/counts"] = () => new Promise((done) => waiting.push(done));
  const counts = (unread) => ({ mine: { all: 1, unread }, subscribed: { all: 0, unread: 0 }, pool: 0, unanswered: 0, all: 1, closed: 0 });
  tab.frame({ op: "hello", epoch: "e1", position: 100 });
  tab.frame({ op: "ready", position: 100 });
  tab.store.loads.take(row({ unread: 1 }));
  tab.events({ ...event(1), type: "conversation.read", seq: null, data: { conversation: "c1", read_seq: 1 } });
  waiting[0](counts(1));
  await settled();
  for (const run of tab.later.splice(0)) run();
  waiting[1](counts(0));
  await settled();
  assert.equal(tab.store.unread, 0);
});

/** A tab of which each reading of the counts waits for its answer, with what runs what is to run after `ms`. */
function counting() {
  const tab = new Tab();
  const waiting = [];
  tab.answers["/conversations/counts"] = () => new Promise((done) => waiting.push(done));
  const answer = async (n, unread) => {
    waiting[n]({ mine: { all: 1, unread }, subscribed: { all: 0, unread: 0 }, pool: 0, unanswered: 0, all: 1, closed: 0 });
    await settled();
  };
  const after = (ms) => {
    const due = tab.later.filter((run) => run.ms === ms);
    tab.later = tab.later.filter((run) => run.ms !== ms);
    for (const run of due) run();
  };
  tab.frame({ op: "hello", epoch: "e1", position: 100 });
  tab.frame({ op: "ready", position: 100 });
  return { tab, answer, after };
}

test("Counts that were read while I read and then while a text came are right half a second later", async () => {
  const { tab, answer, after } = counting();
  tab.store.loads.take(row({ unread: 1 }));
  tab.events({ ...event(1), type: "conversation.read", seq: null, data: { conversation: "c1", read_seq: 1 } });
  await answer(0, 1);
  after(200);
  tab.events(event(2));
  assert.equal(tab.store.unread, 2);
  await answer(1, 0);
  after(200);
  await answer(2, 1);
  assert.equal(tab.store.unread, 1);
});

test("Counts that come after those of a later question are old", async () => {
  const { tab, answer, after } = counting();
  await answer(0, 0);
  tab.store.loads.tallies();
  tab.events({ ...event(7), type: "conversation.read", conversation: "c9", seq: null, data: { conversation: "c9", read_seq: 7 } });
  after(200);
  await answer(2, 3);
  await answer(1, 4);
  assert.equal(tab.store.unread, 3);
});

test("What only the feed brings of unknown conversations is not kept, however much comes", async () => {
  const tab = await new Tab().live();
  tab.store.watches.want("feed", true);
  const of = (/** @type {number} */ n, more = {}) => event(n + 10, { conversation: `x${n}`, alert: [], data: { message: message(1), conversation: shared(row({ id: `x${n}`, owner: BEN, ...more })) } });
  for (let n = 0; n < 1000; n += 1) tab.events(of(n));
  assert.equal(tab.store.records.size, 1);
  tab.events(of(1000, { owner: { id: "ana", name: "Ana" } }));
  assert.equal(tab.store.records.size, 2);
});

test("When the feed is asked for from too long ago, it goes on from now and what is on screen is read again", async () => {
  const tab = await new Tab().live();
  let reloads = 0;
  tab.store.doors.reloaded = () => (reloads += 1);
  tab.store.watches.want("feed", true);
  const { id } = tab.sent.at(-1);
  tab.frame({ op: "error", id, code: "too_far" });
  const again = tab.sent.at(-1);
  assert.deepEqual({ ...again, id: 0 }, { op: "watch", id: 0, topic: "feed" });
  assert.equal(reloads, 0);
  tab.frame({ op: "ok", id: again.id, position: 500 });
  assert.equal(reloads, 1);
});

test("A row that leaves the end of what was read does not take the rows before it with it", async () => {
  const tab = await new Tab().live(row({ id: "c0", last_message: message(59) }));
  const page = [58, 57, 56].map((second) => row({ id: `c${second}`, last_message: message(second, { conversation: `c${second}` }) }));
  tab.answers["/conversations"] = { items: page, next: "more" };
  tab.store.loads.show("mine");
  await settled();
  assert.deepEqual(tab.store.loads.ids("mine"), ["c0", "c58", "c57", "c56"]);
  const newest = { ...message(60, { conversation: "c56" }), created_at: "2026-11-22T12:01:00.000000Z" };
  tab.events(event(2, { conversation: "c56", data: { message: newest, conversation: shared(row({ id: "c56", seq: 2, last_message: newest })) } }));
  assert.deepEqual(tab.store.loads.ids("mine"), ["c56", "c0", "c58", "c57"]);
});

test("A list that is here whole stays whole when its first page is read again", async () => {
  const tab = await new Tab().live(row({ id: "c0", last_message: message(59) }));
  const of = (second) => row({ id: `c${second}`, last_message: message(second, { conversation: `c${second}` }) });
  tab.answers["/conversations"] = { items: [of(58)], next: "more" };
  tab.store.loads.show("mine");
  await settled();
  tab.answers["/conversations"] = { items: [of(57), of(56)], next: null };
  await tab.store.loads.list("mine", true);
  tab.answers["/conversations"] = { items: [of(58)], next: "more" };
  await tab.store.loads.list("mine");
  assert.deepEqual(tab.store.loads.ids("mine"), ["c0", "c58", "c57", "c56"]);
});

test("The rows of others that are on screen are watched while they are, and an open one stays watched", async () => {
  const of = (id) => row({ id, owner: BEN, role: null });
  const tab = await new Tab().live(of("c1"));
  for (const id of ["c2", "c3"]) tab.store.loads.take(of(id));
  tab.store.loads.take(row({ id: "mine" }));
  tab.store.glances.want(["c1", "c2", "mine"]);
  assert.deepEqual(tab.sent.map((frame) => [frame.op, frame.conversation]), [["watch", "c1"], ["watch", "c2"]]);
  tab.store.threads.open("c1");
  tab.store.glances.want(["c2", "c3"]);
  assert.deepEqual(tab.sent.slice(2).map((frame) => [frame.op, frame.conversation]), [["watch", "c3"]]);
  tab.store.glances.want(["c1", "c3"]);
  tab.store.threads.close();
  assert.equal(tab.record("c1").watched, true);
  tab.store.glances.want([]);
  assert.deepEqual(tab.sent.slice(3).map((frame) => [frame.op, frame.conversation]), [["unwatch", "c2"], ["unwatch", "c3"], ["unwatch", "c1"]]);
  assert.deepEqual(["c1", "c2", "c3"].map((id) => tab.record(id).watched), [false, false, false]);
});

test("What happens to a conversation that was opened before the first load waits for its row", async () => {
  const tab = new Tab();
  tab.answers["/conversations/c1"] = () => row({ seq: 2 });
  tab.store.threads.open("c1");
  tab.frame({ op: "hello", epoch: "e1", position: 100, ping_seconds: 25 });
  tab.events(event(2));
  assert.deepEqual(tab.applied, []);
  tab.frame({ op: "ready", position: 102 });
  await settled();
  assert.equal(tab.record().row.seq, 2);
  tab.events(event(3));
  assert.deepEqual(tab.applied, [3]);
});

test("A conversation that was opened before the first load is watched from its row on, and not from its beginning", async () => {
  const tab = new Tab();
  tab.answers["/conversations/c1"] = () => row({ seq: 900 });
  tab.store.threads.open("c1");
  tab.frame({ op: "hello", epoch: "e1", position: 100, ping_seconds: 25 });
  for (const run of tab.later.splice(0)) run();
  tab.frame({ op: "hello", epoch: "e1", position: 100, ping_seconds: 25 });
  tab.frame({ op: "ready", position: 102 });
  await settled();
  assert.deepEqual(tab.sent, [{ op: "watch", id: 1, conversation: "c1", after: 900 }]);
});

test("A count that was read before a reading was written is read again and not believed", async () => {
  const tab = await new Tab().live();
  tab.events(event(2));
  let written;
  tab.answers["PUT /conversations/c1/read"] = () => new Promise((done) => (written = done));
  const acts = new Acts(tab.store, { newId: () => "x", now: () => 0 });
  const reading = acts.read(tab.record());
  tab.answers["/conversations/counts"] = { mine: { all: 1, unread: 1 }, subscribed: { all: 0, unread: 0 }, pool: 0, unanswered: 0, all: 1, closed: 0 };
  await tab.store.loads.tallies();
  assert.equal(tab.store.unread, 0);
  written(null);
  await reading;
  assert.ok(tab.later.length > 0);
});
