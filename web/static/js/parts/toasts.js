import { useEffect, useRef } from "preact/hooks";
import { c, html } from "../html.js";
import { go } from "../route.js";
import { Icon } from "./icon.js";

/** @param {{app: import("../app.js").App}} props */
export function Toasts({ app }) {
  app.screen.toasts.value;
  const toast = app.toasts.shown;
  const paused = useRef(false);
  const id = toast?.id ?? null;
  useEffect(() => {
    paused.current = false;
    if (toast === null) return undefined;
    let left = toast.stays;
    const timer = setInterval(() => {
      if (!paused.current && !toast.lasting && document.visibilityState === "visible") left -= 250;
      if (left <= 0) app.toasts.close(toast.id);
    }, 250);
    return () => clearInterval(timer);
  }, [id]);
  const hold = (/** @type {boolean} */ on) => () => (paused.current = on);
  const card = toast && html`<div class=${`toast ${toast.urgent ? "urgent" : ""}`} key=${toast.id}
      onMouseEnter=${hold(true)} onMouseLeave=${hold(false)} onFocusIn=${hold(true)} onFocusOut=${hold(false)}>
    <p><bdi>${toast.words}</bdi></p>
    <div class="toast-acts">
      ${toast.open && !toast.actions.some(({ words }) => words === "Reply") && html`<button class="button small" onClick=${() => open(app, toast)}>Open</button>`}
      ${toast.actions.map((action) => html`<button key=${action.words} class=${`button small ${action.quiet ? "quiet" : ""}`} onClick=${() => act(app, toast, action)}>${action.words}</button>`)}
    </div>
    <button class="button small quiet square" aria-label="Close this notice" onClick=${() => app.toasts.close(toast.id)}>${c(Icon, { name: "x" })}</button>
  </div>`;
  return html`
    <div role="status" class="unseen">${app.screen.said.value.map(({ id, words }) => html`<p key=${id}><bdi>${words}</bdi></p>`)}</div>
    <div role="alert" class="toast-place">${toast?.urgent && card}</div>
    <div class="toast-place">${toast && !toast.urgent && card}</div>`;
}

/** @param {import("../app.js").App} app @param {{id: number, open: string|null}} toast */
function open(app, toast) {
  app.toasts.close(toast.id);
  go(`/sms/${toast.open}`);
}

/** @param {import("../app.js").App} app @param {{id: number}} toast @param {import("../toasts.js").Action} action */
function act(app, toast, action) {
  action.run();
  app.toasts.close(toast.id);
}
