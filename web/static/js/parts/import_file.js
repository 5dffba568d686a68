import { useEffect, useRef, useState } from "preact/hooks";
import { counted } from "../contact_words.js";
import { c, html } from "../html.js";
import { Faults } from "./faults.js";
import { Icon } from "./icon.js";

/** @typedef {import("../importing.js").DryRun} DryRun */

const MOST_BYTES = 20 * 1024 * 1024;

/** @param {{choose: (file: File) => void, hint: string}} props */
export function ChooseFile({ choose, hint }) {
  const input = /** @type {{current: HTMLInputElement|null}} */ (useRef(null));
  const [over, setOver] = useState(false);
  const [why, setWhy] = useState("");
  const take = (/** @type {File|undefined} */ file) => {
    setOver(false);
    if (!file) return;
    if (file.size > MOST_BYTES) setWhy(`${file.name} is ${counted(Math.ceil(file.size / 1024 / 1024))} MB; an import takes up to 20 MB. Split the file.`);
    else if (!/\.(csv|txt|tsv)$/i.test(file.name) && !file.type.startsWith("text/")) setWhy(`${file.name} is no CSV file. Save the sheet as CSV (UTF-8) and choose that.`);
    else choose(file);
  };
  const hover = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(true);
  };
  const drop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    take(event.dataTransfer?.files[0]);
  };
  return html`<div class=${`drop ${over ? "over" : ""}`} onDragEnter=${hover} onDragOver=${hover} onDragLeave=${() => setOver(false)} onDrop=${drop}>
      <p>Drop a CSV file here</p>
      <button class="button primary" onClick=${() => input.current?.click()}>${c(Icon, { name: "upload" })}Choose a file</button>
      <input ref=${input} hidden type="file" accept=".csv,.txt,.tsv,text/csv" aria-label="CSV file" onChange=${(/** @type {any} */ event) => take(event.currentTarget.files?.[0])} />
      <p>${hint} UTF-8, up to 20 MB. Nothing is changed before you have seen what would be.</p>
    </div>
    ${why && html`<p class="form-fault" role="alert">${why}</p>`}`;
}

/** The lines that will be left out, and why. @param {{dry: DryRun, calls: string}} props `calls` is where the API's calls begin */
export function RejectedLines({ dry, calls }) {
  return html`<section aria-label="Rejected lines">
    <p class="import-acts"><strong>${counted(dry.rejected)} ${dry.rejected === 1 ? "line" : "lines"} will be left out.</strong>
      ${dry.id && html`<a class="button small" download href=${`/api/v1${calls}/imports/${dry.id}/rejected`}>${c(Icon, { name: "download" })}Download the ${dry.rejected === 1 ? "line" : counted(dry.rejected)}</a>`}</p>
    ${c(Faults, { errors: dry.errors })}
  </section>`;
}

/**
 * What the file would do, asked again whenever the call changes. @param {import("../app.js").App} app @param {File} file @param {string|null} call null: nothing can be asked
 * @returns {{dry: DryRun|null, busy: boolean, why: string}}
 */
export function useDryRun(app, file, call) {
  const [dry, setDry] = useState(/** @type {DryRun|null} */ (null));
  const [busy, setBusy] = useState(true);
  const [why, setWhy] = useState("");
  const turn = useRef(0);
  useEffect(() => {
    if (call === null) return;
    const mine = ++turn.current;
    setBusy(true);
    app.api.post(call, csv(file)).then(
      (answer) => {
        if (mine !== turn.current) return;
        setDry(answer);
        setBusy(false);
        setWhy("");
      },
      (problem) => {
        if (mine !== turn.current) return;
        setBusy(false);
        setWhy(problem.message);
      },
    );
  }, [file, call]);
  return { dry, busy, why };
}

/** The file as what it is, whatever the browser calls it. @param {File} file */
export function csv(file) {
  return new Blob([file], { type: "text/csv" });
}
