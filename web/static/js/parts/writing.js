import { useLayoutEffect, useRef } from "preact/hooks";
import { html } from "../html.js";
import { pieces } from "../segments.js";

/** @typedef {{text: string, mark: string}} Piece `mark` is a class, "" for none */

/**
 * The field that a person writes in; some of what stands there may be marked.
 * @param {{id: string, label: string, placeholder: string, value: string, marks?: Piece[]|null, field: {current: HTMLTextAreaElement|null},
 *   input: (text: string) => void, press: (event: KeyboardEvent) => void, more?: {[name: string]: any}}} props
 */
export function Writing({ id, label, placeholder, value, marks = null, field, input, press, more = {} }) {
  const below = /** @type {{current: HTMLElement|null}} */ (useRef(null));
  const follow = () => {
    if (below.current && field.current) below.current.scrollTop = field.current.scrollTop;
  };
  useLayoutEffect(follow);
  return html`<div class="writing">
    ${marks && html`<div class="writing-marks" aria-hidden="true" ref=${below}>${marks.map(({ text, mark }) => (mark ? html`<mark class=${mark}>${text}</mark>` : text))}${"\u200b"}</div>`}
    <textarea id=${id} ref=${field} rows="2" aria-label=${label} placeholder=${placeholder} value=${value} ...${more} onScroll=${follow}
      onInput=${(/** @type {any} */ event) => input(event.currentTarget.value)} onKeyDown=${press}></textarea>
  </div>`;
}

/**
 * Keys of a field in the composer: sending as the person prefers, and Escape back to the list.
 * @param {KeyboardEvent} event @param {{app: import("../app.js").App, id: string, send: () => void}} how
 */
export function pressed(event, { app, id, send }) {
  const command = event.ctrlKey || event.metaKey;
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !event.altKey) {
    if (!command && app.preferences.value.send_key === "ctrl_enter") return;
    event.preventDefault();
    if (!event.repeat) send();
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    const at = /** @type {HTMLElement|null} */ (document.querySelector(`.list-pane [data-id="${CSS.escape(id)}"]`));
    if (at) at.focus();
    else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  }
}

/** Takes the focus when somebody went to the composer of this conversation. @param {import("../app.js").App} app @param {string} id @param {{current: HTMLElement|null}} field */
export function useCalled(app, id, field) {
  useLayoutEffect(() => {
    if (app.write_to !== id) return;
    app.write_to = null;
    field.current?.focus();
  });
}

/** What is marked in the field: places to fill in, and the characters that make it a Unicode message. @param {string} body @param {import("../merge.js").Place[]} gaps */
export function marked(body, gaps) {
  const odd = pieces(body).some((piece) => piece.odd);
  if (!odd && gaps.length === 0) return null;
  /** @type {Piece[]} */
  const found = [];
  const plainly = (/** @type {string} */ text) => {
    if (odd) found.push(...pieces(text).map((piece) => ({ text: piece.text, mark: piece.odd ? "odd" : "" })));
    else found.push({ text, mark: "" });
  };
  let from = 0;
  for (const { start: begin, end } of gaps) {
    plainly(body.slice(from, begin));
    found.push({ text: body.slice(begin, end), mark: "gap" });
    from = end;
  }
  plainly(body.slice(from));
  return found;
}
