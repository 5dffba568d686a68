/**
 * A browser's WebSocket and fetch for node, as far as a page of ours needs them, with one thing more: they ask for another host than
 * they connect to, as a proxy does. Text frames that are not fragmented, and the close frame (RFC 6455 section 5).
 */
import { randomBytes } from "node:crypto";
import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const PATIENCE_MS = 10_000;
const [OPENING, OPEN, CLOSED] = [0, 1, 3];
const [TEXT, CLOSE] = [1, 8];

export class Line {
  /** @param {{port: number, path: string, protocol: string, headers: {[name: string]: string}, ended: (code: number) => void}} to `ended`: it was open and is not any more */
  constructor({ port, path, protocol, headers, ended }) {
    this.ended = ended;
    this.readyState = OPENING;
    this.onmessage = this.onclose = this.onerror = null;
    this.code = 1006;
    this.came = Buffer.alloc(0);
    this.asking = request({ host: "127.0.0.1", port, path, headers: { ...headers, ...upgrade(protocol) } });
    this.asking.on("upgrade", (_, socket, head) => this.open(socket, head));
    this.asking.on("response", (answer) => {
      answer.resume();
      this.fail();
    });
    this.asking.on("error", () => this.fail());
    this.asking.end();
  }

  open(socket, head) {
    this.socket = socket.setNoDelay(true);
    this.readyState = OPEN;
    socket.on("data", (data) => this.hear(data));
    socket.on("error", () => undefined);
    socket.on("close", () => this.closed());
    this.hear(head);
  }

  fail() {
    this.onerror?.();
    this.closed();
  }

  closed() {
    if (this.readyState === CLOSED) return;
    if (this.readyState === OPEN) this.ended(this.code);
    this.readyState = CLOSED;
    this.onclose?.({ code: this.code });
  }

  hear(data) {
    this.came = this.came.length ? Buffer.concat([this.came, data]) : data;
    while (this.came.length >= 2) {
      const short = this.came[1] & 127;
      const head = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (this.came.length < head) return;
      const size = short === 126 ? this.came.readUInt16BE(2) : short === 127 ? Number(this.came.readBigUInt64BE(2)) : short;
      if (this.came.length < head + size) return;
      const [kind, payload] = [this.came[0] & 15, this.came.subarray(head, head + size)];
      this.came = this.came.subarray(head + size);
      if (kind === TEXT) this.onmessage?.({ data: payload.toString() });
      else if (kind === CLOSE) {
        this.code = size >= 2 ? payload.readUInt16BE(0) : 1005;
        this.close();
      }
    }
  }

  send(text) {
    this.write(TEXT, Buffer.from(text));
  }

  write(kind, payload) {
    const mask = randomBytes(4);
    const size = payload.length;
    const head = size < 126 ? Buffer.from([128 | kind, 128 | size]) : Buffer.from([128 | kind, 254, size >> 8, size & 255]);
    this.socket?.write(Buffer.concat([head, mask, payload.map((byte, at) => byte ^ mask[at & 3])]));
  }

  close() {
    if (this.readyState === OPEN) this.write(CLOSE, Buffer.from([3, 232]));
    this.socket?.end();
    if (!this.socket) this.asking.destroy();
  }
}

/** @param {string} protocol */
function upgrade(protocol) {
  return {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-key": randomBytes(16).toString("base64"),
    "sec-websocket-version": "13",
    "sec-websocket-protocol": protocol,
  };
}

/**
 * @param {number} port @param {string} path @param {{method: string, headers: {[name: string]: string}, body?: string}} options
 * @returns {Promise<any>} rejects when nobody answers
 */
export function ask(port, path, { method, headers, body }) {
  return new Promise((done, failed) => {
    const asking = request({ host: "127.0.0.1", port, path, method, headers, agent, timeout: PATIENCE_MS }, async (answer) => {
      const { statusCode: status = 0 } = answer;
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", failed);
      answer.on("end", () =>
        done({ status, ok: status < 300, headers: new Headers({ date: answer.headers.date ?? "" }), text: async () => Buffer.concat(parts).toString() }),
      );
    });
    asking.on("timeout", () => asking.destroy(new Error("nobody answers")));
    asking.on("error", failed);
    asking.end(body);
  });
}
