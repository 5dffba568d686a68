import { useState } from "preact/hooks";
import { c, html } from "../html.js";
import { go } from "../route.js";
import { clockTime, day } from "../words.js";
import { Icon } from "./icon.js";

/** What the bell opens: how alerts reach this person, and every notice of this tab, newest first. @param {{app: import("../app.js").App}} props */
export function Notices({ app }) {
  app.screen.toasts.value;
  const [tested, setTested] = useState("");
  const now = app.clock.now();
  const test = async () => setTested((await app.alerting.sound.test()) ? "You should have heard it." : "The browser did not play it. Click once more.");
  const when = (/** @type {number} */ at) => {
    const iso = new Date(at).toISOString();
    const today = day(iso, now);
    return today === "Today" ? clockTime(iso) : `${today}, ${clockTime(iso)}`;
  };
  const { recent } = app.toasts;
  return html`<section aria-labelledby="notices-title">
    <h2 id="notices-title">Notices</h2>
    ${app.alerting.silent && html`<p class="hint">Sound is off until you click anywhere.</p>`}
    ${c(Permission, { app })}
    <p class="notices-acts"><button class="button small" onClick=${test}>${c(Icon, { name: "volume-2" })}Test sound</button>
      <a class="button small quiet" href="/settings/preferences" onClick=${close}>Preferences</a></p>
    <p role="status" class="notices-tested">${tested}</p>
    ${recent.length === 0 && html`<p class="notices-none">Nothing yet. What is told to you is kept here until this tab is closed.</p>`}
    <ul class="notices-list">${recent.map((toast) => html`<li key=${toast.id} class=${toast.urgent ? "urgent" : ""}>
      <p><bdi>${toast.words}</bdi></p><time>${when(toast.at)}</time>
      ${toast.open && html`<button class="button small" onClick=${() => open(toast.open)}>Open<span class="unseen"> ${toast.words}</span></button>`}
    </li>`)}</ul>
  </section>`;
}

/** Asked only by a click, never by itself. @param {{app: import("../app.js").App}} props */
export function Permission({ app }) {
  app.screen.toasts.value;
  const { permission } = app.alerting.desktop;
  if (permission === "missing") return html`<p class="hint">This browser shows no notifications. Sound and the tab title still work.</p>`;
  if (permission === "denied") {
    return html`<div class="hint"><p>The browser blocks notifications for this site. Sound and the tab title still work.</p>
      <details><summary>How to allow</summary><p>Open the site’s settings from the icon beside the address, set Notifications to Allow, and reload this page.</p></details></div>`;
  }
  if (permission === "granted") return html`<p class="notices-on">${c(Icon, { name: "check" })}Desktop notifications are on in this browser, while no window of ours has the focus.</p>`;
  return html`<div class="hint"><p>A notification of the desktop tells you of a text while this window is hidden. The browser will ask once.</p>
    <button class="button small primary" onClick=${() => app.alerting.desktop.ask()}>Turn on desktop notifications</button></div>`;
}

function close() {
  /** @type {HTMLElement|null} */ (document.querySelector("#notices:popover-open"))?.hidePopover();
}

/** @param {string|null} id */
function open(id) {
  close();
  go(`/sms/${id}`);
}
