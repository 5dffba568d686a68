import { useMemo, useState } from "preact/hooks";
import { stamp } from "../../figures.js";
import { c, html } from "../../html.js";
import { Ask } from "../../parts/ask.js";
import { Field } from "../../parts/field.js";
import { Menu } from "../../parts/menu.js";
import { Table } from "../../parts/table.js";
import { CALM_MS, useFeed, useReading } from "../../reading.js";
import { phone } from "../../words.js";
import { Disable } from "./disable.js";
import { Section } from "./section.js";

/** @typedef {import("../../app.js").App} App */
/**
 * @typedef {{id: string, name: string, role: string, email: string, created_at: string, disabled_at: string|null,
 *   open_conversations?: number, dids?: Array<{id: string, number: string, label: string}>, last_seen_at?: string|null}} Person
 * @typedef {"add"|"edit"|"password"|"sign-out"|"disable"|"enable"} Act
 */

const ROLES = [
  { value: "agent", words: "Agent" },
  { value: "manager", words: "Manager" },
];
/** What changes a row of the table. */
const STALE = /^(user\.updated|preferences\.changed|conversation\.(opened|claimed|transferred|closed|reopened|released|public))$/;

/** Who works here. @param {{app: App}} props */
export function Users({ app }) {
  const reading = useReading(app, "/users?limit=200", (event) => STALE.test(event.type), CALM_MS);
  useFeed(app);
  const [dialog, setDialog] = useState(/** @type {{act: Act, person?: Person}|null} */ (null));
  const columns = useMemo(() => userColumns(app, (act, person) => setDialog({ act, person })), []);
  /** @type {Person[]} */
  const rows = reading.data?.items ?? [];
  const look = (/** @type {Person} */ person) => ({ class: person.disabled_at ? "faint" : "" });
  return html`<${Section} title="Users" why=${reading.why} add="Add user" adds=${() => setDialog({ act: "add" })}>
      ${c(Table, { label: "Users", columns, rows, look })}
    <//>
    ${dialog && c(Dialogs, { ...dialog, app, rows, close: () => setDialog(null), done: reading.again })}`;
}

/** @param {App} app @param {(act: Act, person: Person) => void} open @returns {import("../../parts/table.js").Column[]} */
function userColumns(app, open) {
  const when = (/** @type {string|null|undefined} */ at) => (at ? html`<time datetime=${at}>${seen(at, app.clock.now())}</time>` : "never");
  return [
    { key: "name", title: "Name", lead: true, cell: (person) => html`<span class="stacked"><bdi>${person.name}</bdi><span class="soft">${person.email}</span></span>` },
    { key: "role", title: "Role", cell: (person) => (person.role === "manager" ? "Manager" : "Agent") },
    { key: "status", title: "Status", cell: (person) => statusOf(person) },
    { key: "open", title: "Open conversations", end: true, cell: (person) => person.open_conversations ?? 0 },
    { key: "dids", title: "Numbers", cell: (person) => (person.dids?.length ? html`<span class="stacked">${person.dids.map((/** @type {any} */ did) => html`<bdi key=${did.id}>${did.label || phone(did.number)}</bdi>`)}</span>` : html`<span class="soft">none</span>`) },
    // The server keeps who is here a moment after the first tab; whoever reads this is.
    { key: "seen", title: "Last seen", cell: (person) => when(person.id === app.me.id ? new Date(app.clock.now()).toISOString() : person.last_seen_at) },
    { key: "acts", title: "Actions", unseen: true, bare: true, end: true, cell: (person) => c(Menu, { label: `Actions for ${person.name}`, items: actsOn(app, person, open) }) },
  ];
}

/** Who was here a minute ago has a tab open. @param {string} at @param {number} now */
function seen(at, now) {
  return now - Date.parse(at) < 90_000 ? "now" : stamp(at, now);
}

/** @param {Person} person */
function statusOf(person) {
  return person.disabled_at ? html`<span class="badge bad">Disabled</span>` : html`<span class="badge good">Active</span>`;
}

/** @param {App} app @param {Person} person @param {(act: Act, person: Person) => void} open @returns {import("../../parts/menu.js").Item[]} */
function actsOn(app, person, open) {
  const act = (/** @type {Act} */ name) => () => open(name, person);
  if (person.disabled_at) return [{ words: "Enable", icon: "rotate-ccw", run: act("enable") }, { words: "Edit…", icon: "pencil", run: act("edit") }];
  /** @type {import("../../parts/menu.js").Item[]} */
  const items = [
    { words: "Edit…", icon: "pencil", run: act("edit") },
    { words: "Set password…", icon: "key-round", run: act("password") },
    { words: "Sign out everywhere…", icon: "log-out", run: act("sign-out") },
  ];
  if (person.id !== app.me.id) items.push({ words: "Disable…", icon: "ban", run: act("disable") });
  return items;
}

