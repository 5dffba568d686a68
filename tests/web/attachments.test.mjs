/** What hangs on a text that is being written: what may, what is asked, what goes along. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../../web/static/js/api.js";
import { Shelves, asks, keepAttached, keptAttached, sized } from "../../web/static/js/attachments.js";
import { attached, preview } from "../../web/static/js/words.js";

const MB = 1_000_000;

/** A house whose uploads end when the test says so, and whose copies have the size that it says. */
function house({ copy = 600_000, kept = [] } = {}) {
  const uploads = [];
  const said = [];
  const keeping = new Map();
  const forgotten = [];
  const shelves = new Shelves({
    upload: (file, name, told) => {
      const upload = { file, name, told, stopped: false };
      uploads.push(upload);
      const done = new Promise((resolve, reject) => Object.assign(upload, { resolve, reject }));
      return { done, stop: () => ((upload.stopped = true), upload.reject(new Problem(0, null))) };
    },
    shrink: async (file, most) => (copy === null || copy > most ? null : sizedFile("x.jpg", copy, "image/jpeg")),
    preview: (file) => `blob:${file.name}`,
    forget: (preview) => forgotten.push(preview),
    keep: (key, media) => keeping.set(key, media),
    kept: () => kept,
    say: (words) => said.push(words),
  });
  return { shelf: shelves.of("conversation"), shelves, uploads, said, keeping, forgotten };
}

function sizedFile(name, size, type) {
  return { name, size, type };
}

function media(id, more = {}) {
  return { id, content_type: "image/png", size: 1000, state: "ready", url: `/m/${id}`, name: `${id}.png`, width: 4, height: 3, thumbnail_url: `/t/${id}`, ...more };
}

const settled = () => new Promise((done) => setImmediate(done));

test("a file is on its way, then there, and only then goes with a text", async () => {
  const { shelf, uploads, said, keeping } = house();
  await shelf.add([sizedFile("photo.png", 0.3 * MB, "image/png")], MB);
  assert.deepEqual([shelf.media, shelf.busy, shelf.items.value[0].preview], [[], true, "blob:photo.png"]);
  uploads[0].told(0.5);
  assert.equal(shelf.items.value[0].share, 0.5);
  uploads[0].resolve(media("m1"));
  await settled();
  assert.deepEqual([shelf.media.map((each) => each.id), shelf.busy], [["m1"], false]);
  assert.deepEqual(said, ["m1.png attached."]);
  assert.deepEqual(keeping.get("conversation").map((each) => each.id), ["m1"]);
});

test("a number that sends no pictures takes none and says so", async () => {
  const { shelf, uploads } = house();
  await shelf.add([sizedFile("photo.png", 1000, "image/png")], 0);
  assert.deepEqual([uploads.length, shelf.why.value], [0, "This number cannot send pictures."]);
});

test("a picture that is too large is sent as a smaller copy if the person says so", async () => {
  const { shelf, uploads, said } = house({ copy: 612_345 });
  await shelf.add([sizedFile("photo.png", 8.2 * MB, "image/png")], MB);
  const [question] = shelf.questions.value;
  assert.equal(asks(question), "photo.png is 8.2 MB; this number takes up to 1 MB. Send a smaller copy (0.6 MB)?");
  assert.deepEqual([said, shelf.busy, uploads.length], [[asks(question)], true, 0]);
  shelf.answer(true);
  assert.deepEqual([uploads[0].name, uploads[0].file.size, shelf.questions.value], ["photo.jpg", 612_345, []]);
});

test("a picture that is a little too large is told in smaller units, so that the two sizes differ", async () => {
  const { shelf } = house();
  await shelf.add([sizedFile("photo.png", 1_040_000, "image/png")], MB);
  assert.equal(asks(shelf.questions.value[0]), "photo.png is 1040 KB; this number takes up to 1000 KB. Send a smaller copy (0.6 MB)?");
});

test("Cancel attaches nothing", async () => {
  const { shelf, uploads } = house();
  await shelf.add([sizedFile("photo.png", 8.2 * MB, "image/png")], MB);
  shelf.answer(false);
  assert.deepEqual([shelf.items.value, uploads.length, shelf.busy], [[], 0, false]);
});

test("a moving picture says that its copy does not move", async () => {
  const { shelf } = house();
  await shelf.add([sizedFile("fun.gif", 2 * MB, "image/gif")], MB);
  assert.match(asks(shelf.questions.value[0]), /Send a smaller still copy/);
});

test("what is attached already counts: the second one has the room that is left", async () => {
  const { shelf, uploads } = house({ copy: 400_000 });
  await shelf.add([sizedFile("a.png", 0.5 * MB, "image/png"), sizedFile("b.png", 0.6 * MB, "image/png")], MB);
  assert.equal(uploads.length, 1);
  assert.equal(shelf.questions.value[0].name, "b.png");
  shelf.answer(true);
  assert.equal(shelf.size, 900_000);
});

