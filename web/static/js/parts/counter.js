import { html } from "../html.js";
import { count, plain } from "../segments.js";
import { some } from "../words.js";

/**
 * What the text costs, as it is typed. `text` is all that will be sent, `body` what the person wrote; with `pictures` it is one message.
 * @param {{text: string, body: string, replace: (text: string) => void, pictures?: boolean}} props
 */
export function Counter({ text, body, replace, pictures = false }) {
  if (pictures) {
    return html`<div class="counter-place"><span id="counter" class="counter">${some([...text].length, "character")}, billed as 1 message</span></div>`;
  }
  const { units, segments, per_segment, odd } = count(text);
  const shown = Math.max(1, segments);
  const simpler = odd !== null && plain(body) !== body;
  return html`<div class="counter-place">
    ${odd !== null && html`<p class="counter-odd"><bdi>${visible(odd)}</bdi> makes this a Unicode message: 70 characters per segment.
      ${simpler && html` <button class="link" type="button" onClick=${() => replace(plain(body))}>Replace</button>`}</p>`}
    <span id="counter" class=${`counter ${segments > 1 ? "more" : ""}`}>${units}/${per_segment * shown} · ${shown} ${shown === 1 ? "segment" : "segments"}${segments > 1 ? `, billed as ${segments} messages` : ""}</span>
  </div>`;
}

/** @param {string} character */
function visible(character) {
  return character.trim() && !/\p{C}/u.test(character) ? character : `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
