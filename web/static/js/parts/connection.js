import { useEffect, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { Icon } from "./icon.js";

const PATIENCE_MS = 5000;
const GRACE_MS = 300;

/** @param {import("../app.js").App} app @returns {"live"|"lost"|"offline"|"behind"|"over"|"crowded"} */
function stateOf(app) {
  const line = app.screen.line.value;
  app.screen.phase.value;
  if (line === "offline" || line === "over" || line === "crowded") return line;
  if (line !== "open") return "lost";
  return app.store.phase === "live" ? "live" : "behind";
}

const WORDS = {
  live: ["Live", "wifi"],
  lost: ["Reconnecting…", "refresh-cw"],
  offline: ["Offline", "wifi-off"],
  behind: ["Out of date", "refresh-cw"],
  over: ["Signed out", "wifi-off"],
  crowded: ["Paused", "wifi-off"],
};

/** The connection light. A short break shows nothing: it would only worry. @param {{app: import("../app.js").App}} props */
export function Connection({ app }) {
  const state = stateOf(app);
  const [shown, show] = useState(/** @type {typeof state} */ ("lost"));
  const [started, start] = useState(false);
  useEffect(() => {
    const wait = state === "lost" ? PATIENCE_MS : state === "behind" ? GRACE_MS : 0;
    const timer = setTimeout(() => {
      show(state);
      start(true);
    }, wait);
    return () => clearTimeout(timer);
  }, [state]);
  const [words, icon] = started ? WORDS[shown] : ["Connecting…", "refresh-cw"];
  const again = shown === "crowded" && started;
  return html`<span class=${`chip connection ${started ? shown : "starting"}`}><span class="unseen">Connection: </span>
    ${c(Icon, { name: icon ?? "wifi" })}<span class="connection-words">${words}</span>
    ${again && html`<button class="link" onClick=${() => app.socket.start()}>Resume here</button>`}
  </span>`;
}
