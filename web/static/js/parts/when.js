import { useState } from "preact/hooks";
import { c, html } from "../html.js";
import { fields, offers, read } from "../moments.js";
import { moment } from "../words.js";
import { Ask } from "./ask.js";
import { Field } from "./field.js";

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/**
 * A dialog that asks for a moment to come, in the person's own zone.
 * @param {{app: import("../app.js").App, title: string, act: string, hint?: (at: number) => any, run: (at: string) => Promise<unknown>, close: () => void}} props
 *   `run` is given RFC 3339
 */
export function When({ app, title, act, hint, run, close }) {
  const [now] = useState(app.clock.now());
  const [at, setAt] = useState(offers(now)[2]?.at ?? now);
  const [said, setSaid] = useState(fields(at));
  const chosen = read(said);
  const late = chosen === null || chosen <= now;
  const set = (/** @type {number} */ next) => {
    setAt(next);
    setSaid(fields(next));
  };
  const type = (/** @type {Partial<{date: string, time: string}>} */ change) => {
    const next = { ...said, ...change };
    setSaid(next);
    setAt(read(next) ?? at);
  };
  return c(Ask, {
    title,
    act,
    close,
    disabled: late,
    run: () => run(new Date(at).toISOString()),
    children: () => html`
      <div class="offers" role="group" aria-label="Moments">
        ${offers(now).map((offer) => html`<button type="button" class="button small" key=${offer.words} aria-pressed=${offer.at === at} onClick=${() => set(offer.at)}>${offer.words}</button>`)}
      </div>
      <div class="when-fields">
        ${c(Field, { label: "Date", type: "date", value: said.date, required: true, input: (date) => type({ date }) })}
        ${c(Field, { label: "Time", type: "time", value: said.time, required: true, input: (time) => type({ time }) })}
      </div>
      <p class="field-hint">${late ? "Choose a moment to come." : html`${sentence(moment(new Date(at).toISOString(), now))} in your time zone, ${ZONE}. ${hint?.(at)}`}</p>`,
  });
}

/** @param {string} words */
function sentence(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
