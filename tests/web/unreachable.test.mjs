import assert from "node:assert/strict";
import { test } from "node:test";
import { Acts } from "../../web/static/js/acts.js";
import { Problem } from "../../web/static/js/api.js";
import { event, message, row, settled, shared, Tab } from "./tab.mjs";

const AT = Date.parse("2026-11-22T12:00:00Z");
const READ = "PUT /conversations/c1/read";

/** Lets so much time pass, ms: what waits for it runs, and what that asks for later waits again. */
async function pass(tab, ms) {
  for (const run of tab.later.splice(0)) {
    run.left = (run.left ?? run.ms) - ms;
    if (run.left <= 0) run();
    else tab.later.push(run);
  }
  for (let round = 0; round < 5; round += 1) await settled();
}

/** So many answers of a call fail before it goes well. */
function away(tab, path, times, answer) {
  tab.fails = times;
  tab.answers[path] = (body) => {
    if (tab.fails > 0) {
      tab.fails -= 1;
      throw new Problem(0, null);
    }
    return typeof answer === "function" ? answer(body) : answer;
  };
}

test("A conversation whose row could not be read for minutes is there as soon as the server is, with what happened meanwhile", async () => {
  const tab = await new Tab().live();
  away(tab, "/conversations/c2", 40, () => row({ id: "c2", seq: 1 }));
  tab.store.threads.open("c2");
  await settled();
  const words = (seq) => event(seq, { conversation: "c2", data: { message: message(seq, { conversation: "c2" }), conversation: shared(row({ id: "c2", seq })) } });
  tab.events(words(2));
  for (let seconds = 0; seconds < 180; seconds += 5) await pass(tab, 5000);
  assert.equal(tab.record("c2").row, null);
  tab.fails = 0;
  await pass(tab, 5000);
  assert.deepEqual([tab.record("c2").row?.seq, tab.record("c2").loading, tab.applied], [2, false, [2]]);
  tab.gets.length = 0;
  for (let seconds = 0; seconds < 30; seconds += 5) await pass(tab, 5000);
  assert.deepEqual(tab.gets.filter((path) => path === "/conversations/c2"), []);
});

test("A row that nobody waits for any more is not asked for again", async () => {
  const tab = await new Tab().live();
  away(tab, "/conversations/c2", Infinity, null);
  tab.store.threads.open("c2");
  await settled();
  tab.store.loads.gone(tab.record("c2"));
  tab.gets.length = 0;
  for (let seconds = 0; seconds < 60; seconds += 5) await pass(tab, 5000);
  assert.deepEqual(tab.gets.filter((path) => path === "/conversations/c2"), []);
});

test("A row that is read in vain is asked for in one place, also after a reset, and in none once a list brought it", async () => {
  const tab = await new Tab().live();
  away(tab, "/conversations/c2", Infinity, null);
  tab.store.threads.open("c2");
  await settled();
  tab.frame({ op: "hello", epoch: "e2", position: 500 });
  tab.frame({ op: "reset", position: 500, why: "epoch" });
  for (let seconds = 0; seconds < 60; seconds += 5) await pass(tab, 5000);
  const asked = async () => {
    tab.gets.length = 0;
    await pass(tab, 5000);
    return tab.gets.filter((path) => path === "/conversations/c2").length;
  };
  assert.equal(await asked(), 1);
  tab.store.loads.take(row({ id: "c2", seq: 4 }));
  assert.equal(await asked(), 0);
});

/** Two texts are on screen and read; the server does not hear of it. */
async function readInVain(problem = new Problem(0, null)) {
  const tab = await new Tab().live();
  tab.now = AT;
  tab.puts = [];
  tab.answers[READ] = (body) => {
    tab.puts.push(body.seq);
    if (tab.refused) throw tab.refused;
    return null;
  };
  tab.refused = problem;
  tab.acts = new Acts(tab.store, { newId: () => "n1", now: () => tab.now });
  tab.events(event(2), event(3));
  await tab.acts.read(tab.record());
  assert.deepEqual([tab.puts, tab.record().unread], [[3], 0]);
  return tab;
}

const told = (read_seq, at) => event(null, { type: "conversation.read", seq: null, position: 900, alert: [], at: new Date(at).toISOString(), data: { conversation: "c1", read_seq } });

test("What was read while the server was away is told it when it is back, once", async () => {
  const tab = await readInVain();
  await pass(tab, 5000);
  await pass(tab, 5000);
  assert.deepEqual(tab.puts, [3, 3, 3]);
  tab.refused = null;
  await pass(tab, 5000);
  assert.deepEqual(tab.puts, [3, 3, 3, 3]);
  for (let seconds = 0; seconds < 30; seconds += 5) await pass(tab, 5000);
  assert.deepEqual([tab.puts.length, tab.store.loads.reading], [4, 0]);
});

test("A reading is told again only when all that was missed is here", async () => {
  const tab = await readInVain();
  tab.store.lost();
  tab.refused = null;
  await pass(tab, 5000);
  tab.frame({ op: "hello", epoch: "e1", position: 130 });
  await pass(tab, 5000);
  assert.deepEqual(tab.puts, [3]);
  tab.frame({ op: "ready", position: 130 });
  await pass(tab, 5000);
  assert.deepEqual(tab.puts, [3, 3]);
});

test("Of two readings that did not reach the server the further one is told", async () => {
  const tab = await readInVain();
  tab.events(event(4));
  await tab.acts.read(tab.record());
  tab.refused = null;
  await pass(tab, 5000);
  await pass(tab, 5000);
  assert.deepEqual(tab.puts, [3, 4, 4]);
});

test("What was marked unread since is not read again, here or in another tab", async () => {
  const here = await readInVain();
  here.answers["DELETE /conversations/c1/read"] = row({ seq: 3, unread: 1 });
  here.answers["/conversations/c1"] = row({ seq: 3, unread: 1 });
  await here.acts.unread(here.record());
  const there = await readInVain();
  there.answers["/conversations/c1"] = row({ seq: 3, unread: 1 });
  there.events(told(2, AT + 2000));
  for (const tab of [here, there]) {
    tab.refused = null;
    for (let seconds = 0; seconds < 30; seconds += 5) await pass(tab, 5000);
    assert.deepEqual(tab.puts, [3]);
  }
  assert.equal(there.record().unread, 1);
});

test("Late news of an earlier reading does not keep the later one from the server", async () => {
  const tab = await readInVain();
  tab.answers["/conversations/c1"] = row({ seq: 3, unread: 1 });
  tab.events(told(2, AT - 2000));
  tab.refused = null;
  await pass(tab, 5000);
  assert.deepEqual(tab.puts, [3, 3]);
});

test("A reading that the server refuses is not told again", async () => {
  const tab = await readInVain(new Problem(404, { code: "not_found" }));
  for (let seconds = 0; seconds < 30; seconds += 5) await pass(tab, 5000);
  assert.deepEqual([tab.puts, tab.store.loads.reading], [[3], 0]);
});
