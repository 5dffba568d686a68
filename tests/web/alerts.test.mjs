import assert from "node:assert/strict";
import { test } from "node:test";
import { alertFor, optedOut, warning } from "../../web/static/js/alerts.js";
import { Said } from "../../web/static/js/said.js";
import { Sound } from "../../web/static/js/sound.js";
import { Status } from "../../web/static/js/status.js";
import { DEFAULTS } from "../../web/static/js/preferences.js";
import { Warnings, goesPublic } from "../../web/static/js/warnings.js";
import { BEN, event, message, row, settled, Tab } from "./tab.mjs";

const NOW = { me: "ana", looking: false, minutes: 20 };
const BY_BEN = { kind: "user", id: "ben", name: "Ben" };
const AT = Date.parse("2026-11-22T12:00:00Z");
const always = () => true;

/** What a tab keeps, and what the tabs of a browser share. */
function storage() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
}

async function mine(more = {}) {
  return (await new Tab().live(row(more))).record();
}

/** An event in the conversation of `mine`, with what the message is. */
function said(type, words = {}, more = {}) {
  return event(2, { type, actor: BY_BEN, data: { message: message(2, words), conversation: row() }, ...more });
}

/** [toast, sound, desktop] */
function ways(alert) {
  return alert && [true, alert.sound, alert.desktop !== null];
}

test("The table of alerts: who hears what, and by which way", async () => {
  const owner = await mine();
  const subscriber = await mine({ role: "subscriber", owner: BEN, subscribers: [{ id: "ana", name: "Ana" }] });
  const other = await mine({ role: null, owner: BEN });
  const heard = (each, record, more = {}) => ways(alertFor(each, record, { ...NOW, ...more }));
  for (const record of [owner, subscriber]) {
    assert.deepEqual(heard(event(2), record), [true, true, true], "an inbound text");
    assert.deepEqual(heard(said("message.queued", { direction: "outbound", user: BEN }), record), [true, false, false], "a teammate's text");
    assert.deepEqual(heard(event(2, { type: "conversation.public", actor: { kind: "system" }, alert: [] }), record), [true, false, false], "went public");
  }
  assert.equal(heard(event(2, { alert: ["ben"] }), other), null);
  const went = event(2, { type: "conversation.public", actor: { kind: "system", id: null, name: null }, alert: [] });
  assert.equal(heard(went, other), null);
  assert.deepEqual(heard(went, other, { pool: true }), [true, true, true]);
  assert.deepEqual(heard(said("conversation.claimed"), owner), [true, false, false]);
  assert.equal(heard(said("conversation.claimed"), subscriber), null);
  const lost = said("message.failed", { direction: "outbound", user: { id: "ana", name: "Ana" } }, { actor: { kind: "system", id: null, name: null } });
  assert.deepEqual([heard(lost, owner), alertFor(lost, owner, NOW).urgent], [[true, true, false], true]);
  const bens = said("message.failed", { direction: "outbound", user: BEN }, { actor: { kind: "system", id: null, name: null }, alert: [] });
  assert.equal(heard(bens, owner), null);
  assert.deepEqual([ways(warning(owner, 119_000, always)), ways(warning(subscriber, 119_000, always))], [[true, true, true], [true, false, false]]);
});

test("My own act, a muted conversation and one before my eyes make no alert; Focus keeps it for the bell alone", async () => {
  const record = await mine();
  assert.equal(alertFor(event(2, { actor: { kind: "user", id: "ana", name: "Ana" } }), record, NOW), null);
  assert.equal(alertFor(event(2), record, { ...NOW, looking: true }), null);
  const muted = await mine({ role: "subscriber", owner: BEN, subscribers: [{ id: "ana", name: "Ana" }], muted: true });
  assert.equal(alertFor(event(2), muted, NOW), null);
  assert.equal(alertFor(event(2), record, { ...NOW, quiet: true }).hushed, true);
  assert.equal(alertFor(event(2), record, NOW).hushed, false);
  assert.equal(warning(record, 1000, always).hushed, false);
});

test("A note that names me sounds, another one does not", async () => {
  const record = await mine();
  const note = (mentions) => said("note.added", { kind: "note", direction: "outbound", user: BEN, mentions });
  assert.deepEqual(ways(alertFor(note([]), record, NOW)), [true, false, false]);
  const named = alertFor(note([{ id: "ana", name: "Ana" }]), record, NOW);
  assert.deepEqual([ways(named), named.words], [[true, true, true], "Ben mentioned you in a note about Maria Garcia."]);
});

test("An opt-out is told to those who take part, in the words of how it came", async () => {
  const record = await mine();
  const stop = { ...event(2), type: "contact.opted_out", data: { contact: { id: "k1" }, reason: "keyword" } };
  assert.equal(optedOut(stop, record, { me: "ana", quiet: false }).words, "Maria Garcia opted out by texting STOP.");
  assert.equal(optedOut({ ...stop, actor: BY_BEN, data: { reason: "agent" } }, record, { me: "ana", quiet: false }).words, "Maria Garcia opted out, says Ben.");
  assert.equal(optedOut(stop, await mine({ role: null, owner: BEN }), { me: "ana", quiet: false }), null);
});

