import { useEffect } from "preact/hooks";
import { count } from "../../figures.js";
import { html } from "../../html.js";
import { useReading } from "../../reading.js";
import { lasting } from "../../words.js";

const EVERY_MS = 5000;

/** The account in one line. The oldest wait ticks with the clock; the others follow what happens. @param {{app: import("../../app.js").App}} props */
export function Figures({ app }) {
  const reading = useReading(app, "/feed/figures", (event) => /^(message\.(received|queued)|conversation\.\w+|user\.updated)$/.test(event.type));
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && reading.again(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const now = reading.data;
  if (!now) return html`<dl class="figures"></dl>`;
  const oldest = now.oldest_waiting_since ? lasting(app.screen.now.value - Date.parse(now.oldest_waiting_since)) : "none";
  const { available, focus, away } = now.agents;
  const one = (/** @type {string} */ words, /** @type {any} */ figure, kind = "") => html`<div class=${kind}><dt>${words}</dt><dd>${figure}</dd></div>`;
  return html`<dl class="figures">
    ${one("texts/min", count(now.texts_per_minute), "after")}
    ${one("unanswered", count(now.unanswered), now.unanswered ? "wait" : "")}
    ${one("public", count(now.public), now.public ? "open" : "")}
    ${one("oldest", oldest)}
    ${one("agents", `${available} available${focus ? `, ${focus} focus` : ""}${away ? `, ${away} away` : ""}`)}
  </dl>`;
}
