import { useEffect, useRef, useState } from "preact/hooks";
import { claim, claimNext } from "../claiming.js";
import { c, html } from "../html.js";
import { Order } from "../order.js";
import { called, initials, lasting, phone, preview } from "../words.js";
import { Icon } from "./icon.js";
import { Switch } from "./switch.js";

/** @typedef {import("../record.js").Record} Record */

/** With fewer rows left of what was read, more are read: what came meanwhile stands behind those. */
const LOW = 20;

/** All public conversations, longest waiting first; each is claimed by exactly one. @param {{app: import("../app.js").App}} props */
export function Pool({ app }) {
  app.screen.lists.value;
  app.screen.tallies.value;
  const order = /** @type {{current: Order}} */ (useRef(/** @type {any} */ (null)));
  order.current ??= new Order();
  const box = /** @type {{current: HTMLElement|null}} */ (useRef(null));
  const [, redraw] = useState(0);
  const { loads, lists, records, tallies } = app.store;
  useEffect(() => loads.show("pool"), []);
  const linger = (/** @type {string} */ id) => {
    const row = records.get(id)?.row;
    return Boolean(row && !row.public_since && row.owner && row.owner.id !== app.me.id);
  };
  const held = Boolean(box.current?.matches(":hover") || box.current?.contains(document.activeElement));
  const { current } = order;
  current.want(loads.ids("pool"), { held: held && current.ids.length > 0, now: Date.now(), linger });
  if (held) current.ids = [...current.ids, ...current.wanted.filter((id) => !current.ids.includes(id))];
  const { ids, next } = current;
  useEffect(() => {
    if (next === null) return undefined;
    const timer = setTimeout(() => redraw((n) => n + 1), Math.max(50, next - Date.now()));
    return () => clearTimeout(timer);
  }, [next]);
  const ready = lists.pool.state === "ready";
  const left = loads.ids("pool").length;
  useEffect(() => {
    if (lists.pool.next !== null && left < LOW && ready) loads.list("pool", true);
  }, [left, lists.pool.next, ready]);
  return html`<section class="pool" aria-label="Public pool" ref=${box}>
    <header class="pool-header"><h1>Pool <span class="pool-count">${app.store.tallied ? tallies.pool.all : ids.length || ""}</span></h1>
      <p>Public conversations, longest waiting first.</p>
      <span class="pool-alert"><span aria-hidden="true">Alert me about the pool</span>${c(Switch, { on: app.preferences.value.pool_alerts, label: "Alert me about the pool", shown: false, change: (on) => app.prefer({ pool_alerts: on }) })}</span>
      <button class="button primary" disabled=${ids.length === 0} aria-keyshortcuts="Shift+C" onClick=${() => claimNext(app)}>${c(Icon, { name: "hand" })}Claim next<kbd aria-hidden="true">⇧C</kbd></button>
    </header>
    ${ids.length === 0 && html`<div class="rows-empty">${ready && lists.pool.next === null
      ? html`<p>The pool is empty. Nobody waits.</p>`
      : lists.pool.state === "failed"
        ? html`<p>The pool could not be loaded (${lists.pool.why}). Trying again in 5 s.</p><button class="button" onClick=${() => loads.list("pool")}>Try now</button>`
        : html`<p class="unseen">Loading…</p>`}</div>`}
    <ul class="pool-list">${ids.map((id) => c(PoolRow, { key: id, app, id, lost: () => focusNext(box.current, id) }))}</ul>
    ${lists.pool.next !== null && html`<p class="pool-more"><button class="button" onClick=${() => loads.list("pool", true)}>Show more</button></p>`}
  </section>`;
}

/** @param {{app: import("../app.js").App, id: string, lost: () => void}} props */
function PoolRow({ app, id, lost }) {
  app.screen.conversation(id).value;
  const record = app.store.records.get(id);
  const row = record?.row;
  if (!record || !row) return null;
  const taken = !row.public_since;
  const take = async () => {
    if (await claim(app, record)) app.write(id);
    else lost();
  };
  const waits = row.waiting_since ? `waiting ${lasting(app.screen.now.value - Date.parse(row.waiting_since))}` : "nothing waits";
  return html`<li class=${`pool-row ${taken ? "taken" : ""}`} data-pool=${id}>
    <span class="avatar" aria-hidden="true">${initials(row.contact.name)}</span>
    <div class="pool-who"><a href=${`/sms/${id}`}><bdi>${called(row.contact)}</bdi></a><span>${row.contact.name === row.contact.phone ? "new number" : html`<bdi>${phone(row.contact.phone)}</bdi>`}</span></div>
    <p class="pool-words"><bdi>${preview(row.last_message, app.me.id)}</bdi></p>
    ${taken
      ? html`<p class="pool-taken">Claimed by <bdi>${row.owner?.name ?? "someone"}</bdi></p>`
      : html`<p class="pool-waits"><span>${waits}</span><span><bdi>${owner(row, app.me.id)}</bdi></span></p>
        <button class="button" disabled=${record.claiming} aria-busy=${record.claiming} onClick=${take}>
          <span>${record.claiming ? "Claiming…" : "Claim"}<span class="unseen"> ${called(row.contact)}</span></span><kbd aria-hidden="true">C</kbd></button>`}
  </li>`;
}

/** @param {import("../shapes.js").Conversation} row @param {string} me */
function owner(row, me) {
  if (!row.owner) return "no owner";
  return row.owner.id === me ? "yours until claimed" : `was ${row.owner.name}’s`;
}

/** After a lost claim: the next row's button. @param {HTMLElement|null} box @param {string} id */
function focusNext(box, id) {
  const buttons = /** @type {HTMLElement[]} */ ([...(box?.querySelectorAll(".pool-row button") ?? [])]);
  const rows = [...(box?.querySelectorAll(".pool-row") ?? [])];
  const from = rows.findIndex((row) => row.getAttribute("data-pool") === id);
  const next = rows.slice(from + 1).find((row) => row.querySelector("button")) ?? rows.find((row) => row.querySelector("button"));
  const found = /** @type {HTMLElement|null|undefined} */ (next?.querySelector("button")) ?? buttons[0];
  found?.focus();
}
