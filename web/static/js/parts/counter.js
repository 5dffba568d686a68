import { useState } from "preact/hooks";
import { html } from "../html.js";
import { count, oddOnes, partsOfWholes } from "../segments.js";
import { named, plainer, swapSaid } from "../twins.js";
import { some } from "../words.js";

/** @typedef {{before: string, after: string, swaps: import("../twins.js").Swap[]}} Done what was swapped last */

const MOST_NAMED = 6;

/**
 * What the text costs, as it is typed. `text` is all that will be sent, `body` what the person wrote; with `pictures` it is one message.
 * `wholes`: the carrier never cuts what a person sees as one character, so that a part may hold less.
 * @param {{text: string, body: string, replace: (text: string) => void, pictures?: boolean, wholes?: boolean}} props
 */
export function Counter({ text, body, replace, pictures = false, wholes = false }) {
  const [done, setDone] = useState(/** @type {Done|null} */ (null));
  if (pictures) {
    return html`<div class="counter-place"><span id="counter" class="counter">${some([...text].length, "character")}, billed as 1 message</span></div>`;
  }
  const { encoding, units, segments, per_segment } = count(text);
  const most = wholes && encoding === "UCS-2" ? partsOfWholes(text) : segments;
  const shown = Math.max(1, most);
  const about = most === segments ? "" : "≈";
  return html`<div class="counter-place">
    ${odd({ text, body, encoding, done, setDone, replace })}
    <span id="counter" class=${`counter ${shown > 1 ? "more" : ""}`} title=${about ? "This carrier does not cut an emoji in two, so it may need one more." : undefined}>${units}/${per_segment * shown} · ${about}${shown} ${shown === 1 ? "segment" : "segments"}${shown > 1 ? `, billed as ${about}${shown} messages` : ""}</span>
  </div>`;
}

/**
 * What makes it Unicode, by name, and what would make it plain; or what was just swapped. One button, so that the focus stays on it.
 * @param {{text: string, body: string, encoding: string, done: Done|null, setDone: (done: Done|null) => void, replace: (text: string) => void}} props
 */
function odd({ text, body, encoding, done, setDone, replace }) {
  const undo = done !== null && done.after === body ? done : null;
  if (encoding === "GSM-7" && !undo) return null;
  const offer = plainer(body);
  const ones = oddOnes(text);
  const line = text.slice(body.trimEnd().length);
  const helps = !undo && offer.swaps.length > 0 && count(offer.text.trimEnd() + line).encoding === "GSM-7";
  const act = () => {
    setDone(undo ? null : { before: body, after: offer.text, swaps: offer.swaps });
    replace(undo ? undo.before : offer.text);
  };
  return html`<p class="counter-odd" id="counter-odd">
    <span>${undo ? "Replaced " : html`${few(ones.map(named))} ${ones.length === 1 ? "makes" : "make"} this a Unicode message: 70 characters per segment.`}</span>
    ${undo && few(undo.swaps.map(swapSaid))}
    ${(undo || helps) && html` <button class="link" type="button" aria-describedby="counter-odd" onClick=${act}>${undo ? "Undo" : "Replace"}</button>`}
    ${helps && few(offer.swaps.map(swapSaid))}
  </p>`;
}

/** @param {string[]} words */
function few(words) {
  const rest = words.length - MOST_NAMED;
  return html`${words.slice(0, MOST_NAMED).map((each) => html`<bdi class="odd-one" key=${each}>${each}</bdi> `)}${rest > 0 && `and ${rest} more`}`;
}
