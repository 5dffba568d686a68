import { html } from "../html.js";
import { Dialog } from "./dialog.js";

/** Asks before a stranger's link is followed, and shows where it leads. @param {{address: string, close: () => void}} props */
export function OpenLink({ address, close }) {
  const { host } = new URL(address);
  return html`<${Dialog} title="Open this link?" close=${close}>
    <p>It leads to <strong><bdi>${host}</bdi></strong>, outside of Partyline. Open it only if you trust who sent it.</p>
    <p class="link-address"><bdi>${address}</bdi></p>
    <p class="dialog-acts"><button class="button" onClick=${close}>Cancel</button>
      <a class="button primary" href=${address} target="_blank" rel="noopener noreferrer nofollow" onClick=${close}>Open link</a></p>
  <//>`;
}