test("What goes public soon is told once for each start of the clock: not after a reload, not in a tab opened later", async () => {
  const shared = storage();
  const record = await mine({ waiting_since: "2026-11-22T11:41:30Z", clock_start: "2026-11-22T11:41:30Z", public_at: "2026-11-22T12:01:30Z" });
  const kept = storage();
  const first = new Warnings({ kept, shared });
  assert.deepEqual(first.due([record], AT - 60_000), []);
  assert.deepEqual(first.due([record], AT).map(({ left }) => left), [90_000]);
  const beside = new Warnings({ kept: storage(), shared });
  assert.equal(beside.due([record], AT + 1000).length, 1);
  assert.deepEqual(first.due([record], AT + 1000), []);
  assert.deepEqual(new Warnings({ kept, shared }).due([record], AT + 2000), []);
  assert.deepEqual(new Warnings({ kept: storage(), shared }).due([record], AT + 20_000), []);
  record.row = { ...record.row, clock_start: "2026-11-22T11:42:00Z" };
  assert.equal(first.due([record], AT + 21_000).length, 1);
  record.row = { ...record.row, clock_start: "2026-11-22T12:00:30Z" };
  assert.deepEqual(first.due([record], AT + 31_000), [], "a clock of a minute that has just begun");
  assert.equal(first.due([record], AT + 51_000).length, 1);
});

test("What goes public soon holds until its conversation waits no more, or for longer", async () => {
  const waiting = { waiting_since: "2026-11-22T11:41:30Z", clock_start: "2026-11-22T11:41:30Z", public_at: "2026-11-22T12:01:30Z" };
  const record = await mine(waiting);
  const [{ end }] = new Warnings({ kept: storage(), shared: storage() }).due([record], AT);
  const holds = (more = {}) => goesPublic({ ...record.row, ...more }, end);
  assert.equal(holds(), true);
  const answered = { waiting_since: null, clock_start: null, public_at: null };
  assert.equal(holds(answered), false);
  assert.equal(holds({ ...answered, closed_at: "2026-11-22T12:00:10Z" }), false);
  assert.equal(holds({ clock_start: null, public_at: null, snoozed_until: "2026-11-23T08:00:00Z" }), false);
  assert.equal(holds({ clock_start: "2026-11-22T12:00:10Z", public_at: "2026-11-22T12:20:10Z", owner: BEN, role: "subscriber" }), false, "claimed");
  assert.equal(holds({ public_since: "2026-11-22T12:01:30Z" }), false);
  assert.equal(holds({ muted: true }), false);
  assert.equal(holds({ role: null }), false);
  assert.equal(goesPublic(undefined, end), false);
  assert.equal(holds({ public_at: "2026-11-22T12:00:30Z" }), true, "sooner still");
});

test("The sound comes at most once in three seconds over all tabs, and says when the browser does not allow it", async () => {
  const shared = storage();
  let now = AT;
  let played = 0;
  let allowed = false;
  const play = async () => {
    if (!allowed) throw new Error("NotAllowedError");
    played += 1;
  };
  const tab = () => new Sound({ play, shared, allowed: () => allowed, changed: () => undefined, now: () => now });
  const [one, two] = [tab(), tab()];
  assert.deepEqual([one.locked, await one.ring(), one.locked], [true, false, true]);
  allowed = true;
  one.unlock();
  now += 3000;
  assert.deepEqual([await one.ring(), one.locked], [true, false]);
  now += 2900;
  assert.deepEqual([await one.ring(), await two.ring(), played], [false, false, 1]);
  now += 200;
  assert.deepEqual([await two.ring(), played], [true, 2]);
});

test("Texts of other conversations are spoken as a digest, at most one in five seconds", () => {
  const later = [];
  let now = AT;
  let lines = [];
  const region = new Said({ show: (said) => (lines = said), later: (run, ms) => later.push([run, ms]), now: () => now });
  const words = () => lines.map((line) => line.words);
  for (const conversation of ["c1", "c2", "c1"]) region.text(conversation);
  assert.deepEqual([later.length, words()], [1, []]);
  later.shift()[0]();
  assert.deepEqual(words(), ["3 new messages in 2 conversations"]);
  now += 1000;
  region.text("c3");
  assert.equal(later[0][1], 4000);
  now += 4000;
  later.shift()[0]();
  assert.equal(words().at(-1), "1 new message in 1 conversation");
  region.say("Maria Garcia: Yes.");
  region.say("Maria Garcia: Yes.");
  assert.deepEqual([words().slice(-2), new Set(lines.map(({ id }) => id)).size], [["Maria Garcia: Yes.", "Maria Garcia: Yes."], lines.length]);
});

test("Focus ends by itself; Away by one's own choice hushes all, Away for want of a touch hushes nothing and ends with the next", async () => {
  const shared = storage();
  let now = AT;
  let chosen = { ...DEFAULTS };
  const told = [];
  const prefer = async (change) => (chosen = { ...chosen, ...change });
  const status = new Status({
    chosen: () => chosen,
    prefer,
    change: prefer,
    shared,
    now: () => now,
    here: () => now,
    leads: () => true,
    tell: (words) => told.push(words),
    say: () => undefined,
  });
  status.focus(30);
  assert.deepEqual([status.now, status.quiet], ["focus", true]);
  now += 31 * 60_000;
  assert.equal(status.quiet, false);
  status.touch();
  status.tick();
  assert.deepEqual([chosen.status, told], ["available", ["Focus is over. You are Available."]]);
  status.choose("away");
  assert.deepEqual([status.now, status.quiet], ["away", true]);
  status.touch();
  assert.equal(chosen.status, "away");
  status.choose("available");
  now += 14 * 60_000;
  status.tick();
  assert.equal(chosen.status, "available");
  now += 2 * 60_000;
  status.tick();
  await settled();
  assert.deepEqual([chosen.status, status.quiet, told.length], ["away", false, 2]);
  status.touch();
  assert.equal(chosen.status, "available");
});
