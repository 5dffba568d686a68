import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { KINDS, MOST } from "../feed.js";
import { FeedReader } from "../feed_reader.js";
import { stamp } from "../figures.js";
import { Held } from "../held.js";
import { c, html } from "../html.js";
import { asked as inAddress, Filters, refine } from "../parts/filters.js";
import { Icon } from "../parts/icon.js";
import { route } from "../route.js";
import { day } from "../words.js";
import { Figures } from "./feed/figures.js";
import { KIND_WORDS, Line } from "./feed/line.js";
import { Observe } from "./feed/observe.js";
import { useNames } from "./reports/names.js";

/** @typedef {import("../app.js").App} App */

const RELEASE_MS = 300;
const CHIPS = ["in", "out", "claims", "public", "failed", "opt_out", "notes", "people", "webhooks"];

/** Everything that happens, as it happens. @param {{app: App}} props */
export function Page({ app }) {
  route.value;
  const address = inAddress();
  const { did = "", user = "", open = "", until = "" } = address;
  const kinds = (address["kinds"] ?? "").split(",").filter((kind) => kind in KINDS);
  const reader = useReader(app, kinds, did, user, until);
  const [paused, setPaused] = useState(false);
  const box = /** @type {{current: HTMLElement|null}} */ (useRef(null));
  const [touched, release] = useHold(box);
  const held = useRef(new Held());
  const [, redraw] = useState(0);
  const { rows, newer } = held.current.show(reader.lines.rows, paused || touched);
  const names = useNames(app);
  useEffect(() => app.keys.add([
    { key: "p", words: "Pause or go on", where: "In Live", run: () => setPaused((on) => !on) },
    { key: "j", words: "Next line", where: "In Live", run: () => step(box.current, 1) },
    { key: "k", words: "Previous line", where: "In Live", run: () => step(box.current, -1) },
  ]), []);
  const showNew = (/** @type {MouseEvent} */ event) => {
    held.current.freeze(reader.lines.rows);
    redraw((n) => n + 1);
    for (const node of [box.current, box.current?.closest(".feed-page")]) if (node) node.scrollTop = 0;
    // The pill goes; by key the focus goes on at the newest line.
    if (event.detail === 0) setTimeout(() => step(box.current, -1));
    release();
  };
  const observe = (/** @type {string} */ id) => refine({ open: id });
  const leave = () => {
    refine({ open: "" });
    /** @type {HTMLElement|null|undefined} */ (box.current?.querySelector(`[data-conversation="${CSS.escape(open)}"]`))?.focus();
  };
  const toggle = (/** @type {string} */ kind) => refine({ kinds: (kinds.includes(kind) ? kinds.filter((each) => each !== kind) : [...kinds, kind]).join(",") });
  const filtered = kinds.length > 0 || did !== "" || user !== "" || until !== "";
  return html`<div class=${`feed-page ${open ? "has-open" : ""}`}>
    <section class="feed" aria-label="Live">
      <header class="feed-head">
        <div class="feed-title"><h1>Live</h1>
          <button class="button" aria-pressed=${paused} aria-keyshortcuts="P" onClick=${() => setPaused(!paused)}>
            ${c(Icon, { name: paused ? "play" : "pause" })}${paused ? "Go on" : "Pause"}<kbd aria-hidden="true">P</kbd></button>
          ${c(Figures, { app })}</div>
        <div class="feed-filters">
          <div class="chips" role="group" aria-label="What to show">${CHIPS.map((kind) => html`<button key=${kind} class="chip choice" aria-pressed=${kinds.includes(kind)} onClick=${() => toggle(kind)}>${KIND_WORDS[kind]?.chip}</button>`)}</div>
          ${c(Filters, { filters: [
            { name: "did", label: "Number", options: [["", "all"], ...names.dids] },
            { name: "user", label: "Agent", options: [["", "all"], ...names.users] },
            { name: "until", label: "Up to", kind: "datetime-local" },
          ] })}
          ${filtered && html`<button class="link" onClick=${() => refine({ kinds: "", did: "", user: "", until: "" })}>Clear filters</button>`}
        </div>
        ${until && html`<p class="section-notice feed-past" role="note">${c(Icon, { name: "history" })}<span>This is what happened before ${stamp(instant(until), app.clock.now())}. Nothing new appears here.</span>
          <button class="button small" onClick=${() => refine({ until: "" })}>Back to now</button></p>`}
      </header>
      <div class="feed-rows" ref=${box} onKeyDown=${(/** @type {KeyboardEvent} */ event) => steer(event, box.current)}>
        ${newer > 0 && html`<div class="feed-pill"><button class="pill" onClick=${showNew}>${c(Icon, { name: "arrow-up" })}${newer >= MOST ? `${MOST}+` : newer} new</button></div>`}
        ${rows.length === 0 && html`<div class="rows-empty">${empty(reader, filtered, until !== "")}</div>`}
        <ol class="feed-list" aria-label=${paused ? "What happened, paused" : "What happened, newest first"}>
          ${withDays(rows, app.clock.now()).map((each) => typeof each === "string"
            ? html`<li class="feed-day" key=${each}>${each}</li>`
            : c(Line, { key: each.key, row: each, open: open !== "" && each.first.conversation === open, tabbable: each === rows[0], observe }))}
        </ol>
        ${rows.length > 0 && c(Older, { reader })}
      </div>
    </section>
    ${open && c(Observe, { key: open, app, id: open, close: leave })}
  </div>`;
}

