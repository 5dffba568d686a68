import { c, html } from "../html.js";
import { Switch } from "./switch.js";

/**
 * The dials of the demo's simulated network.
 * @typedef {"ok"|"slow"|"fail"|"lost"} Delivery
 * @typedef {{replies: boolean, delay: [number, number], delivery: Delivery, away: string[], answering: string[]}} Dials
 */

/** @type {{[D in Delivery]: string}} */
const DELIVERY = { ok: "Texts arrive", slow: "Texts arrive late", fail: "No text arrives", lost: "Receipts get lost" };
const STORMS = [1, 20, 200];

/** @param {{dials: Dials, turn: (change: Partial<Dials>) => void, storm: (perSecond: number) => void}} props */
export function Network({ dials, turn, storm }) {
  const [from, to] = dials.delay;
  const seconds = (/** @type {any} */ event) => Math.min(60, Math.max(0, Number(event.currentTarget.value) || 0));
  return html`<fieldset class="network"><legend>Network</legend>
    <div class="network-line"><span>Phones answer by themselves</span>${c(Switch, { label: "Phones answer", on: dials.replies, change: (on) => turn({ replies: on }) })}</div>
    <div class="network-line"><span>after</span>
      <input type="number" min="0" max="60" aria-label="At least, in seconds" value=${from} onChange=${(/** @type {any} */ event) => turn({ delay: [seconds(event), to] })} />
      <span>to</span>
      <input type="number" min="0" max="60" aria-label="At most, in seconds" value=${to} onChange=${(/** @type {any} */ event) => turn({ delay: [from, seconds(event)] })} />
      <span>seconds</span></div>
    <label class="field"><span>Delivery</span>
      <select value=${dials.delivery} onChange=${(/** @type {any} */ event) => turn({ delivery: event.currentTarget.value })}>
        ${Object.entries(DELIVERY).map(([value, words]) => html`<option key=${value} value=${value} selected=${value === dials.delivery}>${words}</option>`)}
      </select></label>
    <div class="network-line" role="group" aria-label="Storm of texts"><span>Storm for 10 seconds</span>
      ${STORMS.map((each) => html`<button class="button small" type="button" key=${each} onClick=${() => storm(each)}>${each}/s</button>`)}</div>
  </fieldset>`;
}

/** At the head of a phone. @param {{dials: Dials, number: string, name: string, turn: (change: Partial<Dials>) => void}} props */
export function Coverage({ dials, number, name, turn }) {
  const away = dials.away.includes(number);
  const rest = dials.away.filter((each) => each !== number);
  return html`<div class="coverage">
    ${dials.replies && !away && dials.answering.includes(number) && html`<small>Answers by itself</small>`}
    <button class="button small" type="button" aria-pressed=${away} aria-label=${`Out of coverage: ${name}`}
      onClick=${() => turn({ away: away ? rest : [...rest, number] })}>${away ? "Out of coverage" : "In coverage"}</button>
  </div>`;
}
