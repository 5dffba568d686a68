import assert from "node:assert/strict";
import { test } from "node:test";
import { Acts } from "../../web/static/js/acts.js";
import { Problem } from "../../web/static/js/api.js";
import { Drafts } from "../../web/static/js/drafts.js";
import { BEN, event, ME, message, row, settled, Tab } from "./tab.mjs";

/** The server's clock. @param {number} second */
const moment = (second) => `2026-11-22T12:00:${String(second).padStart(2, "0")}.000000Z`;

/** Drafts with the timers and the server's side in the test's hand; `kept` is what an earlier page of the tab left. */
function made(kept = new Map()) {
  const timers = new Map();
  const at = { kept, timers, puts: [], answers: [], saved: [] };
  const drafts = new Drafts({
    me: ME.id,
    storage: { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text), removeItem: (key) => kept.delete(key) },
    later: (run) => (timers.set(run, run), run),
    cancel: (timer) => timers.delete(timer),
    api: {
      get: async () => ({ body: "From elsewhere", updated_at: moment(9) }),
      call: (_method, path, { body }) => {
        at.puts.push([path, body]);
        return new Promise((done, fail) => at.answers.push({ done: (at = moment(1)) => done({ body, updated_at: body ? at : null }), fail }));
      },
    },
    saved: (id, body) => at.saved.push([id, body]),
  });
  const pause = () => [...timers.keys()].forEach((run) => (timers.delete(run), run()));
  return { drafts, ...at, pause };
}

/** A text that was written there does not go out. */
async function fails(there, body) {
  there.acts.send(there.record, { body });
  await settled();
  there.posts[0].fail(new Problem(0, null));
  await settled();
}

test("A draft is in this tab at once, and goes to the server once after a pause", async () => {
  const { drafts, puts, answers, saved, pause } = made();
  for (const text of ["H", "Ha", "Half"]) drafts.write("c1", text);
  assert.equal(drafts.local("c1"), "Half");
  assert.deepEqual(puts, []);
  pause();
  answers[0].done();
  await settled();
  assert.deepEqual(puts, [["/conversations/c1/draft", "Half"]]);
  assert.deepEqual(saved, [["c1", "Half"]]);
});

test("Saves of one conversation go one after another, and only the newest waits", async () => {
  const { drafts, puts, answers, pause } = made();
  drafts.write("c1", "One");
  pause();
  drafts.write("c1", "Two");
  pause();
  drafts.write("c1", "Three");
  pause();
  assert.equal(puts.length, 1);
  answers[0].done();
  await settled();
  assert.deepEqual(puts.map(([, body]) => body), ["One", "Three"]);
});

test("A sent text's draft does not come back by a save that was on its way", async () => {
  const { drafts, puts, answers, pause } = made();
  drafts.write("c1", "Hello");
  pause();
  drafts.sent("c1");
  answers[0].done();
  await settled();
  assert.deepEqual(puts.map(([, body]) => body), ["Hello", ""]);
  assert.equal(drafts.local("c1"), "");
});

test("A text that is sent before the pause is never saved", () => {
  const { drafts, puts, pause } = made();
  drafts.write("c1", "Hello");
  drafts.sent("c1");
  pause();
  assert.deepEqual(puts, []);
});

test("A save that fails is tried again with the next pause, and the tab keeps the words", async () => {
  const { drafts, puts, answers, saved, pause } = made();
  drafts.write("c1", "Hello");
  pause();
  answers[0].fail(new Error("offline"));
  await settled();
  assert.equal(drafts.local("c1"), "Hello");
  assert.deepEqual(saved, []);
  drafts.write("c1", "Hello you");
  pause();
  assert.equal(puts.length, 2);
});

let ids = 0;

/** A page of the tab with one conversation of mine, whose calls of `POST` wait for the test; the storage is the tab's. */
async function page(kept = new Map()) {
  const tab = await new Tab().live();
  const drafting = made(kept);
  const posts = [];
  tab.store.doors.api.call = (_method, path, body) => new Promise((done, fail) => posts.push({ path, body, done, fail }));
  const acts = new Acts(tab.store, { newId: () => `own ${(ids += 1)}`, now: () => 0, drafts: drafting.drafts });
  return { tab, acts, posts, record: tab.record(), ...drafting };
}

/** The newest messages of the open conversation are here. */
function opened({ acts, record }, ...items) {
  record.loadThread(items, 1, false);
  acts.restore(record);
}

const mine = (seq, more = {}) => message(seq, { direction: "outbound", user: ME, state: "queued", ...more });
const told = (seq, text, more = {}) => event(seq, { type: text.kind === "note" ? "note.added" : "message.queued", data: { message: text, conversation: { ...row(), seq } }, ...more });

test("All that did not go out is there again after a reload, in order, as the same texts and notes", async () => {
  const kept = new Map();
  const before = await page(kept);
  for (const asked of [{ body: "A", media: [{ id: "p1" }] }, { body: "B" }, { body: "C", kind: "note" }]) before.acts.send(before.record, asked);
  await settled();
  assert.deepEqual(before.posts.map(({ body }) => body.body), ["A"]);
  const after = await page(kept);
  opened(after);
  const facts = ({ client_id, kind, body, media }) => ({ client_id, kind, body, media });
  assert.deepEqual(after.record.pending.map(facts), before.record.pending.map(facts));
  assert.deepEqual(after.record.pending.map(({ state, why }) => [state, why]), Array(3).fill(["failed", "The page was loaded again."]));
  opened(after);
  assert.equal(after.record.pending.length, 3);
  after.acts.sendAnyway(after.record, after.record.pending[0]);
  assert.equal(after.posts[0].body.client_id, before.record.pending[0].client_id);
});

