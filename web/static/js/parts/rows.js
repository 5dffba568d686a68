import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { Order } from "../order.js";
import { some } from "../words.js";
import { useHold } from "./hold.js";
import { Icon } from "./icon.js";
import { Row } from "./row.js";

/** Of a row, px: 68, and more where a person has set larger letters (as in list.css). */
const HEIGHT = Math.max(68, 4.25 * parseFloat(getComputedStyle(document.documentElement).fontSize));
const OVERSCAN = 5;
/** Rows that are only passed on the way are not watched, ms. */
const STAY_MS = 400;
/** Lists whose rows are mostly others' and come without being asked for nowhere else. @type {string[]} */
const OTHERS = ["all", "unanswered", "closed"];

/**
 * The list of one view: only the rows near the window are in the page; its order is held while a person points at it.
 * @param {{app: import("../app.js").App, view: import("../shapes.js").View, filter: (id: string) => boolean, filtered: boolean,
 *   empty: any, label: string}} props
 */
export function Rows({ app, view, filter, filtered, empty, label }) {
  app.screen.lists.value;
  const box = /** @type {{current: HTMLDivElement|null}} */ (useRef(null));
  const held = useHold(box, () => redraw((n) => n + 1));
  const order = /** @type {{current: Order}} */ (useRef(/** @type {any} */ (null)));
  order.current ??= new Order();
  const [span, setSpan] = useState({ top: 0, height: 900 });
  const [, redraw] = useState(0);
  const [focused, setFocused] = useState(/** @type {string|null} */ (null));
  const { loads, lists, records } = app.store;
  const list = lists[view];
  const open = app.route.value.id;

  const linger = (/** @type {string} */ id) => {
    const row = records.get(id)?.row;
    return view === "pool" && Boolean(row && !row.public_since && row.claimed_at && row.owner?.id !== app.me.id);
  };
  order.current.want(loads.ids(view), { held: held.current || span.top > HEIGHT, now: Date.now(), linger });
  const { updated, next } = order.current;
  useEffect(() => {
    if (next === null) return undefined;
    const timer = setTimeout(() => redraw((n) => n + 1), Math.max(50, next - Date.now()));
    return () => clearTimeout(timer);
  }, [next]);
  const release = () => {
    order.current.release();
    if (box.current) box.current.scrollTop = 0;
    redraw((n) => n + 1);
  };
  useLayoutEffect(() => measure(box.current, setSpan), []);

  const ids = filtered ? order.current.ids.filter(filter) : order.current.ids;
  useKeptFocus(box, focused, ids);
  const first = Math.max(0, Math.floor(span.top / HEIGHT) - OVERSCAN);
  const last = Math.min(ids.length, Math.ceil((span.top + span.height) / HEIGHT) + OVERSCAN);
  app.list = { ids, focus: (id) => bringAndFocus(box.current, id, ids.indexOf(id)), foot: ids[last - 1] ?? null };
  const shown = ids.slice(first, last).map((id, index) => ({ id, at: first + index }));
  const kept = focused === null ? -1 : ids.indexOf(focused);
  if (focused !== null && kept >= 0 && (kept < first || kept >= last)) shown.push({ id: focused, at: kept });
  const tabbable = kept >= 0 ? focused : open && ids.includes(open) ? open : (ids[0] ?? null);
  useEffect(() => {
    if (list.next !== null && last >= ids.length - 10 && list.state === "ready") loads.list(view, true);
  }, [last, ids.length, list.next, list.state]);

  const seen = OTHERS.includes(view) ? shown.map(({ id }) => id).join() : "";
  useEffect(() => {
    const timer = setTimeout(() => app.store.glances.want(seen ? seen.split(",") : []), STAY_MS);
    return () => clearTimeout(timer);
  }, [seen]);
  useEffect(
    () => () => {
      app.store.glances.want([]);
      app.list.foot = null;
    },
    [],
  );

  return html`<div class="rows" ref=${box} onFocusIn=${(/** @type {FocusEvent} */ event) => setFocused(idOf(event.target))}
      onScroll=${() => setSpan(spanOf(box.current))} onKeyDown=${(/** @type {KeyboardEvent} */ event) => arrows(event, box.current, ids)}>
    ${updated > 0 && html`<div class="rows-pill"><button class="pill" onClick=${release}>${c(Icon, { name: "arrow-up" })}${updated} updated</button></div>`}
    ${ids.length === 0
      ? html`<div class="rows-empty">${list.state === "ready" || filtered ? empty : c(Waiting, { list, again: () => loads.list(view) })}</div>`
      : html`<ul aria-label=${`${label}, ${some(ids.length, "conversation")}`} style=${{ height: `${ids.length * HEIGHT}px` }}>
          ${shown.map(({ id, at }) => c(Row, { key: id, app, id, at, of: ids.length, open: id === open, tabbable: id === tabbable, pool: view === "pool" }))}
        </ul>`}
  </div>`;
}

