import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { calledContact, latestWords, mainPhone } from "../contact_words.js";
import { c, html } from "../html.js";
import { Order } from "../order.js";
import { go } from "../route.js";
import { ago, phone } from "../words.js";
import { asked, refine } from "./filters.js";
import { useHold } from "./hold.js";
import { Icon } from "./icon.js";
import { Ready } from "./ready.js";
import { Table } from "./table.js";

/** @typedef {import("../contact_query.js").Contact} Contact */
/** @typedef {import("@preact/signals").Signal<Set<string>>} Picked */
/** @typedef {import("@preact/signals").Signal<boolean>} Everything all that match the filter are picked, also those that were not read */

/**
 * The rows of the contacts page. While somebody points at them their order is held; the row that has the focus is the current one.
 * @param {{app: import("../app.js").App, book: import("../contacts.js").Contacts, query: import("../contact_query.js").Query, manager: boolean,
 *   picked: Picked, everything: Everything, current: string|null, setCurrent: (id: string|null) => void,
 *   turn: (id: string, on: boolean) => void}} props
 */
export function ContactTable({ app, book, query, manager, picked, everything, current, setCurrent, turn }) {
  const box = /** @type {{current: HTMLDivElement|null}} */ (useRef(null));
  const [, redraw] = useState(0);
  const again = () => redraw((n) => n + 1);
  const held = useHold(box, again);
  const { ids, updated, release } = useOrder(book, held, again);
  useKeptFocus(box, current, ids, setCurrent);
  const anchor = useRef(/** @type {string|null} */ (null));
  const shown = useRef(ids);
  shown.current = ids;
  const pick = (/** @type {string} */ id, /** @type {boolean} */ on, /** @type {boolean} */ range) => {
    const { current: all } = shown;
    const [from, to] = [range && anchor.current !== null ? all.indexOf(anchor.current) : -1, all.indexOf(id)];
    const these = from < 0 ? [id] : all.slice(Math.min(from, to), Math.max(from, to) + 1);
    const next = new Set(everything.value ? all : picked.value);
    for (const each of these) if (on) next.add(each); else next.delete(each);
    everything.value = false;
    picked.value = next;
    anchor.current = id;
  };
  const columns = useMemo(() => columnsOf({ app, manager, picked, everything, pick, turn, shown }), [manager]);
  const step = (/** @type {number} */ by) => focusRow(box.current, ids[Math.min(Math.max(ids.indexOf(current ?? "") + by, 0), ids.length - 1)]);
  useKeys(app, { manager, current, step, pick, turn, picked, everything, book });
  const tabbable = current !== null && ids.includes(current) ? current : ids[0];
  const look = (/** @type {Contact} */ contact) => ({
    class: book.wants(contact) ? "" : "leaving",
    current: contact.id === current,
    attributes: { tabindex: contact.id === tabbable ? 0 : -1 },
  });
  const rows = ids.map((id) => book.rows.get(id)).filter((row) => row !== undefined);
  const more = useMemo(() => () => book.more(), []);
  return html`<div class="contact-table" ref=${box} onFocusIn=${(/** @type {FocusEvent} */ event) => setCurrent(idOf(event.target) ?? current)}
      onClick=${focusClicked} onKeyDown=${(/** @type {KeyboardEvent} */ event) => steer(event, step)}>
    ${updated > 0 && html`<div class="rows-pill"><button class="pill" onClick=${release}>${c(Icon, { name: "arrow-up" })}${updated} updated</button></div>`}
    ${c(Table, {
      label: "Contacts",
      columns,
      rows,
      look,
      sort: query.sort || "name",
      sortBy: (sort) => refine({ sort: sort === "name" ? "" : sort }),
      more: book.next === null ? null : more,
      empty: c(Nothing, { book, query, manager }),
    })}
  </div>`;
}

/** @param {{book: import("../contacts.js").Contacts, query: import("../contact_query.js").Query, manager: boolean}} props */
function Nothing({ book, query, manager }) {
  if (book.state === "failed") return html`<p>The contacts could not be loaded: ${book.why} Trying again in 5 s.</p><button class="button" onClick=${() => book.read()}>Try now</button>`;
  if (book.state !== "ready") return html`<div class="ghosts" aria-hidden="true">${Array.from({ length: 8 }, () => html`<i />`)}</div><p class="unseen">Loading…</p>`;
  const clear = () => refine(Object.fromEntries(Object.keys(asked()).map((name) => [name, ""])));
  if (query.q) return html`<p>No contact matches “<bdi>${query.q}</bdi>”.</p><button class="button" onClick=${clear}>Clear filter</button>`;
  if (query.ready || query.tag || query.live_filter) return html`<p>No contact matches this filter.</p><button class="button" onClick=${clear}>Clear filter</button>`;
  return html`<p>No contacts yet. ${manager ? "Import a CSV file, or make the first one." : "A manager can import a CSV file."}</p>
    ${manager && html`<a class="button" href="/contacts/import">${c(Icon, { name: "upload" })}Import CSV</a>`}`;
}