/** @param {{app: App, act: Act, person?: Person, rows: Person[], close: () => void, done: () => Promise<void>}} props */
function Dialogs({ app, act, person: asked, rows, close, done }) {
  const person = rows.find((row) => row.id === asked?.id) ?? asked;
  if (act === "add" || !person) return c(Edit, { app, close, done });
  if (act === "edit") return c(Edit, { app, person, close, done });
  if (act === "password") return c(Password, { app, person, close });
  if (act === "disable") return c(Disable, { app, person, others: rows.filter((each) => each.id !== person.id && !each.disabled_at), close, done });
  if (act === "enable") {
    return c(Ask, {
      title: `Enable ${person.name}?`,
      act: "Enable",
      close,
      run: async () => {
        await app.api.patch(`/users/${person.id}`, { disabled: false });
        await done();
      },
      children: () => html`<p>${person.name} can sign in again. Conversations that were given up stay where they are.</p>`,
    });
  }
  return c(Ask, {
    title: `Sign ${person.name} out everywhere?`,
    act: "Sign out everywhere",
    close,
    run: async () => {
      await app.api.post(`/users/${person.id}/sign-out`);
      app.toasts.add({ words: `${person.name} is signed out everywhere.` });
    },
    children: () => html`<p>Every browser of ${person.name} has to sign in again. Drafts are kept; tokens of programs go on working.</p>`,
  });
}

/** Adds a user, or changes one. @param {{app: App, person?: Person, close: () => void, done: () => Promise<void>}} props */
function Edit({ app, person, close, done }) {
  const [name, setName] = useState(person?.name ?? "");
  const [email, setEmail] = useState(person?.email ?? "");
  const [role, setRole] = useState(person?.role ?? "agent");
  const [password, setPassword] = useState("");
  const run = async () => {
    if (person) await app.api.patch(`/users/${person.id}`, changed(person, { name, email, role }));
    else await app.api.post("/users", { name, email, role, password });
    await done();
  };
  return c(Ask, {
    title: person ? `Edit ${person.name}` : "Add user",
    act: person ? "Save" : "Add user",
    close,
    fields: ["name", "email", "role", "password"],
    run,
    children: (wrong) => [
      c(Field, { label: "Name", value: name, input: setName, required: true, maxlength: 200, autocomplete: "off", error: wrong["name"] ?? "" }),
      c(Field, { label: "Email", value: email, input: setEmail, type: "email", required: true, maxlength: 254, autocomplete: "off", hint: "For signing in.", error: wrong["email"] ?? "" }),
      c(Field, { label: "Role", value: role, input: setRole, choices: ROLES, hint: roleHint(person, role), error: wrong["role"] ?? "" }),
      !person && passwordField(password, setPassword, wrong["password"]),
    ],
  });
}

/** @param {Person|undefined} person @param {string} role */
function roleHint(person, role) {
  if (person && person.role !== role) return "A change of role signs the person out everywhere.";
  return role === "manager" ? "Managers see and change everything." : "Agents answer texts; they see no feed, reports or settings of the account.";
}

/** @param {string} password @param {(password: string) => void} input @param {string} [error] */
function passwordField(password, input, error = "") {
  return c(Field, { label: "Password", value: password, input, type: "password", required: true, autocomplete: "new-password", hint: "At least 12 characters. The person can change it under Preferences.", error });
}

/** @param {{app: App, person: Person, close: () => void}} props */
function Password({ app, person, close }) {
  const [password, setPassword] = useState("");
  return c(Ask, {
    title: `New password for ${person.name}`,
    act: "Set password",
    close,
    fields: ["password"],
    run: async () => {
      await app.api.post(`/users/${person.id}/password`, { password });
      app.toasts.add({ words: `${person.name} has a new password and is signed out everywhere.` });
    },
    children: (wrong) => passwordField(password, setPassword, wrong["password"]),
  });
}

/** @param {Person} person @param {{name: string, email: string, role: string}} asked */
function changed(person, asked) {
  return Object.fromEntries(Object.entries(asked).filter(([name, value]) => person[/** @type {"name"|"email"|"role"} */ (name)] !== value));
}
