import { useEffect, useMemo, useState } from "preact/hooks";
import { clockSeconds, percent, stamp } from "../../figures.js";
import { c, html } from "../../html.js";
import { Ask } from "../../parts/ask.js";
import { Field } from "../../parts/field.js";
import { Icon } from "../../parts/icon.js";
import { Table } from "../../parts/table.js";
import { all, CALM_MS, useFeed, useReading } from "../../reading.js";
import { phone, some } from "../../words.js";
import { RowAct, Section } from "./section.js";
import { SendTest } from "./send_test.js";

/** @typedef {import("../../app.js").App} App */
/**
 * @typedef {{id: string, number: string, label: string, carrier: string, capabilities: string[], user: import("../../shapes.js").User|null,
 *   last_in_at?: string|null, last_out_at?: string|null, out_24h?: number, failed_24h?: number, delivered_24h?: number, blocked_24h?: number,
 *   opted_out_24h?: number, health?: "good"|"watch"|"bad", rate?: number|null, paused_until?: string|null}} Did
 * @typedef {{act: "add"|"edit"|"remove"|"test", did?: Did}} Asked
 * @typedef {{carriers: any[], people: any[], read: boolean}} Others  `read`: that was tried
 */

/** Our phone numbers: what they can, whose they are, how they fare. @param {{app: App}} props */
export function Numbers({ app }) {
  const reading = useReading(app, "/dids?limit=200", (event) => /^message\.|^user\.updated$/.test(event.type), CALM_MS);
  useFeed(app);
  const others = useOthers(app);
  const [asked, ask] = useState(/** @type {Asked|null} */ (null));
  const columns = useMemo(() => didColumns(app, others.carriers, ask), [others.carriers]);
  const close = () => ask(null);
  const done = reading.again;
  return html`<${Section} title="Numbers" why=${reading.why} add="Add number" adds=${() => ask({ act: "add" })}>
      ${c(Table, { label: "Numbers", columns, rows: reading.data?.items ?? [], empty: reading.data && (others.carriers.length ? "No numbers yet." : "No numbers yet. Add a carrier first.") })}
    <//>
    ${asked?.act === "test" && asked.did && c(SendTest, { app, did: asked.did, close: () => (close(), done()) })}
    ${(asked?.act === "add" || asked?.act === "edit") && others.read && c(Edit, { app, did: asked.did, others, close, done })}
    ${asked?.act === "remove" && asked.did && c(Remove, { app, did: asked.did, close, done })}`;
}

/** @param {App} app @returns {Others} */
function useOthers(app) {
  const [others, setOthers] = useState(/** @type {Others} */ ({ carriers: [], people: [], read: false }));
  useEffect(() => {
    Promise.all([all(app, "/carriers"), all(app, "/users")]).then(
      ([carriers, people]) => setOthers({ carriers, people: people.filter((/** @type {any} */ person) => !person.disabled_at), read: true }),
      () => setOthers((now) => ({ ...now, read: true })),
    );
  }, []);
  return others;
}

/** @param {App} app @param {any[]} carriers @param {(asked: Asked) => void} ask @returns {import("../../parts/table.js").Column[]} */
function didColumns(app, carriers, ask) {
  const carrierOf = (/** @type {Did} */ did) => carriers.find((each) => each.id === did.carrier);
  return [
    { key: "number", title: "Number", lead: true, cell: (did) => html`<span class="stacked"><bdi>${phone(did.number)}</bdi><span class="soft"><bdi>${did.label || "no label"}</bdi></span></span>` },
    { key: "can", title: "Can", cell: (did) => html`<span class="badges">${did.capabilities.map((/** @type {string} */ can) => html`<span class="badge" key=${can}>${can.toUpperCase()}</span>`)}</span>` },
    { key: "user", title: "Assigned to", cell: (did) => (did.user ? html`<bdi>${did.user.name}</bdi>` : html`<span class="soft">account</span>`) },
    { key: "carrier", title: "Carrier", cell: (did) => html`<span class="stacked"><bdi>${carrierOf(did)?.name ?? ""}</bdi>${speed(did, carrierOf(did))}</span>` },
    { key: "health", title: "Health", cell: (did) => health(did, app.clock.now()) },
    { key: "acts", title: "Actions", unseen: true, bare: true, end: true, cell: (did) => html`<span class="row-acts">
        ${c(RowAct, { words: "Send test text", of: `from ${phone(did.number)}`, run: () => ask({ act: "test", did }) })}
        ${c(RowAct, { words: "Edit", of: phone(did.number), run: () => ask({ act: "edit", did }) })}
        ${c(RowAct, { words: "Remove", of: phone(did.number), run: () => ask({ act: "remove", did }) })}</span>` },
  ];
}

/** @param {Did} did @param {any} carrier */
function speed(did, carrier) {
  if (did.rate) return html`<span class="soft">at most ${some(did.rate, "segment")} a second</span>`;
  return carrier?.usual_rate && html`<span class="soft">no limit set (usually ${carrier.usual_rate} a second)</span>`;
}

/** @param {number|null} usual */
function rateHint(usual) {
  const allowed = usual ? `This carrier usually allows ${some(usual, "segment")} a second, more only where it agreed to more.` : "What the carrier allows this number.";
  return `${allowed} Empty: as fast as the carrier takes them.`;
}

