import { html } from "../html.js";

/**
 * @typedef {{id: string, words: string, pieces?: import("../excerpt.js").Piece[], more?: string, icon?: any, off?: boolean}} Option
 *   `more` stands behind its words, softly; `pieces` are its words, in which those that were found are marked
 */

/**
 * What can be chosen beneath a field. The focus stays in the field, which names the marked one by `aria-activedescendant`.
 * @param {{id: string, label: string, options: Option[], at: number, pick: (option: Option) => void}} props
 */
export function Options({ id, label, options, at, pick }) {
  const show = (/** @type {HTMLElement|null} */ node) => node?.scrollIntoView({ block: "nearest" });
  return html`<ul class="options" id=${id} role="listbox" aria-label=${label}>
    ${options.map((option, place) => html`<li key=${option.id} id=${nameOf(id, option)} class="option" role="option" aria-selected=${place === at}
        aria-disabled=${option.off ? "true" : undefined} ref=${place === at ? show : undefined}
        onMouseDown=${(/** @type {Event} */ event) => event.preventDefault()} onClick=${() => !option.off && pick(option)}>
      ${option.icon}<span class="option-words"><bdi>${option.pieces?.map(({ text, found }) => (found ? html`<mark>${text}</mark>` : text)) ?? option.words}</bdi></span>${option.more && html`<span class="option-more"><bdi>${option.more}</bdi></span>`}
    </li>`)}
  </ul>`;
}

/** The element of an option. @param {string} id of the list @param {Option|undefined} option */
export function nameOf(id, option) {
  return option ? `${id}-${option.id}` : undefined;
}

/**
 * Arrow keys move, Enter and Tab take, Escape leaves.
 * @param {KeyboardEvent} event @param {{options: Option[], at: number, move: (at: number) => void, pick: (option: Option) => void, leave: () => void}} list
 * @returns {boolean} whether the key was the list's
 */
export function steer(event, { options, at, move, pick, leave }) {
  if (event.isComposing) return false;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const chosen = options[at];
  if (step && options.length > 0) move((at + step + options.length) % options.length);
  else if (event.key === "Enter" && chosen && !chosen.off) pick(chosen);
  else if (event.key === "Escape") leave();
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}
