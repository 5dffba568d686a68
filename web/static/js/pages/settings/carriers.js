import { useMemo, useState } from "preact/hooks";
import { stamp } from "../../figures.js";
import { c, html } from "../../html.js";
import { Ask } from "../../parts/ask.js";
import { Copy } from "../../parts/copy.js";
import { Field } from "../../parts/field.js";
import { Table } from "../../parts/table.js";
import { calmer } from "../../reader.js";
import { useAwaiting, useReading } from "../../reading.js";
import { ago, some } from "../../words.js";
import { RowAct, Section } from "./section.js";

/** @typedef {import("../../app.js").App} App */
/**
 * @typedef {{id: string, kind: string, name: string, options: {answers_stop?: boolean}, hook_url: string, status_url: string, reads_back?: boolean, read_back?: Reading|null}} Carrier
 * @typedef {{at: string|null, texts: number, cleared: number, tried_at: string|null, failure: string|null}} Reading
 * @typedef {{kind: string, credentials: Array<{name: string, required: boolean}>}} Kind
 * @typedef {{act: "add"|"edit"|"remove", carrier?: Carrier}} Asked
 */

/** @type {{[kind: string]: string}} */
const KINDS = { twilio: "Twilio", telnyx: "Telnyx", bandwidth: "Bandwidth", plivo: "Plivo", vonage: "Vonage", kannel: "Kannel", generic: "Generic webhook", sandbox: "Sandbox (simulated phones)" };
const SECRET = /token|secret|password|private_key|api_key/;
/** @type {{[word: string]: string}} */
const WORDS = { sid: "SID", id: "ID", api: "API", url: "URL" };
/** What a field's name does not say. @type {{[name: string]: string}} */
const HINTS = {
  application_id: "May be left empty. With it and its key, texts leave over the Messages API and may have attachments.",
  secret: "Shared with the gateway, which signs with it: base64, such as whsec_….",
  send_url: "Where texts are posted to, to leave. Without it texts only come in.",
  hook_password: "Made up by you: it is all that keeps strangers from writing to you in others' names.",
  hook_token: "Made up by you: what the get-url of Kannel's configuration says after token=.",
  hook_username: "Made up by you, and entered with the password at Bandwidth, for the Application's callbacks.",
  private_key: "May be left empty. The whole of the application's file, from BEGIN to END.",
  public_key: "With it Telnyx's webhooks are checked: 44 characters, shown beside the API keys.",
  signature_secret: "With it Vonage's webhooks are checked. It is shown in the account's settings.",
};
/** Who confirms STOP unless that was switched off there. */
const ANSWER_STOP = new Set(["twilio", "telnyx"]);

/** Who moves our texts. Credentials are written and never read back. @param {{app: App}} props */
export function Carriers({ app }) {
  const reading = useReading(app, "/carriers?limit=200");
  /** @type {Carrier[]} */
  const carriers = reading.data?.items ?? [];
  useAwaiting(reading, carriers.filter(unread).map(({ id }) => id).join(), calmer);
  const kinds = useReading(app, "/carrier-kinds");
  const [asked, ask] = useState(/** @type {Asked|null} */ (null));
  const columns = useMemo(() => carrierColumns(app, ask), []);
  const close = () => ask(null);
  return html`<${Section} title="Carriers" why=${reading.why} add="Add carrier" adds=${() => ask({ act: "add" })}
      about="Enter both addresses at the carrier: it delivers texts to the first and tells at the second what became of ours.">
      ${c(Table, { label: "Carriers", columns, rows: carriers, empty: reading.data && "No carriers yet. Add one to send and receive texts." })}
    <//>
    ${asked?.act === "add" && kinds.data && c(Add, { app, kinds: kinds.data.items, close, done: reading.again })}
    ${asked?.act === "edit" && asked.carrier && c(Edit, { app, carrier: asked.carrier, fields: fieldsOf(kinds.data?.items ?? [], asked.carrier.kind), close, done: reading.again })}
    ${asked?.act === "remove" && asked.carrier && c(Remove, { app, carrier: asked.carrier, close, done: reading.again })}`;
}

