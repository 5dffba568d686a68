import { html } from "../html.js";

/**
 * On or off, at once. Its name says what it switches and how it stands.
 * @param {{on: boolean, label: string, change: (on: boolean) => void, disabled?: boolean, shown?: boolean, describedby?: string}} props
 *   `shown`: the word On or Off stands beside it
 */
export function Switch({ on, label, change, disabled = false, shown = true, describedby }) {
  const word = on ? "on" : "off";
  return html`<button type="button" class="switch" role="switch" aria-checked=${on} aria-label=${`${label}: ${word}`} disabled=${disabled}
      aria-describedby=${describedby} onClick=${() => change(!on)}>
    <span class="switch-track"></span>${shown && html`<span class="switch-word">${word}</span>`}
  </button>`;
}
