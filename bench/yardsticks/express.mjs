// What one writes first: an express handler that verifies Twilio's signature and saves contact, conversation, message and event with
// better-sqlite3, each request in a transaction of its own. The same durability: WAL, `synchronous=FULL`.
//
// node express.mjs PORT; the environment has DATABASE, a file, TOKEN, what Twilio signs with, and ADDRESS, what it signs.
import { createHmac, timingSafeEqual } from "node:crypto";
import Database from "better-sqlite3";
import express from "express";

const { DATABASE, TOKEN, ADDRESS } = process.env;
const db = new Database(DATABASE);
db.pragma("journal_mode = wal");
db.pragma("synchronous = full");
db.exec(`
    create table contacts (id integer primary key, phone text not null unique, name text not null);
    create table conversations (id integer primary key, contact integer not null unique references contacts, seq integer not null,
        waiting_since integer, active_at integer not null);
    create index conversations_active on conversations (active_at);
    create index conversations_waiting on conversations (waiting_since);
    create table messages (id integer primary key, conversation integer not null references conversations, seq integer not null,
        carrier_ref text not null unique, body text not null, created_at integer not null, unique (conversation, seq));
    create table events (id integer primary key, conversation integer not null references conversations, seq integer not null,
        type text not null, data text not null);
`);
const known = db.prepare("select id from messages where carrier_ref = ?");
const contactOf = db.prepare(`insert into contacts (phone, name) values (?, ?) on conflict (phone) do update set phone = excluded.phone
    returning id`);
const conversationOf = db.prepare(`insert into conversations (contact, seq, waiting_since, active_at) values (?, 1, ?, ?)
    on conflict (contact) do update set seq = seq + 1, active_at = excluded.active_at,
        waiting_since = coalesce(waiting_since, excluded.waiting_since) returning id, seq`);
const addMessage = db.prepare("insert into messages (conversation, seq, carrier_ref, body, created_at) values (?, ?, ?, ?, ?)");
const addEvent = db.prepare("insert into events (conversation, seq, type, data) values (?, ?, 'message.received', ?)");

const take = db.transaction((fields) => {
    if (known.get(fields.MessageSid)) return;
    const at = Date.now() * 1000;
    const contact = contactOf.get(fields.From, fields.From).id;
    const { id, seq } = conversationOf.get(contact, at, at);
    const message = addMessage.run(id, seq, fields.MessageSid, fields.Body, at).lastInsertRowid;
    addEvent.run(id, seq, JSON.stringify({ message: { id: message, body: fields.Body }, conversation: { id, seq } }));
}).immediate;

function signed(request) {
    const fields = request.body;
    const text = ADDRESS + Object.keys(fields).sort().map((name) => name + fields[name]).join("");
    const mac = createHmac("sha1", TOKEN).update(text).digest("base64");
    const given = request.get("x-twilio-signature") ?? "";
    return mac.length === given.length && timingSafeEqual(Buffer.from(mac), Buffer.from(given));
}

const app = express();
app.post(new URL(ADDRESS).pathname, express.urlencoded({ extended: false }), (request, response) => {
    if (!signed(request)) return response.sendStatus(403);
    take(request.body);
    return response.type("text/xml").send('<?xml version="1.0" encoding="UTF-8"?><Response/>');
});
app.listen(Number(process.argv[2]), "127.0.0.1");
