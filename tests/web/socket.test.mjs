import assert from "node:assert/strict";
import { test } from "node:test";
import { Socket } from "../../web/static/js/socket.js";
import { settled } from "./tab.mjs";

/** The browser's end of a line, with the server's side in the test's hand. */
class Line {
  static all = [];

  constructor(url, protocol) {
    Object.assign(this, { url, protocol, readyState: 1, sent: [], closedHere: false });
    Line.all.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closedHere = true;
  }

  says(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }

  ends(code) {
    this.readyState = 3;
    this.onclose({ code });
  }
}

function made(more = {}) {
  Line.all = [];
  const log = { states: [], frames: [], lost: 0, timers: [] };
  const socket = new Socket({
    url: "ws://here/ws",
    WebSocket: Line,
    cursor: () => ({ position: 7, epoch: "e1" }),
    frame: (frame) => log.frames.push(frame.op),
    lost: () => (log.lost += 1),
    state: (state) => log.states.push(state),
    signedIn: async () => true,
    random: () => 0.5,
    later: (run, ms) => {
      const timer = { run, ms, off: false };
      log.timers.push(timer);
      return timer;
    },
    cancel: (timer) => timer && (timer.off = true),
    ...more,
  });
  socket.start();
  const hello = () => Line.all.at(-1).says({ op: "hello", ping_seconds: 25, limits: { frames_per_second: 20 } });
  /** Runs the newest timer of this length that still stands. */
  const pass = (ms) => {
    const timer = log.timers.findLast?.((each) => !each.off && each.ms === ms) ?? log.timers.filter((each) => !each.off && each.ms === ms).at(-1);
    assert.ok(timer, `a timer of ${ms} ms, of ${log.timers.map((each) => each.ms)}`);
    timer.off = true;
    timer.run();
  };
  return { socket, log, hello, pass };
}

test("After hello the first frame says from where, and pings are answered", () => {
  const { hello, log } = made();
  hello();
  const line = Line.all[0];
  line.says({ op: "ping", position: 9 });
  assert.equal(line.protocol, "partyline.v1");
  assert.deepEqual(line.sent, [{ op: "resume", position: 7, epoch: "e1" }, { op: "pong" }]);
  assert.deepEqual(log.frames, ["hello", "ping"]);
  assert.deepEqual(log.states, ["connecting", "open"]);
});

test("Nothing is sent before hello", () => {
  const { socket } = made();
  socket.send({ op: "watch" });
  assert.deepEqual(Line.all[0].sent, []);
});

test("A lost line comes back after a wait that doubles and is spread", async () => {
  const { hello, pass, log } = made();
  hello();
  Line.all[0].ends(1006);
  assert.equal(log.lost, 1);
  pass(375);
  Line.all[1].ends(1006);
  pass(750);
  await settled();
  Line.all[2].ends(1006);
  pass(1500);
});

test("After a refused handshake the session is asked for, and a signed-out tab stays away", async () => {
  const { pass, log } = made({ signedIn: async () => false });
  Line.all[0].ends(1006);
  pass(375);
  await settled();
  assert.equal(Line.all.length, 1);
  assert.equal(log.states.at(-1), "over");
});

test("bye says when to come back", () => {
  const { hello, pass } = made();
  hello();
  Line.all[0].says({ op: "bye", code: 4503, retry_ms: 7312 });
  Line.all[0].ends(4503);
  pass(7312);
  assert.equal(Line.all.length, 2);
});

test("4401 and 4409 do not come back by themselves; the others do", () => {
  for (const [code, state] of [[4401, "over"], [4409, "crowded"], [4400, "waiting"], [4403, "waiting"], [4408, "waiting"], [4413, "waiting"], [4429, "waiting"]]) {
    const { hello, log } = made();
    hello();
    Line.all[0].ends(code);
    assert.equal(log.states.at(-1), state, String(code));
  }
});

test("A line that says nothing for two ping periods is dropped and made anew", () => {
  const { hello, pass, log } = made();
  hello();
  const silent = Line.all[0];
  pass(50_000);
  assert.equal(silent.closedHere, true);
  assert.equal(log.lost, 1);
  pass(375);
  assert.equal(Line.all.length, 2);
});

test("More frames than the server takes in a second wait for the next one", () => {
  const { socket, hello, pass } = made();
  hello();
  for (let id = 0; id < 40; id += 1) socket.send({ op: "watch", id });
  assert.equal(Line.all[0].sent.length, 15);
  pass(1000);
  assert.equal(Line.all[0].sent.length, 30);
  pass(1000);
  assert.deepEqual(Line.all[0].sent.slice(1).map((frame) => frame.id), Array.from({ length: 40 }, (_, id) => id));
});
