import assert from "node:assert/strict";
import { test } from "node:test";
import { message, row, settled, Tab } from "./tab.mjs";

const MANY = 1200;

/** The server's list: row 0 is the newest. `fails` so many of its answers first. */
async function longList() {
  const tab = await new Tab().live(row({ id: "r0", last_message: at(0) }));
  tab.rows = Array.from({ length: MANY }, (_, n) => row({ id: `r${n}`, last_message: at(n) }));
  tab.fails = 0;
  const { get } = tab.store.doors.api;
  tab.store.doors.api.get = async (path) => {
    const [where, query] = path.split("?");
    if (where !== "/conversations") return get(path);
    tab.gets.push(path);
    if (tab.fails > 0) {
      tab.fails -= 1;
      throw Object.assign(new Error("busy"), { status: 503 });
    }
    const asked = new URLSearchParams(query);
    const from = Number(asked.get("cursor") ?? 0);
    const to = from + Number(asked.get("limit"));
    return { items: tab.rows.slice(from, to), next: to < tab.rows.length ? String(to) : null };
  };
  tab.store.loads.show("mine");
  await settled();
  return tab;
}

function at(n) {
  const when = new Date(Date.UTC(2026, 10, 22, 12) - n * 1000).toISOString();
  return message(1, { created_at: when });
}

async function scrolledTo(tab, n) {
  while (tab.store.loads.ids("mine").length <= n) await tab.store.loads.list("mine", true);
  tab.store.doors.sight = { message: () => null, row: () => `r${n}` };
}

/** Of the list, that were read since the reset. */
function pages(tab) {
  return tab.gets.filter((path) => path.startsWith("/conversations?")).length;
}

async function reset(tab) {
  tab.gets.length = 0;
  tab.frame({ op: "hello", epoch: "e2", position: 5 });
  tab.frame({ op: "reset", position: 5, why: "epoch" });
}

test("After a reset the list is read down to the rows in sight, and nothing of it goes before", async () => {
  const tab = await longList();
  await scrolledTo(tab, 900);
  await reset(tab);
  assert.ok(tab.store.loads.ids("mine").length > 900, "while it is read it stays as it was");
  for (let n = 0; n < 30; n += 1) {
    assert.equal(tab.store.loads.ids("mine")[900], "r900");
    await settled();
  }
  assert.equal(tab.store.phase, "live");
  const ids = tab.store.loads.ids("mine");
  assert.ok(ids.length < MANY, "further down is read when somebody goes there");
  assert.deepEqual(ids, tab.rows.slice(0, ids.length).map(({ id }) => id));
  assert.equal(pages(tab), 1 + Math.ceil((901 - 50) / 200));
  await tab.store.loads.list("mine", true);
  assert.ok(tab.store.loads.ids("mine").length > ids.length);
});

test("At the top of the list a reset reads its first page alone", async () => {
  const tab = await longList();
  await scrolledTo(tab, 18);
  await reset(tab);
  for (let n = 0; n < 10; n += 1) await settled();
  assert.equal(pages(tab), 1);
  assert.equal(tab.store.loads.ids("mine").length, 50);
});

test("Where the row in sight moved up or left meanwhile, the reading ends where it stood", async () => {
  const tab = await longList();
  await scrolledTo(tab, 500);
  tab.rows.splice(500, 1);
  await reset(tab);
  for (let n = 0; n < 20; n += 1) await settled();
  assert.equal(tab.store.loads.ids("mine").includes("r500"), false);
  assert.equal(tab.store.loads.ids("mine")[500], "r501");
  assert.equal(pages(tab), 1 + Math.ceil(450 / 200));
});

test("A list that cannot be read after a reset stays, and is tried again until it is there", async () => {
  const tab = await longList();
  await scrolledTo(tab, 300);
  tab.fails = 2;
  await reset(tab);
  for (let tries = 0; tries < 2; tries += 1) {
    for (let n = 0; n < 10; n += 1) await settled();
    assert.equal(tab.store.loads.ids("mine")[300], "r300");
    assert.equal(tab.store.phase, "stale");
    for (const run of tab.later.splice(0)) run();
  }
  for (let n = 0; n < 20; n += 1) await settled();
  assert.equal(tab.store.phase, "live");
  assert.equal(tab.store.loads.ids("mine")[300], "r300");
});
