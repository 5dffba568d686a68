import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { stamp } from "../../figures.js";
import { c, html } from "../../html.js";
import { Dialog } from "../../parts/dialog.js";
import { refine } from "../../parts/filters.js";
import { Icon } from "../../parts/icon.js";
import { Table } from "../../parts/table.js";
import { CALM_MS, useAwaiting, useFeed, useReading } from "../../reading.js";
import { answered, moving, named, outcome } from "../../webhooks.js";
import { RowAct } from "./section.js";

/** @typedef {import("../../app.js").App} App */
/** @typedef {import("../../webhooks.js").Delivery} Delivery */
/** @typedef {import("../../webhooks.js").Webhook} Webhook */

const LOOK_MS = 1000;
const MORE = 50;

/** What went to one webhook, and what waits; newest first. @param {{app: App, webhook: Webhook, seen: () => Promise<void>}} props `seen`: the webhook may stand otherwise now */
export function Deliveries({ app, webhook, seen }) {
  const [limit, setLimit] = useState(MORE);
  const path = `/webhooks/${webhook.id}/deliveries`;
  useFeed(app);
  const reading = useReading(app, `${path}?limit=${limit}`, () => true, CALM_MS);
  const [shown, show] = useState(/** @type {Delivery|null} */ (null));
  /** @type {Delivery[]} */
  const rows = reading.data?.items ?? [];
  useAwaiting(reading, moving(rows, app.clock.now()), () => LOOK_MS);
  const head = /** @type {{current: HTMLElement|null}} */ (useRef(null));
  useLayoutEffect(() => {
    // By a click on its row; on a phone it begins below the screen. Whoever came by the address stays at the top.
    const [opener, section] = [document.activeElement, head.current?.closest("section")];
    if (!(opener instanceof HTMLButtonElement)) return undefined;
    head.current?.focus();
    return () => section?.contains(document.activeElement) && opener.focus();
  }, []);
  const failing = rows.some((row) => row.state !== "delivered" && row.attempts > 0);
  useEffect(() => void (rows.length && seen()), [failing, rows[0]?.state]);
  const post = async (/** @type {string} */ to, /** @type {string} */ words) => {
    const made = await app.tell(app.api.post(`${path.replace("/deliveries", "")}/${to}`));
    if (made) app.say(words);
    await reading.again();
  };
  const replay = (/** @type {Delivery} */ one) => post(`deliveries/${one.id}/replay`, `${one.type} is sent again.`);
  const columns = useMemo(() => deliveryColumns(app, webhook.enabled ? replay : null, show), [webhook.enabled]);
  return html`<section class="deliveries" aria-labelledby="deliveries">
    <header class="section-head"><h2 id="deliveries" ref=${head} tabindex="-1">Deliveries to <bdi>${named(webhook)}</bdi></h2>
      <span class="section-acts">
        <button type="button" class="button" disabled=${!webhook.enabled} onClick=${() => post("test", "A test event is on its way.")}>${c(Icon, { name: "send" })}Send test event</button>
        <button type="button" class="button" onClick=${() => refine({ webhook: "" })}>Close<span class="unseen"> deliveries</span></button></span>
      <p>Posted to <code>${webhook.url}</code>, kept for 7 days.</p></header>
    ${reading.why && html`<p class="section-notice" role="note">${reading.why}</p>`}
    ${c(Table, { label: "Deliveries", columns, rows, more: reading.data?.next && limit < 200 ? () => setLimit(limit + MORE) : null, empty: reading.data && "Nothing was posted there yet. Send a test event, or wait for one." })}
  </section>
  ${shown && c(Details, { app, path: `${path}/${shown.id}`, close: () => show(null) })}`;
}

/** @param {App} app @param {((one: Delivery) => void)|null} replay @param {(one: Delivery) => void} show @returns {import("../../parts/table.js").Column[]} */
function deliveryColumns(app, replay, show) {
  return [
    { key: "type", title: "Event", lead: true, cell: (one) => html`<span class="stacked"><span>${one.type}</span><time class="soft" datetime=${one.created_at}>${stamp(one.created_at, app.clock.now())}</time></span>` },
    { key: "state", title: "Status", cell: (one) => html`<span class="badge ${outcome(one).look}">${outcome(one).words}</span>` },
    { key: "answer", title: "Answer", cell: (one) => html`<span class="stacked"><span class=${one.error ? "" : "unbroken"}>${answered(one)}</span>${one.next_at && one.attempts > 0 && html`<span class="soft">again ${stamp(one.next_at, app.clock.now())}</span>`}</span>` },
    { key: "signed", title: "Signed headers", bare: true, cell: (one) => headers(one) },
    { key: "acts", title: "Actions", unseen: true, bare: true, end: true, cell: (one) => html`<span class="row-acts">
        ${c(RowAct, { words: "Details", of: `of ${one.type} ${one.position}`, run: () => show(one) })}
        ${replay && c(RowAct, { words: "Replay", of: `${one.type} ${one.position}`, run: () => replay(one) })}</span>` },
  ];
}

/** As the last attempt carried them; before the first one only the id is known. @param {Delivery} one */
function headers({ id, headers: signed }) {
  const all = Object.entries({ "webhook-id": id, ...signed });
  return html`<dl class="signed">${all.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd><code title=${value}>${value}</code></dd></div>`)}</dl>`;
}

/** All of one: what was said, what was answered. @param {{app: App, path: string, close: () => void}} props */
function Details({ app, path, close }) {
  const { data, why } = useReading(app, path);
  if (!data && !why) return null;
  return html`<${Dialog} title=${data ? `${data.type}` : "Delivery"} close=${close}>
    ${why && html`<p class="form-fault">${why}</p>`}
    ${data && html`<dl class="delivery">
      <dt>Status</dt><dd>${outcome(data).words}, ${data.attempts === 1 ? "1 attempt" : `${data.attempts} attempts`}</dd>
      ${data.at && html`<dt>Last attempt</dt><dd><time datetime=${data.at}>${stamp(data.at, app.clock.now())}</time>: ${answered(data)}</dd>`}
      ${Object.entries({ "webhook-id": data.id, ...data.headers }).map(([name, value]) => html`<dt key=${name}>${name}</dt><dd><code>${value}</code></dd>`)}
    </dl>
    ${data.answer && html`<h3>Answer</h3><pre class="code" tabindex="0" aria-label="Answer">${data.answer}</pre>`}
    <h3>Event</h3><pre class="code" tabindex="0" aria-label="Event">${data.event ? JSON.stringify(data.event, null, 2) : "It is not kept any more."}</pre>`}
    <p class="dialog-acts"><button class="button primary" onClick=${close}>Close</button></p>
  <//>`;
}
