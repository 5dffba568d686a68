import { useMemo, useState } from "preact/hooks";
import { stamp } from "../../figures.js";
import { c, html } from "../../html.js";
import { Copy } from "../../parts/copy.js";
import { Ask } from "../../parts/ask.js";
import { Dialog } from "../../parts/dialog.js";
import { asked, refine } from "../../parts/filters.js";
import { Icon } from "../../parts/icon.js";
import { Menu } from "../../parts/menu.js";
import { Table } from "../../parts/table.js";
import { useReading } from "../../reading.js";
import { route } from "../../route.js";
import { hostOf, named, standing, wants } from "../../webhooks.js";
import { Deliveries } from "./deliveries.js";
import { Section } from "./section.js";
import { WebhookForm } from "./webhook_form.js";

/** @typedef {import("../../app.js").App} App */
/** @typedef {import("../../webhooks.js").Webhook} Webhook */
/** @typedef {{act: "add"|"edit"|"rotate"|"remove", webhook?: Webhook} | {secret: string, of: Webhook}} Open */

/** Where the account's events are posted to, and what went to one of them. @param {{app: App}} props */
export function Webhooks({ app }) {
  route.value;
  const reading = useReading(app, "/webhooks?limit=200", (event) => event.type === "webhook.disabled");
  const [open, setOpen] = useState(/** @type {Open|null} */ (null));
  /** @type {Webhook[]} */
  const rows = reading.data?.items ?? [];
  const chosen = rows.find((webhook) => webhook.id === asked()["webhook"]);
  const columns = useMemo(() => webhookColumns(app, setOpen, reading.again), []);
  const look = (/** @type {Webhook} */ webhook) => ({ current: webhook === chosen, class: webhook.enabled ? "" : "faint" });
  const off = rows.filter((webhook) => webhook.off_why === "failing" || webhook.off_why === "gone");
  const close = () => setOpen(null);
  const done = async (/** @type {any} */ answer) => {
    await reading.again();
    if (answer?.secret) setOpen({ secret: answer.secret, of: answer });
    return !answer?.secret;
  };
  return html`<${Section} title="Webhooks" why=${reading.why} add="Add webhook" adds=${() => setOpen({ act: "add" })}
      about=${html`What happens here is posted to your own addresses, signed, and sent again until it is taken. How to verify it stands in the <a href="/api/docs">API reference</a>.`}>
    ${off.map((webhook) => c(Off, { key: webhook.id, app, webhook, done: reading.again }))}
    ${c(Table, { label: "Webhooks", columns, rows, look, empty: reading.data && "No webhooks yet. Add one to have events posted to an address of yours." })}
    ${chosen && c(Deliveries, { key: chosen.id, app, webhook: chosen, seen: reading.again })}
  <//>
  ${open && "act" in open && (open.act === "add" || open.act === "edit") && c(WebhookForm, { app, types: reading.data?.types ?? [], webhook: open.webhook, close, done })}
  ${open && "act" in open && open.act === "rotate" && open.webhook && c(Rotate, { app, webhook: open.webhook, close, done })}
  ${open && "act" in open && open.act === "remove" && open.webhook && c(Remove, { app, webhook: open.webhook, close, done })}
  ${open && "secret" in open && c(Secret, { app, secret: open.secret, of: open.of, close })}`;
}

/** @param {App} app @param {(open: Open) => void} open @param {() => Promise<void>} again @returns {import("../../parts/table.js").Column[]} */
function webhookColumns(app, open, again) {
  return [
    { key: "name", title: "Webhook", lead: true, cell: (webhook) => html`<span class="stacked"><bdi>${named(webhook)}</bdi>${webhook.description && html`<span class="soft"><bdi>${hostOf(webhook.url)}</bdi></span>`}</span>` },
    { key: "types", title: "Events", cell: (webhook) => html`<span title=${webhook.types.join(", ")}>${wants(webhook.types)}</span>` },
    { key: "status", title: "Status", cell: (webhook) => html`<span class="stacked">${badge(standing(webhook))}${webhook.enabled && webhook.failing_since && html`<span class="soft">since ${stamp(webhook.failing_since, app.clock.now())}</span>`}</span>` },
    { key: "acts", title: "Actions", unseen: true, bare: true, end: true, cell: (webhook) => html`<span class="row-acts">
        <button type="button" class="button small" onClick=${() => refine({ webhook: webhook.id })}>Deliveries<span class="unseen"> of ${named(webhook)}</span></button>
        ${c(Menu, { label: `Actions for ${named(webhook)}`, items: actsOn(app, webhook, open, again) })}</span>` },
  ];
}