/** @param {{list: import("../lists.js").List, again: () => void}} props */
function Waiting({ list, again }) {
  if (list.state === "failed") {
    return html`<p>The list could not be loaded (${list.why}). Trying again in 5 s.</p>
      <button class="button" onClick=${again}>Try now</button>`;
  }
  return html`<div class="ghosts" aria-hidden="true">${Array.from({ length: 8 }, () => html`<i />`)}</div><p class="unseen">Loading…</p>`;
}

/** @param {EventTarget|null} target */
function idOf(target) {
  return target instanceof HTMLElement ? (target.dataset.id ?? null) : null;
}

/** @param {HTMLElement|null} box */
function spanOf(box) {
  return { top: box?.scrollTop ?? 0, height: box?.clientHeight ?? 900 };
}

/** @param {HTMLElement|null} box @param {(span: {top: number, height: number}) => void} set */
function measure(box, set) {
  if (!box) return undefined;
  const watcher = new ResizeObserver(() => set(spanOf(box)));
  watcher.observe(box);
  return () => watcher.disconnect();
}

/**
 * When the row that had the focus leaves, the next one has it, never the body.
 * @param {{current: HTMLElement|null}} box @param {string|null} focused @param {string[]} ids
 */
function useKeptFocus(box, focused, ids) {
  const place = useRef(-1);
  const at = focused === null ? -1 : ids.indexOf(focused);
  useLayoutEffect(() => {
    if (at >= 0) place.current = at;
    else if (focused !== null && place.current >= 0 && document.activeElement === document.body) {
      focusRow(box.current, ids[Math.min(place.current, ids.length - 1)]);
    }
  }, [at, ids.length]);
}

/** @param {HTMLElement|null} box @param {string|undefined} id */
export function focusRow(box, id) {
  if (id === undefined) return;
  const row = /** @type {HTMLElement|null|undefined} */ (box?.querySelector(`[data-id="${CSS.escape(id)}"]`));
  row?.focus();
}

/** Scrolls a row into sight and gives it the focus. @param {HTMLElement|null} box @param {string} id @param {number} at */
function bringAndFocus(box, id, at) {
  if (!box || at < 0) return;
  const [top, bottom] = [at * HEIGHT, (at + 1) * HEIGHT];
  if (top < box.scrollTop) box.scrollTop = top;
  else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
  requestAnimationFrame(() => focusRow(box, id));
}

/** Up and down move the focus. @param {KeyboardEvent} event @param {HTMLElement|null} box @param {string[]} ids */
function arrows(event, box, ids) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const from = idOf(event.target);
  if (!step || from === null || !box) return;
  event.preventDefault();
  const at = Math.min(Math.max(ids.indexOf(from) + step, 0), ids.length - 1);
  const to = ids[at];
  if (to !== undefined) bringAndFocus(box, to, at);
}
