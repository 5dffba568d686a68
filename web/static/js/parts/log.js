import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api.js";
import { c, html } from "../html.js";
import { lineOf, woven } from "../lines.js";
import { go } from "../route.js";
import { author, called, day, names, some } from "../words.js";
import { Place } from "./bubble.js";
import { LogLine } from "./log_line.js";
import { useSought } from "./log_sought.js";
import { inSight, useWindow } from "./log_window.js";
import { onDemand } from "./on_demand.js";

/** @typedef {import("../record.js").Record} Record */
/** @typedef {import("../record.js").Pending} Pending */

const NEAR_END = 100;
const OpenLink = onDemand(() => import("./open_link.js").then((module) => module.OpenLink));

/**
 * The messages of the open conversation.
 * @param {{app: import("../app.js").App, record: Record, at: {seq: number}|null, edit: (pending: Pending) => void}} props
 *   `at`: which of them was asked for; a new object asks for it again
 */
export function Log({ app, record, at, edit }) {
  const box = /** @type {{current: HTMLDivElement|null}} */ (useRef(null));
  const [fresh, setFresh] = useState(0);
  const [link, setLink] = useState(/** @type {string|null} */ (null));
  const thread = record.thread;
  const items = thread?.items ?? [];
  const beyond = thread?.beyond ?? [];
  const last = items.at(-1)?.seq ?? 0;
  const seen = useRef(last);
  const lines = thread?.events.length ?? 0;
  /** Where the log was put, or was last known to be. */
  const stood = useRef(0);
  if (app.at_end && wentUp(box.current, stood.current)) app.at_end = false;
  const view = useWindow(app, record, box);
  const marked = useSought(app, record, at, box, view, () => {
    seen.current = Math.max(seen.current, thread?.seq ?? 0);
    setFresh(0);
  });

  useLayoutEffect(() => {
    if (at === null) {
      app.at_end = true;
      toEnd(box.current, stood);
    }
    const eye = () => (app.at_end ? null : seqInSight(box.current));
    app.eye = eye;
    return () => {
      if (app.eye === eye) app.eye = () => null;
    };
  }, []);
  useLayoutEffect(() => {
    if (app.at_end) {
      view.follow();
      toEnd(box.current, stood);
      seen.current = last;
      app.readOpen();
    } else setFresh([...items.map(({ seq }) => seq), ...beyond.filter((seq) => seq > last)].filter((seq) => seq > seen.current).length);
  }, [last, items.length, lines, record.pending.length, thread?.state, record.typing.length, beyond.length]);
  useEffect(() => stayAtEnd(app, box.current, stood), []);
  const newest = thread?.state === "ready" && !thread.newer;
  useEffect(() => {
    if (newest) app.acts.restore(record);
  }, [newest, record]);
  const scrolled = () => {
    const node = box.current;
    if (!node) return;
    stood.current = node.scrollTop;
    app.at_end = view.whole && below(node) < NEAR_END;
    if (app.at_end && fresh) setFresh(0);
    if (app.at_end) seen.current = last;
    view.scrolled();
  };
  const toNewest = () => {
    app.at_end = true;
    setFresh(0);
    view.follow();
    requestAnimationFrame(() => {
      toEnd(box.current, stood);
      app.readOpen();
    });
  };
  const down = () => {
    if (at === null) toNewest();
    else go(location.pathname, { replace: true });
  };
  const was = useRef(at);
  useEffect(() => {
    // Another address of this conversation names no text: it is shown as it is opened.
    if (was.current !== null && at === null) toNewest();
    was.current = at;
  }, [at]);
  const click = (/** @type {MouseEvent} */ event) => {
    const address = event.target instanceof Element ? event.target.closest(".words a")?.getAttribute("href") : null;
    if (!address || new URL(address).host === location.host) return;
    event.preventDefault();
    setLink(address);
  };
  // In one list with the messages: the element of a text stays when it becomes a message.
  const waiting = view.whole ? record.pending.map((pending) => c(Place, { key: pending.client_id, pending, now: app.clock.now(), acts: actsOn(app, record, pending, edit) })) : [];
  return html`<div class="log-place">
    <div class="log" ref=${box} onScroll=${scrolled} onClick=${click} tabindex="0" role="log" aria-live="off" aria-label="Messages">
      ${thread?.state === "failed" && html`<div class="log-note"><p>The messages could not be loaded: ${thread.why}</p>
        <button class="button" onClick=${() => app.store.threads.again(record)}>Try again</button></div>`}
      ${items.length === 0 && (thread === null || thread.state === "loading") && html`<div class="ghosts bubbles" aria-hidden="true"><i /><i /><i /></div>`}
      ${thread?.state === "ready" && items.length === 0 && record.pending.length === 0 && html`<p class="log-note">No messages yet. The first text carries the opt-out line.</p>`}
      <ol>
        ${[...entries(app, record, view, marked), ...waiting]}
      </ol>
      <p class="typing">${record.typing.length > 0 && `${names(record.typing)} ${record.typing.length > 1 ? "are" : "is"} typing…`}</p>
    </div>
    ${(fresh > 0 || thread?.newer) && html`<button class="pill log-pill" onClick=${down}>${fresh > 0 ? some(fresh, "new message") : "Newest messages"}</button>`}
    ${link !== null && c(OpenLink, { address: link, close: () => setLink(null) })}
  </div>`;
}

/**
 * Bubbles and lines, with the day between days, and a name above a run of one sender.
 * @param {import("../app.js").App} app @param {Record} record @param {import("./log_window.js").View} view @param {number|null} marked
 */
