import { useEffect, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { lasting } from "../words.js";
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

/** @type {{[state: string]: string}} */
const SAYS = {
  lost: "The line is down; it is tried again by itself",
  offline: "The browser has no network",
  behind: "Reading again what was missed",
  over: "Signed out",
  crowded: "Too many tabs are open; this one rests",
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
  return html`<span class="connection-place">
    <button type="button" class=${`chip connection ${started ? shown : "starting"}`} aria-describedby="connection-card"><span class="unseen">Connection: </span>
      ${c(Icon, { name: icon ?? "wifi" })}<span class="connection-words">${words}</span></button>
    ${c(Card, { app, state: shown })}
    ${again && html`<button class="link" onClick=${() => app.socket.start()}>Resume here</button>`}
  </span>`;
}

/** What stands behind the light; shown while it is pointed at or has the focus. @param {{app: import("../app.js").App, state: string}} props */
function Card({ app, state }) {
  app.screen.now.value;
  const { travel, heard_at } = app.screen;
  const since = app.clock.now() - heard_at;
  const heard = heard_at === 0 ? "no event yet" : `last event ${since < 60_000 ? `${Math.max(0, Math.round(since / 1000))} s` : lasting(since)} ago`;
  const { node } = app.socket;
  const line = state === "live" ? `Connected${node ? ` to node ${node}` : ""}` : SAYS[state] ?? "Connecting";
  return html`<span class="connection-card" role="tooltip" id="connection-card">${line}, ${Math.round(travel.value)} ms, ${heard}.</span>`;
}
