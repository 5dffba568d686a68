import assert from "node:assert/strict";
import { test } from "node:test";
import { changes, draftOf, merge } from "../../web/static/js/contact_form.js";
import { EVERYBODY } from "../../web/static/js/contact_query.js";
import { Contacts } from "../../web/static/js/contacts.js";
import { settled } from "./tab.mjs";

function contact(id, more = {}) {
  const at = "2026-11-22T12:00:00.000000Z";
  return {
    id,
    name: `Name ${id}`,
    phones: [{ number: `+1202555${id.padStart(4, "0")}`, kind: "mobile", opted_out: false }],
    ready: true,
    tags: [],
    timezone: null,
    fields: {},
    opted_out: false,
    created_at: at,
    updated_at: at,
    latest: null,
    ...more,
  };
}

function told(type, given, more = {}) {
  const { latest, ...shape } = given;
  return { type, conversation: null, seq: null, position: 1, at: given.updated_at, actor: {}, alert: [], data: { contact: shape, ...more } };
}

function talked(id, body, at, more = {}) {
  const conversation = {
    id: `c${id}`,
    contact: { id, name: `Name ${id}` },
    last_message: { created_at: at, direction: "inbound", user: null, body },
    active_at: at,
    owner: null,
    waiting_since: null,
    public_since: null,
    ...more,
  };
  return { type: "message.received", conversation: `c${id}`, seq: 3, position: 9, at, actor: {}, alert: [], data: { conversation } };
}

/** A page of contacts whose server is in the test's hand. */
class Book {
  constructor(pages) {
    this.pages = pages;
    this.asked = [];
    this.later = [];
    this.contacts = new Contacts({
      api: { get: (path) => this.get(path) },
      later: (run) => this.later.push(run),
      changed: () => undefined,
    });
  }

  async get(path) {
    this.asked.push(path);
    const one = /^\/contacts\/(\w+)$/.exec(path);
    if (one) return this.one(one[1]);
    const { limit, cursor = "0" } = Object.fromEntries(new URLSearchParams(path.split("?")[1]));
    const [at, most] = [Number(cursor), Number(limit)];
    const all = typeof this.pages === "function" ? this.pages(path) : this.pages;
    return { items: all.slice(at, at + most), next: at + most < all.length ? String(at + most) : null, total: all.length };
  }

  async shown(query = EVERYBODY) {
    this.contacts.show(query);
    await settled();
    return this.contacts;
  }

  async wait() {
    for (const run of this.later.splice(0)) run();
    await settled();
  }
}

const many = (n) => Array.from({ length: n }, (_, at) => contact(String(1000 + at)));

test("A row changes in place, and an older state than it has is dropped", async () => {
  const book = await new Book([contact("1"), contact("2")]).shown();
  book.heard(told("contact.ready_changed", contact("1", { ready: false, updated_at: "2026-11-22T12:00:05.000000Z" })));
  assert.equal(book.rows.get("1").ready, false);
  book.heard(told("contact.updated", contact("1", { ready: true, updated_at: "2026-11-22T12:00:04.000000Z" })));
  assert.equal(book.rows.get("1").ready, false);
});

test("A row that the filter no longer wants leaves the list, and one that it wants now comes, whole, in its place", async () => {
  const book = new Book([contact("1"), contact("3")]);
  book.one = (id) => contact(id, { latest: { conversation: "c", at: "x", body: "Hi" } });
  const contacts = await book.shown({ ...EVERYBODY, ready: "true" });
  contacts.heard(told("contact.ready_changed", contact("1", { ready: false })));
  assert.deepEqual(contacts.ids, ["3"]);
  contacts.heard(told("contact.ready_changed", contact("2")));
  await book.wait();
  assert.deepEqual(contacts.ids, ["2", "3"]);
  assert.equal(contacts.rows.get("2").latest.body, "Hi");
});

test("What lies behind the pages that were read comes with its page, not by an event", async () => {
  const book = new Book(many(120));
  const contacts = await book.shown();
  assert.equal(contacts.ids.length, 50);
  contacts.heard(told("contact.created", contact("9", { name: "Zoe" })));
  assert.equal(contacts.ids.length, 50);
  contacts.heard(told("contact.created", contact("8", { name: "Ada" })));
  assert.equal(contacts.ids[0], "8");
  await contacts.more();
  assert.equal(contacts.ids.length, 101);
});