/**
 * The order on screen. Held, rows change in place and only further pages come behind them; a row that no longer belongs stays a moment.
 * @param {import("../contacts.js").Contacts} book @param {{current: boolean}} held @param {() => void} again
 */
function useOrder(book, held, again) {
  const kept = useRef({ order: new Order(), edition: 0 });
  if (kept.current.edition !== book.edition) kept.current = { order: new Order(), edition: book.edition };
  const { order } = kept.current;
  order.want(book.ids, { held: held.current && order.ids.length > 0, now: Date.now(), linger: (id) => book.rows.has(id) });
  const last = order.wanted.indexOf(order.ids.findLast((id) => order.wanted.includes(id)) ?? "");
  order.ids = [...order.ids, ...order.wanted.slice(last + 1).filter((id) => !order.ids.includes(id))];
  const { next } = order;
  useEffect(() => {
    if (next === null) return undefined;
    const timer = setTimeout(again, Math.max(50, next - Date.now()));
    return () => clearTimeout(timer);
  }, [next]);
  const release = () => {
    order.release();
    again();
  };
  return { ids: order.ids, updated: order.updated, release };
}

/**
 * @param {{app: import("../app.js").App, manager: boolean, picked: Picked, everything: Everything, shown: {current: string[]},
 *   pick: (id: string, on: boolean, range: boolean) => void, turn: (id: string, on: boolean) => void}} doors
 * @returns {import("./table.js").Column[]}
 */
function columnsOf({ app, manager, picked, everything, shown, pick, turn }) {
  /** @type {import("./table.js").Column[]} */
  const columns = [
    { key: "name", title: "Name", sort: "name", lead: true, cell: (row) => html`<a href=${`/contacts/${row.id}`}><bdi>${calledContact(row)}</bdi></a>` },
    { key: "mobile", title: "Mobile", cell: (row) => c(Mobile, { contact: row }) },
    { key: "ready", title: "Ready", cell: (row) => c(Ready, { app, contact: row, turn: manager ? (on) => turn(row.id, on) : null }) },
    { key: "latest", title: "Last text", sort: "recent", only: "descending", cell: (row) => row.latest && c(LastText, { app, latest: row.latest }) },
    { key: "owner", title: "Owner", cell: (row) => row.latest?.owner && html`<bdi>${row.latest.owner.name}</bdi>` },
    { key: "tags", title: "Tags", cell: (row) => row.tags.length > 0 && c(Tags, { tags: row.tags }) },
  ];
  if (!manager) return columns;
  const head = c(PickAll, { picked, everything, shown });
  return [{ key: "pick", title: "Select", bare: true, head, cell: (row) => c(Pick, { contact: row, picked, everything, pick }) }, ...columns];
}

/** @param {{contact: Contact, picked: Picked, everything: Everything, pick: (id: string, on: boolean, range: boolean) => void}} props */
function Pick({ contact, picked, everything, pick }) {
  const on = everything.value || picked.value.has(contact.id);
  return html`<label class="pick"><input type="checkbox" aria-label=${`Select ${calledContact(contact)}`} checked=${on}
    onClick=${(/** @type {MouseEvent} */ event) => pick(contact.id, !on, event.shiftKey)} /></label>`;
}

/** @param {{picked: Picked, everything: Everything, shown: {current: string[]}}} props */
function PickAll({ picked, everything, shown }) {
  const [on, some] = [everything.value || (picked.value.size > 0 && shown.current.every((id) => picked.value.has(id))), picked.value.size > 0];
  const set = () => {
    picked.value = new Set(on ? [] : shown.current);
    everything.value = false;
  };
  return html`<label class="pick"><input type="checkbox" aria-label="Select all rows" checked=${on} indeterminate=${some && !on} onClick=${set} /></label>`;
}

/** @param {{contact: Contact}} props */
function Mobile({ contact }) {
  const main = mainPhone(contact);
  if (!main) return html`<span class="soft">No number</span>`;
  const others = contact.phones.length - 1;
  return html`<span class=${`mobile ${main.opted_out ? "out" : ""}`} title=${main.opted_out ? "Opted out" : undefined}>${main.opted_out && c(Icon, { name: "ban" })}<bdi>${phone(main.number)}</bdi>${main.kind !== "mobile" && html`<span class="soft"> ${main.kind}</span>`}
    ${others > 0 && html`<span class="soft"> +${others}</span>`}${main.opted_out && html`<span class="unseen"> Opted out</span>`}</span>`;
}

