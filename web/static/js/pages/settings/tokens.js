import { useEffect, useMemo, useState } from "preact/hooks";
import { stamp } from "../../figures.js";
import { c, html } from "../../html.js";
import { Ask } from "../../parts/ask.js";
import { Copy } from "../../parts/copy.js";
import { Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { Table } from "../../parts/table.js";
import { all, useReading } from "../../reading.js";
import { RowAct, Section } from "./section.js";

/** @typedef {{id: string, name: string, user: import("../../shapes.js").User, created_at: string}} Token */
/** @typedef {import("../../app.js").App} App */

/** The keys of programs. A secret is shown once, when it is made. @param {{app: App}} props */
export function Tokens({ app }) {
  const reading = useReading(app, "/tokens?limit=200");
  const [dialog, setDialog] = useState(/** @type {{make: true}|{revoke: Token}|{made: any}|null} */ (null));
  const close = () => setDialog(null);
  const columns = useMemo(() => tokenColumns(app, (token) => setDialog({ revoke: token })), []);
  const rows = reading.data?.items ?? [];
  return html`<${Section} title="Tokens" why=${reading.why} add="New token" adds=${() => setDialog({ make: true })}
      about=${html`With a token a program signs in and may do what its user may: <code>Authorization: Bearer …</code>. What there is to call stands in the <a href="/api/docs">API reference</a>.`}>
    ${c(Table, { label: "Tokens", columns, rows, empty: reading.data && "No tokens yet." })}
  <//>
  ${dialog && "make" in dialog && c(Make, { app, close, made: (made) => (setDialog({ made }), reading.again()) })}
  ${dialog && "made" in dialog && c(Shown, { app, made: dialog.made, close })}
  ${dialog && "revoke" in dialog && c(Ask, {
    title: `Revoke ${dialog.revoke.name}?`,
    act: "Revoke",
    grave: true,
    close,
    run: async () => {
      await app.api.delete(`/tokens/${dialog.revoke.id}`);
      reading.again();
    },
    children: () => html`<p>Programs that sign in with it are refused from now on. This cannot be undone.</p>`,
  })}`;
}

/** @param {App} app @param {(token: Token) => void} revoke @returns {import("../../parts/table.js").Column[]} */
function tokenColumns(app, revoke) {
  return [
    { key: "name", title: "Name", lead: true, cell: (token) => html`<bdi>${token.name}</bdi>` },
    { key: "user", title: "User", cell: (token) => html`<bdi>${token.user.name}</bdi>` },
    { key: "created", title: "Created", cell: (token) => html`<time datetime=${token.created_at}>${stamp(token.created_at, app.clock.now())}</time>` },
    { key: "acts", title: "Actions", unseen: true, bare: true, end: true, cell: (token) => c(RowAct, { words: "Revoke", of: token.name, run: () => revoke(token) }) },
  ];
}

/** @param {{app: App, close: () => void, made: (made: any) => void}} props */
function Make({ app, close, made }) {
  const [name, setName] = useState("");
  const [user, setUser] = useState(app.me.id);
  const [people, setPeople] = useState(/** @type {any[]} */ ([]));
  useEffect(() => {
    all(app, "/users").then((found) => setPeople(found.filter((person) => !person.disabled_at)), () => undefined);
  }, []);
  const choices = people.length ? people.map((person) => ({ value: person.id, words: person.name })) : [{ value: app.me.id, words: app.me.name }];
  return c(Ask, {
    title: "New token",
    act: "Make token",
    close: () => close(),
    fields: ["name", "user"],
    run: async () => {
      made(await app.api.post("/tokens", { name, user }));
      return false;
    },
    children: (wrong) => [
      c(Field, { label: "Name", value: name, input: setName, required: true, maxlength: 200, hint: "What it is for.", autocomplete: "off", error: wrong["name"] ?? "" }),
      c(Field, { label: "Acts as", value: user, input: setUser, choices, error: wrong["user"] ?? "" }),
    ],
  });
}

/** The only time that the secret is on a screen. @param {{app: App, made: any, close: () => void}} props */
function Shown({ app, made, close }) {
  return html`<${Dialog} title=${`Token ${made.name}`} close=${close}>
    <p>Copy it now. It is not shown again; who loses it makes another one.</p>
    ${c(Copy, { app, text: made.token, what: "Token" })}
    <p class="dialog-acts"><button class="button primary" onClick=${close}>Done</button></p>
  <//>`;
}
