import { useEffect, useState } from "preact/hooks";
import { Problem } from "../../api.js";
import { stamp } from "../../figures.js";
import { c, html } from "../../html.js";
import { Icon } from "../../parts/icon.js";
import { some } from "../../words.js";
import { Section } from "./section.js";

/** @typedef {{check: string, state: "ok"|"warning"|"failed", says: string, do: string}} Finding */
/** @typedef {{at: string, items: Finding[]}} Examined */

/** @type {{[state: string]: {words: string, icon: string, kind: string}}} */
const STATES = {
  failed: { words: "Failed", icon: "circle-alert", kind: "bad" },
  warning: { words: "Warning", icon: "circle-alert", kind: "warn" },
  ok: { words: "OK", icon: "check", kind: "good" },
};

/** What `partyline doctor` finds, the worst first. @param {{app: import("../../app.js").App}} props */
export function Status({ app }) {
  const { examined, looking, why, look } = useExamined(app);
  return html`<${Section} title="Status" about=${html`What <code>partyline doctor</code> says of this installation, and what to do about it.`}>
    <div class="status-head"><p role="status">${looking && !examined ? "Looking. This takes some seconds." : examined && summary(examined.items)}</p>
      ${examined && html`<span class="soft">Looked at ${stamp(examined.at, app.clock.now())}</span>`}
      <button type="button" class="button" aria-disabled=${looking} onClick=${look}>${c(Icon, { name: "refresh-cw" })}${looking ? "Looking…" : "Look again"}</button></div>
    ${why && html`<p class="section-notice" role="alert">${c(Icon, { name: "circle-alert" })}<span>${why}</span></p>`}
    ${examined && html`<ul class="status-list" aria-label="Checks" aria-busy=${looking}>${worstFirst(examined.items).map((item, at) => html`<li key=${`${item.check} ${at}`} class="status-line">${c(Line, { item })}</li>`)}</ul>`}
  <//>`;
}

/** @param {import("../../app.js").App} app */
function useExamined(app) {
  const [state, setState] = useState({ examined: /** @type {Examined|null} */ (null), looking: true, why: "" });
  const look = async () => {
    setState((before) => ({ ...before, looking: true, why: "" }));
    try {
      setState({ examined: await app.api.get("/status"), looking: false, why: "" });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      setState((before) => ({ ...before, looking: false, why: problem.message }));
    }
  };
  useEffect(() => {
    look();
  }, []);
  return { ...state, look: () => state.looking || look() };
}

/** @param {{item: Finding}} props */
function Line({ item }) {
  const { words, icon, kind } = STATES[item.state] ?? STATES.failed;
  return html`<span class=${`badge ${kind}`}>${c(Icon, { name: icon })}${words}</span>
    <h2>${item.check}</h2><p class="status-says">${item.says}</p>
    ${item.do && html`<p class="status-do">${coded(item.do)}</p>`}`;
}

/** @param {Finding[]} items */
function worstFirst(items) {
  const order = Object.keys(STATES);
  return [...items].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

/** @param {Finding[]} items */
function summary(items) {
  const failed = items.filter(({ state }) => state === "failed").length;
  const warned = items.filter(({ state }) => state === "warning").length;
  if (failed + warned === 0) return html`<strong>All is well.</strong> ${some(items.length, "check")}.`;
  const parts = [failed && `${failed} failed`, warned && some(warned, "warning")].filter(Boolean);
  return html`<strong>${parts.join(", ")}</strong> of ${some(items.length, "check")}.`;
}

/** What stands between backticks is something to type. @param {string} words */
function coded(words) {
  return words.split("`").map((part, at) => (at % 2 ? html`<code>${part}</code>` : part));
}