/** @param {{app: import("../app.js").App, latest: import("../contact_query.js").Latest}} props */
function LastText({ app, latest }) {
  app.screen.minute.value;
  return html`<a class="last-text" href=${`/sms/${latest.conversation}`}><span><bdi>${latestWords(latest, app.me.id)}</bdi></span>
    ${latest.public_since ? html`<span class="state public">Public</span>` : latest.waiting_since && html`<span class="state waiting">Waiting</span>`}
    <time datetime=${latest.at}>${ago(latest.at, app.clock.now())}</time></a>`;
}

/** @param {{tags: string[]}} props */
export function Tags({ tags }) {
  const few = tags.slice(0, 2);
  return html`<span class="tags" title=${tags.join(", ")}>${few.map((tag) => html`<span class="tag" key=${tag}><bdi>${tag}</bdi></span>`)}
    ${tags.length > few.length && html`<span class="soft">+${tags.length - few.length}</span>`}</span>`;
}

/**
 * @param {import("../app.js").App} app
 * @param {{manager: boolean, current: string|null, step: (by: number) => void, pick: (id: string, on: boolean, range: boolean) => void,
 *   turn: (id: string, on: boolean) => void, picked: Picked, everything: Everything, book: import("../contacts.js").Contacts}} doors
 */
function useKeys(app, doors) {
  const now = useRef(doors);
  now.current = doors;
  useEffect(() => {
    const where = "In Contacts";
    const chosen = () => now.current.current;
    const onRow = (/** @type {KeyboardEvent} */ event) => event.target instanceof HTMLElement && event.target.matches("tr.line");
    const act = (/** @type {(id: string) => void} */ run) => () => {
      const id = chosen();
      if (id !== null) run(id);
    };
    /** @type {import("../keys.js").Key[]} */
    const table = [
      { key: "j", words: "Next contact", where, run: () => now.current.step(1) },
      { key: "k", words: "Previous contact", where, run: () => now.current.step(-1) },
      { key: "Enter", words: "Open the contact", where, when: onRow, run: act((id) => go(`/contacts/${id}`)) },
    ];
    const { manager } = doors;
    if (manager) {
      table.push(
        { key: "x", words: "Select or not", where, when: () => chosen() !== null, run: act((id) => now.current.pick(id, !now.current.picked.value.has(id), false)) },
        { key: "t", words: "Turn Ready on or off", where, when: () => chosen() !== null, run: act((id) => now.current.turn(id, !now.current.book.rows.get(id)?.ready)) },
      );
    }
    return app.keys.add(table);
  }, []);
}

/** @param {EventTarget|null} target */
function idOf(target) {
  const row = target instanceof Element ? target.closest("tr[data-id]") : null;
  return row?.getAttribute("data-id") ?? null;
}

/** A click beside links and controls gives the row the focus. @param {MouseEvent} event */
function focusClicked({ target }) {
  if (!(target instanceof Element) || target.closest("a, button, label, input")) return;
  const row = target.closest("tr[data-id]");
  if (row instanceof HTMLElement) row.focus();
}

/** @param {HTMLElement|null} box @param {string|undefined} id */
function focusRow(box, id) {
  const row = id === undefined ? null : box?.querySelector(`tr[data-id="${CSS.escape(id)}"]`);
  if (row instanceof HTMLElement) row.focus();
}

/** @param {KeyboardEvent} event @param {(by: number) => void} step */
function steer(event, step) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || !(event.target instanceof Element) || event.target.matches("input, select")) return;
  event.preventDefault();
  step(by);
}

/**
 * When the row that had the focus leaves, the next one has it.
 * @param {{current: HTMLElement|null}} box @param {string|null} current @param {string[]} ids @param {(id: string|null) => void} setCurrent
 */
function useKeptFocus(box, current, ids, setCurrent) {
  const place = useRef({ at: -1, inside: false });
  const at = current === null ? -1 : ids.indexOf(current);
  if (at >= 0) place.current = { at, inside: Boolean(box.current?.contains(document.activeElement)) };
  useLayoutEffect(() => {
    if (current === null || at >= 0 || ids.length === 0 || place.current.at < 0) return;
    if (!place.current.inside) return setCurrent(null);
    focusRow(box.current, ids[Math.min(place.current.at, ids.length - 1)]);
  }, [at, ids.length]);
}