test("What failed before others were written is there after a reload, beside what is being written", async () => {
  const kept = new Map();
  const before = await page(kept);
  await fails(before, "A");
  before.drafts.write("c1", "B");
  for (const after of [await page(kept), await page(kept)]) {
    opened(after);
    assert.deepEqual(after.record.pending.map(({ body }) => body), ["A"]);
    assert.equal(after.drafts.local("c1"), "B");
  }
});

test("What the server has after all does not stand twice, whether it was read, told or answered", async () => {
  const kept = new Map();
  const before = await page(kept);
  for (const body of ["A", "B", "C"]) before.acts.send(before.record, { body });
  await settled();
  const [a, b, c] = before.record.pending.map(({ client_id }) => client_id);
  const after = await page(kept);
  opened(after, mine(2, { client_id: a }));
  assert.deepEqual(after.record.pending.map(({ client_id }) => client_id), [b, c]);
  const late = told(2, mine(2, { client_id: b }));
  after.drafts.heard(late);
  after.tab.events(late);
  assert.deepEqual(after.record.pending.map(({ client_id }) => client_id), [c]);
  after.acts.sendAnyway(after.record, after.record.pending[0]);
  after.posts[0].done(mine(3, { client_id: c }));
  await settled();
  const last = await page(kept);
  opened(last);
  assert.deepEqual([last.record.pending, [...kept.keys()]], [[], []]);
});

test("A text that was put off keeps its time through a reload", async () => {
  const kept = new Map();
  const before = await page(kept);
  await fails(before, "A");
  before.acts.sendAnyway(before.record, before.record.pending[0], moment(30));
  const after = await page(kept);
  opened(after);
  assert.equal(after.record.pending[0].send_at, moment(30));
});

test("While a text waits the server's draft of it does not come back, and goes when the text is thrown away", async () => {
  const { acts, record, drafts, posts, puts, answers, pause } = await page();
  drafts.write("c1", "A");
  pause();
  answers[0].done();
  await settled();
  drafts.sent("c1");
  acts.send(record, { body: "A" });
  await settled();
  posts[0].fail(new Problem(409, { code: "unseen_message" }));
  await settled();
  assert.equal(await drafts.remote("c1"), null);
  acts.discard(record, record.pending[0]);
  assert.deepEqual(puts.map(([, body]) => body), ["A", ""]);
  answers[1].done();
  await settled();
  assert.equal((await drafts.remote("c1")).body, "From elsewhere");
});

test("A draft whose end the server did not hear of is ended when it comes back", async () => {
  const { drafts, puts, answers, pause } = made();
  drafts.write("c1", "From elsewhere");
  pause();
  answers[0].done(moment(9));
  await settled();
  drafts.write("c1", "");
  pause();
  answers[1].fail(new Problem(0, null));
  await settled();
  assert.equal(await drafts.remote("c1"), null);
  assert.deepEqual(puts.map(([, body]) => body), ["From elsewhere", "", ""]);
});

test("Throwing a text away leaves what is being written after it", async () => {
  const { acts, record, drafts, puts, answers, pause } = await page();
  acts.send(record, { body: "A" });
  drafts.write("c1", "B");
  pause();
  answers[0].done();
  await settled();
  acts.discard(record, record.pending[0]);
  assert.equal(drafts.local("c1"), "B");
  assert.deepEqual(puts.map(([, body]) => body), ["B"]);
});

/** What is left of a draft that the server had since second 1, when a text of mine is told. `write` may answer with the text's client_id. */
async function leftAfter(text, write = () => undefined) {
  const made = await page();
  made.drafts.write("c1", "Half");
  made.pause();
  if (write.length < 2) made.answers[0].done();
  await settled();
  const client_id = await write(made, made.answers[0]);
  made.drafts.heard(told(2, client_id ? { ...text, client_id } : text));
  return made.drafts.local("c1");
}

test("A text of mine from another window ends the draft that it was, and nothing else", async () => {
  const text = mine(2, { client_id: "of another window" });
  assert.equal(await leftAfter(text), "");
  assert.equal(await leftAfter({ ...text, user: BEN }), "Half");
  assert.equal(await leftAfter({ ...text, kind: "note" }), "Half");
  assert.equal(await leftAfter({ ...text, created_at: moment(0) }), "Half", "it was written after that text");
  assert.equal(await leftAfter(text, ({ drafts }) => drafts.write("c1", "Half and on")), "Half and on");
});

test("A text of this tab leaves what is being written after it, whichever answer comes first", async () => {
  const sent = async ({ acts, record, posts }, answer = true) => {
    acts.send(record, { body: "Before" });
    await settled();
    const [{ client_id }] = record.pending;
    if (answer) posts[0].done(mine(2, { client_id }));
    await settled();
    return client_id;
  };
  assert.equal(await leftAfter(mine(2), (made) => sent(made)), "Half");
  assert.equal(await leftAfter(mine(2), (made) => sent(made, false)), "Half");
  const crossed = async (made, save) => {
    const client_id = await sent(made);
    save.done();
    await settled();
    return client_id;
  };
  assert.equal(await leftAfter(mine(2), crossed), "Half");
});
