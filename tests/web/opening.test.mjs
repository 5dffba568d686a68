import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../../web/static/js/api.js";
import { closedAt, inQuiet, openingOf, quietAt } from "../../web/static/js/opening.js";
import { laterDayThere, placeOf } from "../../web/static/js/zones.js";

const NIGHT = { from: "20:00", to: "08:00", exempt_reply_hours: 24, state_hours: false };
const at = (/** @type {string} */ moment) => Date.parse(moment);

test("A moment is quiet by the clock there, over midnight and within a day", () => {
  assert.equal(quietAt(NIGHT, ["America/New_York"], at("2026-11-24T00:59:00Z")), false);
  assert.equal(quietAt(NIGHT, ["America/New_York"], at("2026-11-24T01:00:00Z")), true);
  assert.equal(quietAt(NIGHT, ["America/New_York"], at("2026-11-24T12:59:00Z")), true);
  assert.equal(quietAt(NIGHT, ["America/New_York"], at("2026-11-24T13:00:00Z")), false);
  const noon = { ...NIGHT, from: "12:00", to: "14:00" };
  assert.equal(quietAt(noon, ["Asia/Kolkata"], at("2026-11-24T06:30:00Z")), true);
  assert.equal(quietAt(noon, ["Asia/Kolkata"], at("2026-11-24T08:30:00Z")), false);
});

test("Of several zones one that is quiet is enough", () => {
  assert.equal(quietAt(NIGHT, ["America/Anchorage", "America/Adak"], at("2026-11-24T17:30:00Z")), true);
});

test("A state's hours are of the day there, and a day without any is closed", () => {
  const week = /** @type {import("../../web/static/js/opening.js").Week} */ ([...Array(5).fill({ from: "09:00", to: "18:00" }), { from: "10:00", to: "17:00" }, null]);
  const closed = (/** @type {string} */ moment) => closedAt(week, ["America/New_York"], at(moment));
  assert.deepEqual(["2026-11-20T13:59:00Z", "2026-11-20T14:00:00Z", "2026-11-20T22:59:00Z", "2026-11-20T23:00:00Z"].map(closed), [true, false, false, true]);
  assert.deepEqual(["2026-11-21T14:30:00Z", "2026-11-21T15:00:00Z", "2026-11-22T17:00:00Z", "2026-11-23T14:00:00Z"].map(closed), [true, false, true, false]);
  assert.equal(closedAt(week, ["America/New_York", "America/Chicago"], at("2026-11-20T14:30:00Z")), true);
});

test("A day later than tomorrow is named", () => {
  const saturday = at("2026-11-21T22:00:00Z");
  const named = (/** @type {string} */ moment) => laterDayThere("America/New_York", at(moment), saturday);
  assert.deepEqual(["2026-11-22T01:00:00Z", "2026-11-22T17:00:00Z", "2026-11-23T14:00:00Z", "2026-11-28T22:00:00Z"].map(named), ["", "", "Monday", "Saturday"]);
});

test("A refusal says when a text may leave, and no other one does", () => {
  const body = { code: "quiet_hours", opens_at: "2026-11-24T13:00:00Z", timezone: "America/New_York", state: "Florida: 08:00–20:00", detail: "It is quiet." };
  const opening = openingOf(new Problem(409, body));
  assert.deepEqual(opening, { opens_at: body.opens_at, timezone: body.timezone, state: body.state });
  assert.equal(openingOf(new Problem(409, { ...body, state: undefined }))?.state, null);
  assert.equal(openingOf(new Problem(409, { code: "opted_out" })), null);
  assert.deepEqual(inQuiet(opening, false), { send_at: body.opens_at });
  assert.deepEqual(inQuiet(opening, true), { anyway: true });
  assert.deepEqual(inQuiet(null, true), {});
});

test("A zone is called as people call it", () => {
  assert.equal(placeOf("America/Argentina/Buenos_Aires"), "Buenos Aires");
  assert.equal(placeOf("UTC"), "UTC");
});
