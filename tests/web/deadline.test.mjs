import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { deadline, publicAt } from "../../web/static/js/deadline.js";
import { event, row, settled, shared, Tab } from "./tab.mjs";

const CASES = JSON.parse(readFileSync(new URL("../data/deadlines.json", import.meta.url), "utf8"));
const MINUTE_US = 60_000_000;

test("A deadline is here what it is on the server", () => {
  for (const { is, minutes, public_at, ...clock } of CASES) assert.equal(deadline(clock, minutes, MINUTE_US), public_at, is);
});

test("A row's deadline tells instants apart that are in the same millisecond", () => {
  const claimed = row({ waiting_since: "2026-11-22T12:00:00.000001Z", clock_start: "2026-11-22T12:00:00.000002Z" });
  assert.equal(publicAt(claimed, 0), null);
  assert.equal(publicAt(claimed, 10), "2026-11-22T12:10:00.000002Z");
});

test("Other public minutes move every running deadline at once", async () => {
  const tab = await new Tab().live();
  const at = "2026-11-22T12:00:00.000000Z";
  tab.events(event(2, { data: { conversation: shared(row({ waiting_since: at, clock_start: at, public_at: "2026-11-22T12:20:00.000000Z" })) } }));
  const changed = (/** @type {number|null} */ minutes) => event(9, { type: "settings.changed", conversation: null, seq: null, data: { settings: { sms_public_minutes: minutes } } });
  tab.events(changed(10));
  await settled();
  assert.equal(tab.record().row.public_at, "2026-11-22T12:10:00.000000Z");
  tab.events(changed(null));
  assert.equal(tab.record().row.public_at, null);
});