function entries(app, record, view, marked) {
  const now = app.clock.now();
  const me = app.me.id;
  /** @type {any[]} */
  const drawn = [];
  let [lastDay, lastWho] = ["", ""];
  for (const { message, event } of record.thread ? view.cut(woven(record.thread)) : []) {
    const line = event && lineOf(event, me, now);
    if (event && line === null) continue;
    const at = message ? message.created_at : event.at;
    const today = day(at, now);
    if (today !== lastDay) {
      drawn.push(html`<li class="day" key=${today}><span>${today}</span></li>`);
      [lastDay, lastWho] = [today, ""];
    }
    if (event) {
      drawn.push(c(LogLine, { key: event.position, app, event, words: line ?? "" }));
      lastWho = "";
      continue;
    }
    const who = message.kind === "note" ? `${author(message, me)} · note` : author(message, me);
    const mine = message.user?.id === me && message.client_id;
    const acts = message.state === "scheduled" && (message.user?.id === me || app.me.role === "manager") ? actsOnScheduled(app, record, message) : undefined;
    drawn.push(c(Place, { key: mine || message.id, message, by: pictured(message, app, record), who: who === lastWho || who === "You" ? "" : who, now, scheduled: acts, unsure: unsureOf(app, record, message), doubt: Boolean(record.row?.consent_review), sought: message.seq === marked }));
    lastWho = who;
  }
  return drawn;
}

/** Whose a picture is. @param {import("../shapes.js").Message} message @param {import("../app.js").App} app @param {Record} record */
function pictured(message, app, record) {
  if (message.direction === "inbound") return record.row ? called(record.row.contact) : "the contact";
  return message.user?.id === app.me.id ? "you" : (message.user?.name ?? "us");
}

/** @param {import("../app.js").App} app @param {Record} record @param {Pending} pending @param {(pending: Pending) => void} edit */
function actsOn(app, record, pending, edit) {
  const discard = () => app.acts.discard(record, pending);
  return {
    anyway: () => app.acts.sendAnyway(record, pending),
    later: () => app.acts.sendAnyway(record, pending, pending.quiet?.opens_at),
    manages: app.me.role === "manager",
    discard,
    edit: () => {
      discard();
      // What another text has goes with its repetition alone.
      if (!pending.again) app.attached.of(record.id).restore(pending.media);
      edit(pending);
    },
  };
}

/** @param {import("../app.js").App} app @param {Record} record @param {import("../shapes.js").Message} message */
function actsOnScheduled(app, record, message) {
  const leave = async (/** @type {boolean} */ anyway) => {
    try {
      await app.acts.scheduled(record, message, "send-now", anyway);
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.code !== "quiet_hours" || app.me.role !== "manager") throw problem;
      app.toasts.add({ words: problem.message, urgent: true, actions: [{ words: "Send anyway", run: () => app.tell(leave(true)) }] });
    }
  };
  return { cancel: () => app.tell(app.acts.scheduled(record, message, "cancel")), now: () => app.tell(leave(false)) };
}

/**
 * A person's text that may have been sent and that nobody has decided about, or that did not arrive and was not repeated yet.
 * @param {import("../app.js").App} app @param {Record} record @param {import("../shapes.js").Message} message
 */
function unsureOf(app, record, message) {
  const doubtful = message.state === "unconfirmed" && message.error?.code !== "sent_again";
  // Whether it was repeated is known only when all that came after it is here.
  const lost = !record.thread?.newer && (message.state === "failed" || message.state === "undelivered");
  if (!message.user || !(doubtful || (lost && !record.row?.opted_out && !repeated(record, message)))) return undefined;
  const { id, body, media } = message;
  const did = typeof message.did === "string" ? message.did : (message.did?.id ?? null);
  return {
    arrived: doubtful ? () => app.tell(app.acts.arrived(record, message)) : null,
    again: () => app.tell(app.acts.send(record, { body, did, media, again: id })),
  };
}

/** Did a later text say the same? @param {Record} record @param {import("../shapes.js").Message} message */
function repeated(record, { id, seq, body, media }) {
  const same = (/** @type {import("../shapes.js").Message} */ other) => other.body === body && other.media.length === media.length;
  return record.pending.some((pending) => pending.again === id) || Boolean(record.thread?.items.some((item) => item.seq > seq && item.direction === "outbound" && same(item)));
}

/** @param {HTMLElement|null} node */
function seqInSight(node) {
  const found = inSight(node);
  return found && Number(found.seq);
}

/** @param {HTMLElement} node */
function below(node) {
  return node.scrollHeight - node.scrollTop - node.clientHeight;
}

/** Did somebody scroll up, of which the browser tells only with its next frame? @param {HTMLElement|null} node @param {number} stood */
function wentUp(node, stood) {
  return node !== null && node.scrollTop < stood && below(node) >= NEAR_END;
}

/** @param {HTMLElement|null} node @param {{current: number}} stood */
function toEnd(node, stood) {
  if (!node) return;
  node.scrollTop = node.scrollHeight;
  stood.current = node.scrollTop;
}

/** The window changed (a keyboard came up, the composer grew), or a picture took its place: the end stays in sight. @param {import("../app.js").App} app @param {HTMLElement|null} node @param {{current: number}} stood */
function stayAtEnd(app, node, stood) {
  if (!node) return undefined;
  const watcher = new ResizeObserver(() => app.at_end && !wentUp(node, stood.current) && toEnd(node, stood));
  for (const each of [node, node.querySelector("ol")]) if (each) watcher.observe(each);
  return () => watcher.disconnect();
}