/** @param {import("../../webhooks.js").Standing} standing */
export function badge({ words, look }) {
  return html`<span class=${`badge ${look}`}>${words}</span>`;
}

/** @param {App} app @param {Webhook} webhook @param {(open: Open) => void} open @param {() => Promise<void>} again @returns {import("../../parts/menu.js").Item[]} */
function actsOn(app, webhook, open, again) {
  const change = (/** @type {boolean} */ enabled) => async () => {
    await app.tell(app.api.patch(`/webhooks/${webhook.id}`, { enabled }));
    await again();
  };
  return [
    { words: "Edit…", icon: "pencil", run: () => open({ act: "edit", webhook }) },
    webhook.enabled ? { words: "Pause", icon: "pause", run: change(false) } : { words: "Switch on", icon: "play", run: change(true) },
    { words: "New secret…", icon: "key-round", run: () => open({ act: "rotate", webhook }) },
    { words: "Remove…", icon: "trash-2", run: () => open({ act: "remove", webhook }) },
  ];
}

/** One that was given up, until a manager decides. @param {{app: App, webhook: Webhook, done: () => Promise<void>}} props */
function Off({ app, webhook, done }) {
  const on = async () => {
    await app.tell(app.api.patch(`/webhooks/${webhook.id}`, { enabled: true }));
    await done();
  };
  return html`<div class="section-notice" role="note">${c(Icon, { name: "circle-alert" })}
    <p><bdi>${named(webhook)}</bdi> was switched off${webhook.off_at && html` <time datetime=${webhook.off_at}>${stamp(webhook.off_at, app.clock.now())}</time>`}. ${standing(webhook).why} Events of the last 7 days are sent when it is on again.</p>
    <button type="button" class="button" onClick=${on}>Switch on<span class="unseen"> ${named(webhook)}</span></button></div>`;
}

/** @typedef {{app: App, webhook: Webhook, close: () => void, done: (answer: any) => Promise<boolean>}} Asking */

/** @param {Asking} props */
function Rotate({ app, webhook, close, done }) {
  return c(Ask, {
    title: `New secret for ${named(webhook)}?`,
    act: "Make secret",
    close,
    run: async () => done(await app.api.patch(`/webhooks/${webhook.id}`, { rotate_secret: true })),
    children: () => html`<p>For a day every request carries two signatures, of the old secret and of the new one. Put the new one into your receiver meanwhile.</p>`,
  });
}

/** @param {Asking} props */
function Remove({ app, webhook, close, done }) {
  return c(Ask, {
    title: `Remove ${named(webhook)}?`,
    act: "Remove",
    grave: true,
    close,
    run: async () => done(await app.api.delete(`/webhooks/${webhook.id}`)),
    children: () => html`<p>Nothing is posted there any more, and the list of its deliveries goes with it. To stop for a while, pause it.</p>`,
  });
}

/** The only time that the secret is on a screen. @param {{app: App, secret: string, of: Webhook, close: () => void}} props */
function Secret({ app, secret, of, close }) {
  return html`<${Dialog} title=${`Secret of ${named(of)}`} close=${close}>
    <p>Copy it now. It is not shown again; who loses it makes a new one. With it your receiver verifies that a request is ours.</p>
    ${c(Copy, { app, text: secret, what: "Secret" })}
    <p class="dialog-acts"><button class="button primary" onClick=${close}>Done</button></p>
  <//>`;
}
