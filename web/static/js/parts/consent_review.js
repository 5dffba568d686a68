import { useState } from "preact/hooks";
import { c, html } from "../html.js";
import { Icon } from "./icon.js";

/** A text that sounds like an opt-out, or whose words are lost: somebody decides, and until then nothing automatic leaves. @param {{app: import("../app.js").App, record: import("../record.js").Record}} props */
export function ConsentReview({ app, record }) {
  const [busy, setBusy] = useState(false);
  const decide = async (/** @type {boolean} */ opted_out) => {
    setBusy(true);
    if (await app.tell(app.acts.change(record, "consent-review", { opted_out }))) app.say(opted_out ? "Opted out." : "It is no opt-out.");
    setBusy(false);
  };
  const may =
    record.row?.consent_review_why === "no_words"
      ? "A text came back from the carrier’s list without its words, and may have asked for no more texts. Look it up at the carrier, or ask."
      : "A text may ask for no more texts.";
  return html`<div class="thread-notice doubt" role="group" aria-label="Opt-out?">${c(Icon, { name: "circle-alert" })}
    <p><strong>Opt-out?</strong> ${may} Automatic and scheduled texts wait until somebody decides; what you write leaves.</p>
    <span class="notice-acts"><button class="button small grave" disabled=${busy} onClick=${() => decide(true)}>Opt out</button>
      <button class="button small" disabled=${busy} onClick=${() => decide(false)}>Not an opt-out</button></span></div>`;
}
