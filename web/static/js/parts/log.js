import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { author, called, day, names, some } from "../words.js";
import { Place } from "./bubble.js";

const NEAR_END = 100;
const NEAR_TOP = 200;
/** Messages in the page; older ones are loaded again when they are scrolled to. */
const MOST = 300;

/** The messages of the open conversation. @param {{app: import("../app.js").App, record: import("../record.js").Record, edit: (body: string) => void}} props */
export function Log({ app, record, edit }) {
  const box = /** @type {{current: HTMLDivElement|null}} */ (useRef(null));
  const [fresh, setFresh] = useState(0);
  const thread = record.thread;
  const items = thread?.items ?? [];
  const last = items.at(-1)?.seq ?? 0;
  const seen = useRef(last);
  const older = useOlder(app, record, box);

  useLayoutEffect(() => {
    app.at_end = true;
    toEnd(box.current);
  }, []);
  useLayoutEffect(() => {
    if (app.at_end) {
      if (items.length > MOST) record.trim(MOST - 100);
      toEnd(box.current);
      seen.current = last;
      app.readOpen();
    } else setFresh(items.filter((item) => item.seq > seen.current).length);
  }, [last, items.length, record.pending.length, thread?.state, record.typing.length]);
  useEffect(() => stayAtEnd(app, box.current), []);
  const scrolled = () => {
    const node = box.current;
    if (!node) return;
    app.at_end = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_END;
    if (app.at_end && fresh) setFresh(0);
    if (app.at_end) seen.current = last;
    if (node.scrollTop < NEAR_TOP) older();
  };
  const down = () => {
    app.at_end = true;
    setFresh(0);
    toEnd(box.current);
    app.readOpen();
  };
  return html`<div class="log-place">
    <div class="log" ref=${box} onScroll=${scrolled} tabindex="0" role="log" aria-live="off" aria-label="Messages">
      ${thread?.state === "failed" && html`<div class="log-note"><p>The messages could not be loaded: ${thread.why}</p>
        <button class="button" onClick=${() => app.store.threads.read(record)}>Try again</button></div>`}
      ${items.length === 0 && (thread === null || thread.state === "loading") && html`<div class="ghosts bubbles" aria-hidden="true"><i /><i /><i /></div>`}
      ${thread?.state === "ready" && items.length === 0 && record.pending.length === 0 && html`<p class="log-note">No messages yet. The first text carries the opt-out line.</p>`}
      <ol>
        ${[...lines(items, app, record), ...record.pending.map((pending) => c(Place, { key: pending.client_id, pending, acts: actsOn(app, record, pending, edit) }))]}
      </ol>
      <p class="typing">${record.typing.length > 0 && `${names(record.typing)} ${record.typing.length > 1 ? "are" : "is"} typing…`}</p>
    </div>
    ${fresh > 0 && html`<button class="pill log-pill" onClick=${down}>${some(fresh, "new message")}</button>`}
  </div>`;
}

/** Whose a picture is. @param {import("../shapes.js").Message} message @param {import("../app.js").App} app @param {import("../record.js").Record} record */
function pictured(message, app, record) {
  if (message.direction === "inbound") return record.row ? called(record.row.contact) : "the contact";
  return message.user?.id === app.me.id ? "you" : (message.user?.name ?? "us");
}

/** Bubbles with the day between days, and a name above a run of one sender. @param {import("../shapes.js").Message[]} items @param {import("../app.js").App} app @param {import("../record.js").Record} record */
function lines(items, app, record) {
  const now = app.clock.now();
  /** @type {any[]} */
  const drawn = [];
  let [lastDay, lastWho] = ["", ""];
  for (const message of items) {
    const today = day(message.created_at, now);
    if (today !== lastDay) {
      drawn.push(html`<li class="day" key=${today}><span>${today}</span></li>`);
      [lastDay, lastWho] = [today, ""];
    }
    const who = author(message, app.me.id) + (message.kind === "note" ? " · note" : "");
    const mine = message.user?.id === app.me.id && message.client_id;
    drawn.push(c(Place, { key: mine || message.id, message, by: pictured(message, app, record), who: who === lastWho || who === "You" ? "" : who }));
    lastWho = who;
  }
  return drawn;
}

/** @param {import("../app.js").App} app @param {import("../record.js").Record} record @param {import("../record.js").Pending} pending @param {(body: string) => void} edit */
function actsOn(app, record, pending, edit) {
  const discard = () => app.acts.discard(record, pending);
  return {
    anyway: () => app.acts.sendAnyway(record, pending),
    discard,
    edit: () => {
      discard();
      app.attached.of(record.id).restore(pending.media);
      edit(pending.body);
    },
  };
}

/** @param {HTMLElement|null} node */
function toEnd(node) {
  if (node) node.scrollTop = node.scrollHeight;
}

/** The window changed (a keyboard came up, the composer grew): the end stays in sight. @param {import("../app.js").App} app @param {HTMLElement|null} node */
function stayAtEnd(app, node) {
  if (!node) return undefined;
  const watcher = new ResizeObserver(() => app.at_end && toEnd(node));
  watcher.observe(node);
  return () => watcher.disconnect();
}

/**
 * Loads what is above without moving what is on screen.
 * @param {import("../app.js").App} app @param {import("../record.js").Record} record @param {{current: HTMLElement|null}} box
 */
function useOlder(app, record, box) {
  const loading = useRef(false);
  const from = useRef(0);
  const count = record.thread?.items.length ?? 0;
  useLayoutEffect(() => {
    const node = box.current;
    if (node && from.current) node.scrollTop += node.scrollHeight - from.current;
    from.current = 0;
  }, [count]);
  return async () => {
    if (loading.current || !record.thread?.older) return;
    loading.current = true;
    from.current = box.current?.scrollHeight ?? 0;
    await app.tell(app.store.threads.older(record));
    loading.current = false;
  };
}