/** @param {App} app @param {(asked: Asked) => void} ask @returns {import("../../parts/table.js").Column[]} */
function carrierColumns(app, ask) {
  return [
    { key: "name", title: "Name", lead: true, cell: (carrier) => html`<span class="stacked"><bdi>${carrier.name}</bdi><span class="soft">${KINDS[carrier.kind] ?? carrier.kind}</span>${c(ReadBack, { app, carrier })}</span>` },
    { key: "hooks", title: "Addresses for the carrier", bare: true, cell: (carrier) => html`<div class="hooks">
        <span class="soft">Texts</span>${c(Copy, { app, text: carrier.hook_url, what: "Address for texts" })}
        <span class="soft">Receipts</span>${c(Copy, { app, text: carrier.status_url, what: "Address for receipts" })}</div>` },
    { key: "acts", title: "Actions", unseen: true, bare: true, end: true, cell: (carrier) => html`<span class="row-acts">
        ${c(RowAct, { words: "Edit", of: carrier.name, run: () => ask({ act: "edit", carrier }) })}
        ${c(RowAct, { words: "Remove", of: carrier.name, run: () => ask({ act: "remove", carrier }) })}</span>` },
  ];
}

/** Its own list is to be read, and was not tried yet. @param {Carrier} carrier */
function unread({ reads_back, read_back }) {
  return Boolean(reads_back) && !read_back?.at && !read_back?.failure;
}

/** When the carrier's own list was last read for what nobody took in. @param {{app: App, carrier: Carrier}} props */
function ReadBack({ app, carrier }) {
  app.screen.minute.value;
  const { reads_back, read_back } = carrier;
  if (!reads_back) return null;
  const now = app.clock.now();
  const since = read_back?.at ? ago(read_back.at, now) : "";
  const when = since === "" ? "" : since === "now" || since.endsWith(" min") ? since.replace(/ min$/, " min ago").replace("now", "just now") : `at ${stamp(read_back?.at ?? "", now)}`;
  const found = read_back ? [read_back.texts ? `${some(read_back.texts, "text")} found` : "nothing new", read_back.cleared > 0 && `${some(read_back.cleared, "unconfirmed text")} cleared up`].filter(Boolean).join(", ") : "";
  return html`${read_back?.at ? html`<span class="soft">Read back ${when}, ${found}</span>` : unread(carrier) && html`<span class="soft">Not read back yet</span>`}
    ${read_back?.failure && html`<span class="bad-words">Could not be read back at ${stamp(read_back.tried_at ?? "", now)}: ${read_back.failure.replace(/\.$/, "")}.</span>`}`;
}

/** @param {Kind[]} kinds @param {string} kind */
function fieldsOf(kinds, kind) {
  return kinds.find((each) => each.kind === kind)?.credentials ?? [];
}

/** @param {{app: App, kinds: Kind[], close: () => void, done: () => Promise<void>}} props */
function Add({ app, kinds, close, done }) {
  const [kind, setKind] = useState(kinds[0]?.kind ?? "");
  const [name, setName] = useState("");
  const [keys, setKeys] = useState(/** @type {{[name: string]: string}} */ ({}));
  const [answers, setAnswers] = useState(ANSWER_STOP.has(kind));
  const run = async () => {
    await app.api.post("/carriers", { kind, name: name || KINDS[kind] || kind, credentials: filled(keys), options: { answers_stop: answers } });
    await done();
  };
  return c(Ask, {
    title: "Add carrier",
    act: "Add carrier",
    close,
    fields: ["name", "kind", ...placesOf(fieldsOf(kinds, kind))],
    run,
    children: (wrong) => [
      c(Field, { label: "Kind", value: kind, input: (value) => (setKind(value), setKeys({}), setAnswers(ANSWER_STOP.has(value))), choices: kinds.map((each) => ({ value: each.kind, words: KINDS[each.kind] ?? each.kind })), error: wrong["kind"] ?? "" }),
      c(Field, { label: "Name", value: name, input: setName, placeholder: KINDS[kind] ?? kind, maxlength: 200, autocomplete: "off", error: wrong["name"] ?? "" }),
      c(Credentials, { fields: fieldsOf(kinds, kind), keys, setKeys, required: true, wrong }),
      answersStop(answers, setAnswers),
    ],
  });
}