test("a file that cannot be made smaller is refused with both sizes", async () => {
  const { shelf, uploads } = house({ copy: null });
  await shelf.add([sizedFile("clip.mp4", 3 * MB, "video/mp4")], MB);
  assert.equal(shelf.why.value, "clip.mp4 is 3 MB; this number takes up to 1 MB.");
  await shelf.add([sizedFile("odd.png", 3 * MB, "image/png")], MB);
  assert.equal(shelf.why.value, "odd.png is 3 MB; this number takes up to 1 MB.");
  assert.equal(uploads.length, 0);
});

test("a kind that no carrier takes is refused; another kind of picture goes as a JPEG", async () => {
  const { shelf, uploads } = house();
  await shelf.add([sizedFile("notes.docx", 1000, "application/vnd.openxmlformats")], MB);
  assert.match(shelf.why.value, /^notes\.docx cannot be sent: pictures/);
  await shelf.add([sizedFile("logo.svg", 1000, "image/svg+xml")], MB);
  assert.match(shelf.why.value, /^logo\.svg cannot be sent/);
  await shelf.add([sizedFile("photo.heic", MB / 2, "image/heic")], MB);
  assert.deepEqual(uploads.map((each) => each.name), ["photo.jpg"]);
});

test("a picture that this browser cannot open says so", async () => {
  const { shelf } = house({ copy: null });
  await shelf.add([sizedFile("photo.heic", 1000, "image/heic")], MB);
  assert.equal(shelf.why.value, "photo.heic cannot be opened as a picture.");
});

test("ten are the most", async () => {
  const { shelf, uploads } = house();
  await shelf.add(Array.from({ length: 11 }, (_, n) => sizedFile(`${n}.png`, 10, "image/png")), MB);
  assert.deepEqual([uploads.length, shelf.why.value], [10, "A text takes at most 10 attachments."]);
});

test("an upload that fails is gone, with the server's words; one that is removed is stopped and fails silently", async () => {
  const { shelf, uploads, forgotten } = house();
  await shelf.add([sizedFile("a.png", 10, "image/png"), sizedFile("b.png", 10, "image/png")], MB);
  uploads[0].reject(new Problem(415, { detail: "This picture is damaged: it cannot be opened." }));
  await settled();
  assert.deepEqual([shelf.items.value.map((item) => item.name), shelf.why.value], [["b.png"], "a.png was not attached. This picture is damaged: it cannot be opened."]);
  shelf.why.value = "";
  shelf.remove(shelf.items.value[0].key);
  await settled();
  assert.deepEqual([shelf.items.value, uploads[1].stopped, shelf.why.value, forgotten], [[], true, "", ["blob:a.png", "blob:b.png"]]);
});

test("an answer that comes after its item was removed brings nothing back", async () => {
  const { shelf, uploads } = house();
  await shelf.add([sizedFile("a.png", 10, "image/png")], MB);
  shelf.remove(shelf.items.value[0].key);
  uploads[0].resolve(media("m1"));
  await settled();
  assert.deepEqual([shelf.media, shelf.items.value], [[], []]);
});

test("what was sent is gone from the shelf, and comes back with a text that is written anew, once", async () => {
  const { shelf, uploads, keeping } = house();
  await shelf.add([sizedFile("a.png", 10, "image/png")], MB);
  uploads[0].resolve(media("m1"));
  await settled();
  const { media: sent } = shelf;
  shelf.clear();
  assert.deepEqual([shelf.media, keeping.get("conversation")], [[], []]);
  shelf.restore(sent);
  shelf.restore(sent);
  assert.deepEqual([shelf.media.map((each) => each.id), shelf.items.value[0].preview], [["m1"], "/t/m1"]);
});

test("every text has its own shelf, and the uploads of one outlive a reload", () => {
  const { shelves, shelf } = house({ kept: [media("m9")] });
  assert.deepEqual(shelf.media.map((each) => each.id), ["m9"]);
  assert.equal(shelves.of("conversation"), shelf);
  assert.notEqual(shelves.of("other"), shelf);
  const items = new Map();
  const storage = { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value), removeItem: (key) => items.delete(key) };
  keepAttached(storage, "c", [media("m1")]);
  assert.deepEqual(keptAttached(storage, "c").map((each) => each.id), ["m1"]);
  keepAttached(storage, "c", []);
  assert.deepEqual([items.size, keptAttached(storage, "c")], [0, []]);
});

test("sizes read as people say them", () => {
  assert.deepEqual([1, 49_000, 99_501, 612_345, 999_999, MB, 8.24 * MB, 5 * MB].map(sized), ["1 KB", "49 KB", "0.1 MB", "0.6 MB", "1 MB", "1 MB", "8.2 MB", "5 MB"]);
});

test("a text without words is told by what came with it", () => {
  const message = (/** @type {any[]} */ ...types) => ({ body: "", kind: "message", direction: "inbound", media: types.map((content_type) => ({ content_type })) });
  assert.equal(preview(message("image/png"), "me"), "Picture");
  assert.equal(preview(message("image/png", "image/jpeg"), "me"), "2 pictures");
  assert.equal(attached(message("application/pdf")), "Attachment");
  assert.equal(attached(message("application/pdf", "image/png")), "2 attachments");
  assert.equal(preview({ ...message("image/png"), body: "Look" }, "me"), "Look");
});
