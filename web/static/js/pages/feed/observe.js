import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { c, html } from "../../html.js";
import { Observed } from "../../observed.js";
import { Place } from "../../parts/bubble.js";
import { HeaderClock } from "../../parts/countdown.js";
import { Icon } from "../../parts/icon.js";
import { route } from "../../route.js";
import { author, called, day, names, phone } from "../../words.js";

/** @typedef {import("../../app.js").App} App */

/**
 * A conversation to look at from the feed: nobody is told, and nothing is marked read.
 * @param {{app: App, id: string, close: () => void}} props
 */
export function Observe({ app, id, close }) {
  const [why, setWhy] = useState("");
  const seen = useObserved(app, id, setWhy);
  const log = /** @type {{current: HTMLElement|null}} */ (useRef(null));
  const head = /** @type {{current: HTMLElement|null}} */ (useRef(null));
  const last = seen.items.at(-1)?.id;
  useLayoutEffect(() => {
    const node = log.current;
    if (node && (node.dataset["read"] === undefined || node.scrollHeight - node.scrollTop - node.clientHeight < 160)) node.scrollTop = node.scrollHeight;
    if (node && seen.row) node.dataset["read"] = "";
  }, [last, seen.row === null]);
  useEffect(() => head.current?.focus(), []);
  const join = async (/** @type {import("../../shapes.js").Contact} */ contact) => {
    const where = route.value;
    const words = `You follow the conversation with ${called(contact)} now.`;
    await app.tell(app.api.put(`/conversations/${id}/subscription`, {}).then(() => app.arrive(id, { still: route.value === where, words })));
  };
  const { row } = seen;
  const takesPart = row && (row.owner?.id === app.me.id || row.subscribers.some((user) => user.id === app.me.id));
  return html`<aside class="observe" aria-label="Observed conversation" onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && close()}>
    <header class="observe-head">
      <div><h2 tabindex="-1" ref=${head}><bdi>${row ? called(row.contact) : "…"}</bdi></h2>${row && html`<p class="soft"><bdi>${phone(row.contact.phone)}</bdi>${row.did && html` · <bdi>${row.did.label || phone(row.did.number)}</bdi>`}</p>`}</div>
      <button class="button square quiet" aria-label="Close" onClick=${close}>${c(Icon, { name: "x" })}</button>
      ${row && html`<div class="observe-facts"><span class="chip">${row.owner ? html`Owner: <bdi>${row.owner.name}</bdi>` : "No owner"}</span>
        ${row.subscribers.length > 0 && html`<span class="chip">${c(Icon, { name: "bell" })}<bdi>${names(row.subscribers)}</bdi></span>`}
        ${c(HeaderClock, { app, row })}</div>`}
    </header>
    <div class="observe-log" ref=${log} tabindex="0" role="log" aria-live="off" aria-label="Messages">
      ${why && html`<p class="log-note">The conversation could not be loaded: ${why}</p>`}
      ${row && seen.items.length === 0 && html`<p class="log-note">No messages yet.</p>`}
      <ol>${lines(seen, app)}</ol>
    </div>
    ${row && html`<footer class="observe-foot">
      <p>${c(Icon, { name: "eye" })}<span>${takesPart ? "You take part in this conversation." : html`You are observing. ${row.owner ? html`<bdi>${row.owner.name}</bdi>` : "Nobody"} will ${row.owner ? "not " : ""}be notified.`}</span></p>
      ${takesPart ? html`<a class="button primary" href=${`/sms/${id}`}>Open in SMS</a>` : html`<a class="button" href=${`/sms/${id}`}>Open in SMS</a><button class="button primary" onClick=${() => join(row.contact)}>Join</button>`}
    </footer>`}
  </aside>`;
}

/** @param {App} app @param {string} id @param {(why: string) => void} failed @returns {Observed} */
function useObserved(app, id, failed) {
  const [, redraw] = useState(0);
  const current = useRef(new Observed(id));
  const drawn = useMemo(() => () => redraw((n) => n + 1), []);
  useEffect(() => {
    let turn = 0;
    const read = async () => {
      const mine = ++turn;
      const fresh = new Observed(id);
      reading = fresh;
      try {
        const page = await app.api.get(`/conversations/${id}/messages?limit=50`);
        const row = await app.api.get(`/conversations/${id}`);
        if (mine !== turn) return;
        fresh.load({ ...row, seq: Math.min(row.seq, page.seq) }, page);
        current.current = fresh;
        failed("");
      } catch (problem) {
        if (mine === turn) failed(problem instanceof Error ? problem.message : String(problem));
      }
      drawn();
    };
    /** @type {Observed|null} */
    let reading = null;
    const heard = (/** @type {import("../../shapes.js").Event} */ event) => {
      if (reading && reading !== current.current) reading.hear(event);
      if (current.current.hear(event)) drawn();
    };
    const end = app.listen({ heard, reload: read });
    read();
    return () => {
      turn = -1;
      end();
    };
  }, []);
  return current.current;
}

/** @param {Observed} seen @param {App} app */
function lines(seen, app) {
  /** @type {any[]} */
  const drawn = [];
  let [lastDay, lastWho] = ["", ""];
  for (const message of seen.items) {
    const today = day(message.created_at, app.clock.now());
    if (today !== lastDay) drawn.push(html`<li class="day" key=${today}><span>${today}</span></li>`);
    const who = author(message, app.me.id) + (message.kind === "note" ? " · note" : "");
    drawn.push(c(Place, { key: message.id, message, who: who === lastWho && today === lastDay ? "" : who }));
    [lastDay, lastWho] = [today, who];
  }
  return drawn;
}
