import { useEffect, useRef, useState } from "preact/hooks";
import { counted } from "../contact_words.js";
import { c, html } from "../html.js";
import { importQuery, lacks, mappingOf, sums } from "../importing.js";
import { go, route } from "../route.js";
import { Faults } from "../parts/faults.js";
import { ImportChoice } from "../parts/import_choice.js";
import { ImportProgress } from "../parts/import_progress.js";
import { Icon } from "../parts/icon.js";

/** @typedef {import("../importing.js").DryRun} DryRun */

const MOST_BYTES = 20 * 1024 * 1024;
const STEPS = ["Choose a file", "Columns and dry run", "Import"];

/** Contacts from a CSV file: file, columns, dry run, and the import, which may be left. @param {{app: import("../app.js").App}} props */
export function Page({ app }) {
  const running = new URLSearchParams(route.value.query).get("id");
  const [file, setFile] = useState(/** @type {File|null} */ (null));
  const step = running ? 2 : file ? 1 : 0;
  const begun = (/** @type {string} */ id) => {
    setFile(null);
    go(`/contacts/import?id=${encodeURIComponent(id)}`);
  };
  return html`<section class="page"><div class="import">
    <p><a class="button quiet" href="/contacts">${c(Icon, { name: "arrow-left" })}Back to contacts</a></p>
    <h1>Import contacts</h1>
    <ol class="steps">${STEPS.map((words, at) => html`<li key=${words} aria-current=${at === step ? "step" : undefined}>${words}</li>`)}</ol>
    ${running ? c(ImportProgress, { key: running, app, id: running }) : file ? c(Prepare, { app, file, again: () => setFile(null), begun }) : c(Choose, { choose: setFile })}
  </div></section>`;
}

/** @param {{choose: (file: File) => void}} props */
function Choose({ choose }) {
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
      <p>The first line names the columns. UTF-8, up to 20 MB. Nothing is changed before you have seen what would be.</p>
    </div>
    ${why && html`<p class="form-fault" role="alert">${why}</p>`}`;
}

/**
 * The columns with their samples, the rule for duplicates, and what would happen; each change runs it dry again.
 * @param {{app: import("../app.js").App, file: File, again: () => void, begun: (id: string) => void}} props
 */
function Prepare({ app, file, again, begun }) {
  const [duplicates, setDuplicates] = useState("update");
  const [mapping, setMapping] = useState(/** @type {{[header: string]: string}|null} */ (null));
  const { dry, busy, why } = useDryRun(app, file, duplicates, mapping);
  const [starting, setStarting] = useState(false);
  const meant = mapping ?? (dry ? mappingOf(dry.columns) : {});
  const lacking = dry ? lacks(meant) : "";
  const start = async () => {
    setStarting(true);
    const made = await app.tell(app.api.post(`/contacts/import?${importQuery(false, duplicates, meant)}`, csv(file)));
    setStarting(false);
    if (made) begun(made.id);
  };
  return html`<p><strong><bdi>${file.name}</bdi></strong>${dry && html`<span class="soft"> · ${counted(dry.rows)} rows</span>`} <button class="link" onClick=${again}>Another file</button></p>
    ${why && html`<p class="form-fault" role="alert">${why}</p>`}
    ${dry && c(ImportChoice, { columns: dry.columns, mapping: meant, setMapping, duplicates, setDuplicates })}
    ${lacking && html`<p class="form-fault" role="status">${lacking}</p>`}
    ${dry && !lacking && html`<section aria-label="Dry run" aria-busy=${busy}><p class="import-sum" role="status">${busy ? "Counting…" : sums(dry)}</p></section>`}
    ${dry && !lacking && !busy && dry.rejected > 0 && c(Rejected, { dry })}
    <p class="import-acts"><button class="button primary" disabled=${!dry || busy || starting || Boolean(lacking) || dry.new + dry.updated === 0} aria-busy=${starting} onClick=${start}>
      ${dry && !busy ? `Import ${counted(dry.new + dry.updated)} contacts` : "Import"}</button>
      <a class="button" href="/contacts">Cancel</a></p>`;
}

/** @param {{dry: DryRun}} props */
function Rejected({ dry }) {
  return html`<section aria-label="Rejected lines">
    <p class="import-acts"><strong>${counted(dry.rejected)} ${dry.rejected === 1 ? "line" : "lines"} will be left out.</strong>
      ${dry.id && html`<a class="button small" download href=${`/api/v1/contacts/imports/${dry.id}/rejected`}>${c(Icon, { name: "download" })}Download the ${dry.rejected === 1 ? "line" : counted(dry.rejected)}</a>`}</p>
    ${c(Faults, { errors: dry.errors })}
  </section>`;
}

/** @param {import("../app.js").App} app @param {File} file @param {string} duplicates @param {{[header: string]: string}|null} mapping */
function useDryRun(app, file, duplicates, mapping) {
  const [dry, setDry] = useState(/** @type {DryRun|null} */ (null));
  const [busy, setBusy] = useState(true);
  const [why, setWhy] = useState("");
  const turn = useRef(0);
  const may = mapping === null || lacks(mapping) === "";
  useEffect(() => {
    if (!may) return;
    const mine = ++turn.current;
    setBusy(true);
    app.api.post(`/contacts/import?${importQuery(true, duplicates, mapping)}`, csv(file)).then(
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
  }, [file, duplicates, JSON.stringify(mapping)]);
  return { dry, busy, why };
}

/** The file as what it is, whatever the browser calls it. @param {File} file */
function csv(file) {
  return new Blob([file], { type: "text/csv" });
}
