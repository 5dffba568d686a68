import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { Api, Problem } from "../../web/static/js/api.js";

/** What the server does with each path. */
const WAYS = {
  "/silent": () => undefined,
  "/half": (answer) => {
    answer.writeHead(200, { "content-type": "application/json", "content-length": "100" });
    answer.write('{"id": "c1"');
    setTimeout(() => answer.destroy(), 20);
  },
  "/slow": (answer) => {
    answer.writeHead(200, { "content-type": "application/json" });
    answer.write('{"id": ');
  },
  "/short": (answer) => answer.writeHead(200, { "content-type": "application/json" }).end('{"id": "c1"'),
  "/nothing": (answer) => answer.writeHead(204).end(),
  "/empty": (answer) => answer.writeHead(202).end(),
  "/null": (answer) => answer.writeHead(200, { "content-type": "application/json" }).end("null"),
  "/whole": (answer) => answer.writeHead(200, { "content-type": "application/json" }).end('{"id": "c1"}'),
  "/broken": (answer) => answer.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>"),
  "/later": (answer) => setTimeout(() => answer.writeHead(200, { "content-type": "application/json" }).end('{"id": "c1"}'), 400),
};

const server = createServer((request, answer) => WAYS[request.url.replace("/contacts/bulk", "")](answer));
await new Promise((done) => server.listen(0, "127.0.0.1", done));
after(() => {
  server.closeAllConnections();
  server.close();
});
const api = new Api({ fetch, csrf: "c", newKey: () => "k", base: `http://127.0.0.1:${server.address().port}`, patience: 200, long: 5000 });

const offline = (problem) => problem instanceof Problem && problem.status === 0 && problem.message === "You are offline.";

test("A call that breaks off while its page is left is over when the person comes back, and not before", { timeout: 5000 }, async () => {
  let back;
  const left = new Api({ ...api.doors, here: () => new Promise((done) => (back = done)) });
  for (const path of ["/silent", "/half"]) {
    let over = false;
    const call = left.get(path).catch((problem) => ((over = true), problem));
    await new Promise((done) => setTimeout(done, 400));
    assert.equal(over, false);
    back();
    assert.ok(offline(await call));
  }
});

test("A call that is not answered ends as one that did not reach the server", { timeout: 5000 }, async () => {
  await assert.rejects(api.post("/silent"), offline);
  await assert.rejects(api.get("/slow"), offline);
});

test("Files, and what changes thousands of contacts, are waited for longer", { timeout: 5000 }, async () => {
  await assert.rejects(api.post("/later"), offline);
  assert.deepEqual(await api.post("/later", new Blob(["name,phone"])), { id: "c1" });
  assert.deepEqual(await api.post("/contacts/bulk/later"), { id: "c1" });
});

test("An answer that is cut off is none: what it was to say is not taken for nothing", { timeout: 5000 }, async () => {
  for (const path of ["/half", "/short"]) await assert.rejects(api.post(path), offline, path);
});

test("An answer that says nothing is null", { timeout: 5000 }, async () => {
  for (const path of ["/nothing", "/empty", "/null"]) assert.equal(await api.post(path), null, path);
  assert.deepEqual(await api.get("/whole"), { id: "c1" });
});

test("A refusal keeps its status, whatever its body is", { timeout: 5000 }, async () => {
  await assert.rejects(api.get("/broken"), (problem) => problem instanceof Problem && problem.status === 502);
});