/** @param {Did} did @param {number} now */
function health(did, now) {
  const when = (/** @type {string|null|undefined} */ at) => (at ? stamp(at, now) : "never");
  const { out_24h: out = 0, failed_24h: failed = 0, delivered_24h: delivered = 0, blocked_24h: blocked = 0, opted_out_24h: stopped = 0 } = did;
  const paused = did.paused_until && Date.parse(did.paused_until) > now;
  const level = did.health === "bad" ? ["bad", "In trouble"] : did.health === "watch" ? ["warn", "Watch it"] : null;
  return html`<span class="stacked health"><span>in ${when(did.last_in_at)} · out ${when(did.last_out_at)}</span>
    ${out === 0 ? html`<span class="soft">nothing sent in 24 h</span>` : html`<span class=${failed ? "bad-words" : "soft"}>${failed} of ${out} failed in 24 h (${percent(failed / out)})</span>`}
    ${(delivered > 0 || blocked > 0 || stopped > 0) && html`<span class="soft">${[
      delivered > 0 && `${delivered} delivered`, blocked > 0 && `${blocked} blocked by carriers or people`, stopped > 0 && `${stopped} opted out`,
    ].filter(Boolean).join(" · ")}</span>`}
    ${level && html`<span class=${`badge ${level[0]}`}>${c(Icon, { name: "circle-alert" })}${level[1]}: ${why(did)}</span>`}
    ${paused && html`<span class="badge warn">${c(Icon, { name: "pause" })}Paused until ${clockSeconds(did.paused_until ?? "")}: the carrier asks to wait</span>`}</span>`;
}

/** What weighs most. @param {Did} did */
function why({ out_24h: out = 0, failed_24h: failed = 0, blocked_24h: blocked = 0, opted_out_24h: stopped = 0 }) {
  if (blocked / out >= 0.1 || (blocked && failed / out < 0.2)) return "its texts are blocked";
  return failed / out >= 0.05 ? "many texts fail" : stopped ? "many people opt out" : "its texts fail";
}

/** Adds a number, or changes one. @param {{app: App, did?: Did, others: Others, close: () => void, done: () => Promise<void>}} props */
function Edit({ app, did, others, close, done }) {
  const [number, setNumber] = useState(did ? phone(did.number) : "");
  const [label, setLabel] = useState(did?.label ?? "");
  const [carrier, setCarrier] = useState(did?.carrier ?? others.carriers[0]?.id ?? "");
  const [user, setUser] = useState(did?.user?.id ?? "");
  const usual = (/** @type {string} */ id) => others.carriers.find((each) => each.id === id)?.usual_rate ?? null;
  const [rate, setRate] = useState(String((did ? did.rate : usual(carrier)) ?? ""));
  const change = (/** @type {string} */ id) => {
    // what is suggested goes with its carrier, what was typed stays
    if (!did && rate === String(usual(carrier) ?? "")) setRate(String(usual(id) ?? ""));
    setCarrier(id);
  };
  const [mms, setMms] = useState(did ? did.capabilities.includes("mms") : false);
  const run = async () => {
    const body = { label, carrier, user: user || null, rate: rate.trim() === "" ? null : Number(rate), capabilities: mms ? ["sms", "mms"] : ["sms"] };
    if (did) await app.api.patch(`/dids/${did.id}`, body);
    else await app.api.post("/dids", { ...body, number });
    await done();
  };
  return c(Ask, {
    title: did ? `Edit ${phone(did.number)}` : "Add number",
    act: did ? "Save" : "Add number",
    close,
    fields: ["number", "label", "carrier", "user", "rate"],
    run,
    children: (wrong) => [
      c(Field, { label: "Number", value: number, input: setNumber, type: "tel", required: true, readonly: Boolean(did), autocomplete: "off", hint: did ? "" : "With its country, such as +1 202 555 0100.", error: wrong["number"] ?? "" }),
      c(Field, { label: "Label", value: label, input: setLabel, maxlength: 200, autocomplete: "off", hint: "What agents read instead of the number.", error: wrong["label"] ?? "" }),
      c(Field, { label: "Carrier", value: carrier, input: change, required: true, choices: others.carriers.map((each) => ({ value: each.id, words: each.name })), error: wrong["carrier"] ?? "" }),
      c(Field, {
        label: "Assigned to",
        value: user,
        input: setUser,
        choices: [{ value: "", words: "The account" }, ...others.people.map((each) => ({ value: each.id, words: each.name }))],
        hint: user ? "First texts to it are this person’s." : "First texts to it are public at once.",
        error: wrong["user"] ?? "",
      }),
      c(Field, { label: "Segments a second, at most", value: rate, input: setRate, inputmode: "numeric", autocomplete: "off", hint: rateHint(usual(carrier)), error: wrong["rate"] ?? "" }),
      html`<label class="check"><input type="checkbox" checked=${mms} onChange=${(/** @type {any} */ event) => setMms(event.currentTarget.checked)} />Can send and receive pictures (MMS)</label>`,
    ],
  });
}

/** @param {{app: App, did: Did, close: () => void, done: () => Promise<void>}} props */
function Remove({ app, did, close, done }) {
  return c(Ask, {
    title: `Remove ${phone(did.number)}?`,
    act: "Remove",
    grave: true,
    close,
    run: async () => {
      await app.api.delete(`/dids/${did.id}`);
      await done();
    },
    children: () => html`<p>A number can be removed while no text went through it. Texts to it would be kept as unrouted.</p>`,
  });
}
