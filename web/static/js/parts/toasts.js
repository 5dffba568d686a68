import { useEffect, useRef } from "preact/hooks";
import { c, html } from "../html.js";
import { go } from "../route.js";
import { Icon } from "./icon.js";

const STAYS_MS = 6000;

/** @param {{app: import("../app.js").App}} props */
export function Toasts({ app }) {
  app.screen.toasts.value;
  const toast = app.toasts.shown;
  const paused = useRef(false);
  const id = toast?.id ?? null;
  useEffect(() => {
    paused.current = false;
    if (id === null) return undefined;
    let left = STAYS_MS;
    const timer = setInterval(() => {
      if (!paused.current) left -= 250;
      if (left <= 0) app.toasts.close(id);
    }, 250);
    return () => clearInterval(timer);
  }, [id]);
  const hold = (/** @type {boolean} */ on) => () => (paused.current = on);
  const card = toast && html`<div class=${`toast ${toast.urgent ? "urgent" : ""}`} key=${toast.id}
      onMouseEnter=${hold(true)} onMouseLeave=${hold(false)} onFocusIn=${hold(true)} onFocusOut=${hold(false)}>
    <p><bdi>${toast.words}</bdi></p>
    ${toast.open && html`<button class="button small" onClick=${() => open(app, toast)}>Open</button>`}
    ${toast.mute && html`<button class="button small quiet" onClick=${() => mute(app, toast)}>Mute</button>`}
    <button class="button small quiet square" aria-label="Close this notice" onClick=${() => app.toasts.close(toast.id)}>${c(Icon, { name: "x" })}</button>
  </div>`;
  return html`
    <div role="status" class="toast-place">
      <p class="unseen"><bdi>${app.screen.said.value}</bdi></p>
      ${toast && !toast.urgent && card}
    </div>
    <div role="alert" class="toast-place">${toast?.urgent && card}</div>`;
}

/** @param {import("../app.js").App} app @param {{id: number, open: string|null}} toast */
function open(app, toast) {
  app.toasts.close(toast.id);
  go(`/sms/${toast.open}`);
}

/** @param {import("../app.js").App} app @param {{id: number, open: string|null}} toast */
function mute(app, toast) {
  const record = app.store.records.get(toast.open ?? "");
  app.toasts.close(toast.id);
  if (record) app.tell(app.acts.subscribe(record, { muted: true }));
}
