/**
 * The websocket: connects, says hello and from where, answers pings, comes back. Knows no views and no DOM: the class, the
 * timers, the clock and the random numbers are given. What the frames mean is the store's.
 *
 * @typedef {{op: string, [key: string]: any}} Frame
 * @typedef {"connecting"|"open"|"waiting"|"over"|"crowded"|"offline"} State
 *   over: signed out; crowded: too many tabs; neither comes back by itself
 */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** Frames a second until `hello` says how many. */
const FRAMES = 15;
const OVER = 4401;
const CROWDED = 4409;
/** Silence for this many of the server's ping periods means that the line is dead. */
const SILENCE = 2;

export class Socket {
  /**
   * @param {{url: string, WebSocket: new (url: string, protocol: string) => WebSocket,
   *   cursor: () => {position?: number, epoch?: string|null},
   *   frame: (frame: Frame) => void, lost: () => void, state: (state: State) => void,
   *   signedIn: () => Promise<boolean>, online?: () => boolean,
   *   random?: () => number, later?: (run: () => void, ms: number) => any, cancel?: (timer: any) => void}} doors
   *   `signedIn` asks `GET /me`: false only when the server says that the session is over
   */
  constructor(doors) {
    this.doors = {
      random: Math.random,
      later: (/** @type {() => void} */ run, /** @type {number} */ ms) => setTimeout(run, ms),
      cancel: (/** @type {any} */ timer) => clearTimeout(timer),
      online: () => true,
      ...doors,
    };
    /** @type {WebSocket|null} */
    this.line = null;
    /** @type {State} */
    this.state = "waiting";
    this.failures = 0;
    this.greeted = false;
    /** @type {number|null} what `bye` told: when to come back, ms */
    this.told = null;
    /** @type {any} */
    this.timer = null;
    /** @type {any} */
    this.silence = null;
    this.ping_ms = 25_000;
    /** Which of the servers it is. */
    this.node = "";
    this.stopped = false;
    /** Frames that may still be sent in this second; the server's limit is not tried. */
    this.allowed = FRAMES;
    this.most = FRAMES;
    /** @type {Frame[]} */
    this.queue = [];
    /** @type {any} */
    this.refill = null;
  }

  start() {
    this.stopped = false;
    this.connect();
  }

  stop() {
    this.stopped = true;
    this.doors.cancel(this.timer);
    this.drop();
  }

  /** Comes back now: the browser is online again, or a person asked. */
  hurry() {
    if (this.stopped || this.line) return;
    this.doors.cancel(this.timer);
    this.connect();
  }

  connect() {
    this.timer = null;
    this.greeted = false;
    this.told = null;
    this.enter("connecting");
    const line = new this.doors.WebSocket(this.doors.url, "partyline.v1");
    this.line = line;
    line.onmessage = (event) => this.line === line && this.hear(String(event.data));
    line.onclose = (event) => this.line === line && this.closed(event.code);
    this.listen();
  }

  /** @param {Frame} frame dropped when the line is down: the store asks again after `hello` */
  send(frame) {
    if (this.line?.readyState !== 1 || !this.greeted) return;
    this.queue.push(frame);
    this.pour();
  }

  /** Sends what the second still allows; the rest goes in the next ones. */
  pour() {
    while (this.allowed > 0 && this.queue.length > 0) {
      this.allowed -= 1;
      this.line?.send(JSON.stringify(this.queue.shift()));
    }
    if (this.allowed === this.most || this.refill !== null) return;
    this.refill = this.doors.later(() => {
      this.refill = null;
      this.allowed = this.most;
      if (this.queue.length > 0) this.pour();
    }, 1000);
  }

  /** @param {string} text */
  hear(text) {
    this.listen();
    /** @type {Frame} */
    const frame = JSON.parse(text);
    if (frame.op === "hello") {
      this.greeted = true;
      this.failures = 0;
      this.queue = [];
      this.most = Math.max(1, Math.floor((frame.limits?.frames_per_second ?? FRAMES) * 0.75));
      this.node = frame["node"] ?? "";
      if (frame.ping_seconds) this.ping_ms = frame.ping_seconds * 1000;
      this.send({ op: "resume", ...this.doors.cursor() });
      this.enter("open");
    } else if (frame.op === "ping") this.line?.send(JSON.stringify({ op: "pong" }));
    else if (frame.op === "bye") this.told = frame.retry_ms ?? null;
    this.doors.frame(frame);
  }

  /** A line that says nothing for too long is dropped, since a browser notices a dead network late. */
  listen() {
    this.doors.cancel(this.silence);
    this.silence = this.doors.later(() => {
      this.drop();
      this.closed(1006);
    }, this.ping_ms * SILENCE);
  }

  drop() {
    const line = this.line;
    this.line = null;
    this.doors.cancel(this.silence);
    if (line) line.onmessage = line.onclose = null;
    line?.close();
  }

  /** @param {number} code */
  closed(code) {
    this.doors.cancel(this.silence);
    const greeted = this.greeted;
    this.line = null;
    this.greeted = false;
    this.doors.lost();
    if (this.stopped) return;
    if (code === OVER) return this.end("over");
    if (code === CROWDED) return this.end("crowded");
    this.enter(this.doors.online() ? "waiting" : "offline");
    this.failures += 1;
    const wait = this.told ?? this.wait();
    this.timer = this.doors.later(() => (greeted ? this.connect() : this.comeBack()), wait);
  }

  /** The handshake was refused, and a browser cannot say why: ask whether the session still stands. */
  async comeBack() {
    const signedIn = await this.doors.signedIn();
    if (this.stopped || this.line) return;
    if (signedIn) this.connect();
    else this.end("over");
  }

  /** @param {"over"|"crowded"} state */
  end(state) {
    this.stopped = true;
    this.enter(state);
  }

  /** @param {State} state */
  enter(state) {
    this.state = state;
    this.doors.state(state);
  }

  /** Milliseconds: doubling, and spread over half to all of it, so that tabs do not come back together. */
  wait() {
    const most = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(this.failures - 1, 6));
    return most / 2 + (this.doors.random() * most) / 2;
  }
}
