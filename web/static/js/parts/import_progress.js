import { useEffect, useState } from "preact/hooks";
import { counted } from "../contact_words.js";
import { c, html } from "../html.js";
import { Faults } from "./faults.js";
import { Icon } from "./icon.js";

/** @typedef {import("../importing.js").Import} Import */

/** How far an import is. It goes on by itself, so the page may be left and opened again. @param {{app: import("../app.js").App, id: string, kind: import("../importing.js").Kind}} props */
export function ImportProgress({ app, id, kind }) {
  const [now, setNow] = useState(/** @type {Import|null} */ (null));
  const [why, setWhy] = useState("");
  const tick = app.screen.now.value;
  const over = now !== null && now.state !== "running";
  useEffect(() => {
    if (over) return undefined;
    let gone = false;
    app.api.get(`${kind.calls}/imports/${id}`).then(
      (answer) => gone || (setNow(answer), setWhy("")),
      (problem) => gone || setWhy(problem.message),
    );
    return () => {
      gone = true;
    };
  }, [tick, over]);
  useEffect(() => {
    if (over && now) app.say(now.state === "done" ? `The import is done. ${kind.sums(now)}.` : "The import failed.");
  }, [over]);
  if (now === null) return html`<p role="status">${why || "Looking…"}</p>`;
  const { state, rows, done, rejected, errors } = now;
  return html`<div class="progress">
      <p class="import-sum">${state === "done" ? "Done." : state === "failed" ? "The import failed." : "Importing…"} ${kind.sums(now)}</p>
      ${state === "running" && html`<progress aria-label="Import" max=${rows} value=${done}></progress><p class="soft">${counted(done)} of ${counted(rows)} lines. You may leave this page; the import goes on.</p>`}
      ${why && html`<p class="form-fault">${why}</p>`}
    </div>
    ${rejected > 0 && html`<section aria-label="Rejected lines"><p class="import-acts"><strong>${counted(rejected)} ${rejected === 1 ? "line was" : "lines were"} left out.</strong>
      ${over && html`<a class="button small" download href=${`/api/v1${kind.calls}/imports/${id}/rejected`}>${c(Icon, { name: "download" })}Download the ${rejected === 1 ? "line" : counted(rejected)}</a>`}</p>${c(Faults, { errors })}</section>`}
    <p class="import-acts">${kind.done && html`<a class=${`button ${over ? "primary" : ""}`} href=${kind.done.href}>${kind.done.words}</a>`}${over && html`<a class="button" href=${kind.page}>Import another file</a>`}</p>`;
}