/** A line with the day where a day ends, but for today's. @param {import("../feed.js").FeedRow[]} rows @param {number} now @returns {Array<import("../feed.js").FeedRow|string>} */
function withDays(rows, now) {
  let last = "Today";
  return rows.flatMap((row) => {
    const that = day(row.first.at, now);
    if (that === last) return [row];
    last = that;
    return [that, row];
  });
}

/** @param {FeedReader} reader @param {boolean} filtered @param {boolean} past */
function empty(reader, filtered, past) {
  if (reader.state === "failed") return html`<p>The feed could not be loaded: ${reader.why} Trying again in 5 s.</p><button class="button" onClick=${() => reader.read()}>Try now</button>`;
  if (reader.state === "loading") return html`<p class="unseen">Loading…</p>`;
  if (past) return html`<p>Nothing of that kind happened before then.</p>`;
  if (filtered) return html`<p>Nothing of that kind has happened yet.</p>`;
  return html`<p>Nothing has happened yet. The first text will appear here.</p>`;
}

/** @param {{reader: FeedReader}} props */
function Older({ reader }) {
  if (reader.lines.rows.size >= MOST) return html`<p class="feed-end">The newest ${MOST} are shown. Older conversations stand in <a href="/reports/sms-conversations">Reports</a>.</p>`;
  if (reader.next === null) return html`<p class="feed-end">That is all.</p>`;
  return html`<p class="feed-end"><button class="button" disabled=${reader.state === "loading"} onClick=${() => reader.older()}>Show older</button></p>`;
}

/** A moment of this device's clock as an instant; what is none is now. @param {string} local */
function instant(local) {
  const at = new Date(local);
  return (Number.isNaN(at.getTime()) ? new Date() : at).toISOString();
}

/** The feed as it is asked for, from now on. @param {App} app @param {string[]} kinds @param {string} did @param {string} user @param {string} until */
function useReader(app, kinds, did, user, until) {
  const [, redraw] = useState(0);
  const reader = useMemo(
    () => new FeedReader({ kinds, did, user, until: until && instant(until) }, { get: (path) => app.api.get(path), later: (run, ms) => setTimeout(run, ms), changed: () => redraw((n) => n + 1) }),
    [kinds.join(), did, user, until],
  );
  useEffect(() => {
    app.store.watches.want("feed", true);
    return () => app.store.watches.want("feed", false);
  }, []);
  useEffect(() => {
    reader.read();
    const end = app.listen({ heard: (event) => reader.hear(event), reload: () => reader.read() });
    return () => {
      end();
      reader.end();
    };
  }, [reader]);
  return reader;
}

/**
 * Held while the pointer is over the rows, the focus is in them, or they are not scrolled to the top.
 * @param {{current: HTMLElement|null}} box @returns {[boolean, () => void]} and lets go of it
 */
function useHold(box) {
  const [held, setHeld] = useState(false);
  const look = useRef(() => undefined);
  useEffect(() => {
    const node = box.current;
    if (!node) return undefined;
    /** @type {any} */
    let timer = 0;
    const page = /** @type {HTMLElement} */ (node.closest(".feed-page"));
    const now = () => setHeld(node.matches(":hover") || node.contains(document.activeElement) || node.scrollTop + page.scrollTop > 8);
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(now, RELEASE_MS);
    };
    look.current = () => (later(), undefined);
    for (const name of ["pointerenter", "focusin", "scroll"]) node.addEventListener(name, now);
    page.addEventListener("scroll", now);
    for (const name of ["pointerleave", "focusout"]) node.addEventListener(name, later);
    return () => clearTimeout(timer);
  }, []);
  return [held, () => look.current()];
}

/** @param {HTMLElement|null} box @param {number} by */
function step(box, by) {
  const lines = /** @type {HTMLElement[]} */ ([...(box?.querySelectorAll(".feed-line") ?? [])]);
  const at = lines.findIndex((line) => line === document.activeElement);
  lines[at < 0 ? 0 : Math.min(Math.max(at + by, 0), lines.length - 1)]?.focus();
}

/** @param {KeyboardEvent} event @param {HTMLElement|null} box */
function steer(event, box) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || !(event.target instanceof HTMLElement) || !event.target.matches(".feed-line")) return;
  event.preventDefault();
  step(box, by);
}
