import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { go, soughtAt } from "../route.js";
import { Composer } from "./composer.js";
import { ConsentReview } from "./consent_review.js";
import { Icon } from "./icon.js";
import { Log } from "./log.js";
import { onDemand } from "./on_demand.js";
import { ThreadHeader } from "./thread_header.js";

const TalkDialog = onDemand(() => import("./talk_dialog.js").then((module) => module.TalkDialog));

/** The open conversation. @param {{app: import("../app.js").App, id: string, toggleContact: () => void}} props */
export function Thread({ app, id, toggleContact }) {
  app.screen.conversation(id).value;
  const [dialog, setDialog] = useState(/** @type {import("./talk_dialog.js").Name|null} */ (null));
  const edit = useRef((/** @type {import("../record.js").Pending} */ _pending) => undefined);
  const had = useRef(false);
  const route = app.route.value;
  const at = useMemo(() => soughtAt(route, id), [route]);
  useEffect(() => {
    app.screen.open = id;
    app.store.threads.open(id, at);
    return () => {
      app.screen.open = null;
      app.store.threads.close();
    };
  }, [id]);
  useEffect(() => {
    if (at) app.store.threads.seek(at);
    else app.store.threads.sought = null;
  }, [at]);
  usePresence(app, id);
  const record = app.store.records.get(id);
  if (!record && !app.store.loads.missing.has(id)) return html`<section class="thread-pane" aria-label="Conversation"></section>`;
  had.current ||= Boolean(record?.row);
  if (!record) {
    const [heading, words] = had.current
      ? ["This conversation is not yours any more.", "What you were writing is kept in this tab."]
      : ["This conversation is not here", "It does not exist, or you may not see it."];
    return html`<section class="thread-pane empty" aria-label="Conversation">
      <h1>${heading}</h1><p>${words}</p>
      <button class="button" onClick=${() => go("/sms")}>Back to inbox</button></section>`;
  }
  const { row } = record;
  return html`<section class="thread-pane" aria-label="Conversation">
    ${row ? c(ThreadHeader, { app, record, row, toggleContact, ask: setDialog }) : html`<header class="thread-header"><h1>…</h1></header>`}
    ${c(Log, { app, record, at, edit: (pending) => edit.current(pending) })}
    ${row && html`<${Foot}>
      ${row.consent_review && c(ConsentReview, { app, record })}
      ${c(Notice, { app, record, row })}
      ${c(Composer, { app, record, row, edit })}
    <//>`}
    ${dialog && row && c(TalkDialog, { name: dialog, app, record, row, close: () => setDialog(null) })}
  </section>`;
}

/** One line between log and composer: what a text of mine would do. @param {{app: import("../app.js").App, record: import("../record.js").Record, row: import("../shapes.js").Conversation}} props */
function Notice({ app, record, row }) {
  if (row.opted_out) return null;
  if (row.public_since && row.role !== "owner") {
    const was = row.owner ? `It was ${row.owner.name}’s.` : "Nobody owns it.";
    return html`<p class="thread-notice public">${c(Icon, { name: "users" })}<span>Public. ${was} Sending a text claims it.</span></p>`;
  }
  if (row.public_since) return html`<p class="thread-notice public">${c(Icon, { name: "users" })}<span>Public: anyone may claim it. You still own it; your answer keeps it.</span></p>`;
  if (row.role === null && row.owner) {
    return html`<p class="thread-notice"><span>${row.owner.name} owns this. You are only looking; sending a text makes you a subscriber.</span>
      <button class="button small" onClick=${() => app.tell(app.acts.subscribe(record, {}))}>Follow</button></p>`;
  }
  return null;
}

/** What stands under the log; it tells its height, so that toasts stand above it. @param {{children?: any}} props */
function Foot({ children }) {
  const box = /** @type {{current: HTMLElement|null}} */ (useRef(null));
  useLayoutEffect(() => {
    const foot = box.current;
    if (!foot) return undefined;
    const { style } = document.documentElement;
    const watcher = new ResizeObserver(() => style.setProperty("--foot", `${foot.offsetHeight}px`));
    watcher.observe(foot);
    return () => {
      watcher.disconnect();
      style.removeProperty("--foot");
    };
  }, []);
  return html`<div class="thread-foot" ref=${box}>${children}</div>`;
}

const LOOKING_MS = 1000;
const HIDDEN_MS = 5000;
const REPEAT_MS = 50_000;

/** Tells colleagues that I look at this conversation. @param {import("../app.js").App} app @param {string} id */
function usePresence(app, id) {
  useEffect(() => {
    let told = false;
    const tell = (/** @type {string|null} */ conversation) => app.socket.send({ op: "viewing", conversation });
    /** @type {any} */
    let timer = setTimeout(() => {
      told = true;
      tell(id);
    }, LOOKING_MS);
    const repeat = setInterval(() => document.visibilityState === "visible" && tell(id), REPEAT_MS);
    const turned = () => {
      clearTimeout(timer);
      const visible = document.visibilityState === "visible";
      timer = setTimeout(() => tell(visible ? id : null), visible ? LOOKING_MS : HIDDEN_MS);
    };
    document.addEventListener("visibilitychange", turned);
    return () => {
      clearTimeout(timer);
      clearInterval(repeat);
      document.removeEventListener("visibilitychange", turned);
      if (told) tell(null);
    };
  }, [id]);
}