test("Events that cross a reading are applied to it", async () => {
  const book = new Book([contact("1")]);
  book.contacts.show(EVERYBODY);
  book.contacts.heard(told("contact.ready_changed", contact("1", { ready: false, updated_at: "2026-11-22T12:00:05.000000Z" })));
  await settled();
  assert.equal(book.contacts.rows.get("1").ready, false);
});

test("The last text of a contact is that of the newest conversation", async () => {
  const contacts = await new Book([contact("1"), contact("2")]).shown({ ...EVERYBODY, sort: "recent" });
  contacts.heard(talked("1", "Second", "2026-11-22T12:02:00.000000Z"));
  contacts.heard(talked("1", "Of another phone, before", "2026-11-22T12:01:00.000000Z", { id: "other" }));
  assert.equal(contacts.rows.get("1").latest.body, "Second");
  assert.deepEqual(contacts.ids, ["1", "2"]);
  contacts.heard(talked("2", "Third", "2026-11-22T12:03:00.000000Z"));
  assert.deepEqual(contacts.ids, ["2", "1"]);
});

test("Who enters and leaves the chosen live filter comes and goes, with its count, without a reading", async () => {
  const book = new Book([contact("1"), contact("2")]);
  const contacts = await book.shown({ ...EVERYBODY, live_filter: "f" });
  const left = { type: "live_filter.left", data: { live_filter: { id: "f", name: "F" }, contact: { id: "1", name: "" }, count: 1 } };
  contacts.heard(left);
  assert.deepEqual([contacts.ids, contacts.total, book.asked.length], [["2"], 1, 1]);
  contacts.heard({ ...left, type: "live_filter.entered", data: { ...left.data, count: 2 } });
  assert.deepEqual([contacts.ids, contacts.total], [["1", "2"], 2]);
  contacts.heard({ ...left, data: { ...left.data, live_filter: { id: "another", name: "A" }, count: 0 } });
  assert.deepEqual([contacts.ids, contacts.total], [["1", "2"], 2]);
});

test("What a search finds is read again when words changed, once for many changes", async () => {
  let found = [contact("1")];
  const book = new Book(() => found);
  const contacts = await book.shown({ ...EVERYBODY, q: "name" });
  contacts.heard(told("contact.ready_changed", contact("1", { ready: false, updated_at: "2026-11-22T12:00:05.000000Z" })));
  assert.equal(book.asked.length, 1);
  found = [];
  for (const id of ["1", "2", "3"]) contacts.heard(told("contact.updated", contact(id, { name: "Other", updated_at: "2026-11-22T12:00:06.000000Z" })));
  await book.wait();
  assert.deepEqual(contacts.ids, []);
  assert.equal(book.asked.filter((path) => !path.includes("limit=1&") && !path.endsWith("limit=1")).length, 2);
});

test("Ten thousand contacts that come by events do not pile up in the page", async () => {
  const book = new Book(many(20));
  const contacts = await book.shown();
  book.pages = many(10_000);
  for (const made of book.pages.slice(20)) contacts.heard(told("contact.created", made));
  await book.wait();
  await book.wait();
  assert.equal(contacts.ids.length, 50);
  assert.equal(contacts.total, 10_000);
});

test("A deleted contact goes, and its total with it", async () => {
  const book = new Book([contact("1"), contact("2")]);
  const contacts = await book.shown();
  book.pages = [contact("2")];
  contacts.heard(told("contact.deleted", contact("1")));
  await book.wait();
  assert.deepEqual([contacts.ids, contacts.total], [["2"], 1]);
});

test("The form saves what was changed and nothing else", () => {
  const base = draftOf(contact("1", { fields: { email: "a@b.example" } }));
  const draft = { ...base, name: " Maria ", fields: [...base.fields, { name: "city", value: "Rome" }, { name: "", value: "" }] };
  assert.deepEqual(changes(base, draft), { name: "Maria", fields: { email: "a@b.example", city: "Rome" } });
  assert.deepEqual(changes(base, { ...base, phones: [...base.phones, { number: " ", kind: "mobile" }] }), {});
});

test("What somebody else changed is taken where it was not touched here, and told where it was", () => {
  const base = draftOf(contact("1"));
  const theirs = { ...base, name: "Theirs", tags: ["vip"] };
  const { draft, conflicts } = merge(base, { ...base, name: "Mine" }, theirs);
  assert.deepEqual([draft.name, draft.tags, conflicts], ["Mine", ["vip"], ["name"]]);
  assert.deepEqual(merge(base, { ...base, name: "Theirs" }, theirs).conflicts, []);
});