/** @param {{app: App, carrier: Carrier, fields: Kind["credentials"], close: () => void, done: () => Promise<void>}} props */
function Edit({ app, carrier, fields, close, done }) {
  const [name, setName] = useState(carrier.name);
  const [keys, setKeys] = useState(/** @type {{[name: string]: string}} */ ({}));
  const [answers, setAnswers] = useState(Boolean(carrier.options.answers_stop));
  const run = async () => {
    const credentials = filled(keys);
    const changes = { name, options: { answers_stop: answers } };
    await app.api.patch(`/carriers/${carrier.id}`, Object.keys(credentials).length ? { ...changes, credentials } : changes);
    await done();
  };
  return c(Ask, {
    title: `Edit ${carrier.name}`,
    act: "Save",
    close,
    fields: ["name", ...placesOf(fields)],
    run,
    children: (wrong) => [
      c(Field, { label: "Name", value: name, input: setName, required: true, maxlength: 200, autocomplete: "off", error: wrong["name"] ?? "" }),
      fields.length > 0 && html`<p class="soft">Credentials are kept and never shown. To replace them fill in all of them.</p>`,
      c(Credentials, { fields, keys, setKeys, required: Object.keys(filled(keys)).length > 0, wrong }),
      answersStop(answers, setAnswers),
    ],
  });
}

/** @param {{fields: Kind["credentials"], keys: {[name: string]: string}, setKeys: (keys: {[name: string]: string}) => void, required: boolean,
 * wrong: {[field: string]: string}}} props */
function Credentials({ fields, keys, setKeys, required, wrong }) {
  if (fields.length === 0) return null;
  return html`<fieldset class="choices"><legend>Credentials</legend>${fields.map((field) => c(Field, {
    key: field.name,
    label: titled(field.name),
    value: keys[field.name] ?? "",
    input: (value) => setKeys({ ...keys, [field.name]: value }),
    type: SECRET.test(field.name) ? "password" : "text",
    required: required && field.required,
    hint: HINTS[field.name] ?? (field.required ? undefined : "May be left empty."),
    autocomplete: SECRET.test(field.name) ? "new-password" : "off",
    error: saidOf(field.name, wrong[`credentials.${field.name}`]),
  }))}</fieldset>`;
}

/** As a refusal names them. @param {Kind["credentials"]} fields */
function placesOf(fields) {
  return fields.map(({ name }) => `credentials.${name}`);
}

/** Under its own field it need not be named. @param {string} name @param {string} [error] the last clause says what is wrong */
function saidOf(name, error) {
  return error?.split(": ").at(-1)?.replace(new RegExp(`^${name}\\b`), "This");
}

/** @param {boolean} on @param {(on: boolean) => void} set */
function answersStop(on, set) {
  return html`<label class="check"><input type="checkbox" checked=${on} onChange=${(/** @type {any} */ event) => set(event.currentTarget.checked)} />The carrier answers STOP itself</label>`;
}

/** @param {{app: App, carrier: Carrier, close: () => void, done: () => Promise<void>}} props */
function Remove({ app, carrier, close, done }) {
  return c(Ask, {
    title: `Remove ${carrier.name}?`,
    act: "Remove",
    grave: true,
    close,
    run: async () => {
      await app.api.delete(`/carriers/${carrier.id}`);
      await done();
    },
    children: () => html`<p>A carrier can be removed while no number and no text refers to it. Its webhooks are refused from then on.</p>`,
  });
}

/** @param {{[name: string]: string}} keys */
function filled(keys) {
  return Object.fromEntries(Object.entries(keys).map(([name, value]) => [name, value.trim()]).filter(([, value]) => value !== ""));
}

/** `account_sid` as `Account SID`. @param {string} name */
function titled(name) {
  const words = name.split("_").map((word) => WORDS[word] ?? word).join(" ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
