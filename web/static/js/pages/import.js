import { useState } from "preact/hooks";
import { counted } from "../contact_words.js";
import { c, html } from "../html.js";
import { CONTACTS, importQuery, lacks, mappingOf, sums } from "../importing.js";
import { go, route } from "../route.js";
import { ImportChoice } from "../parts/import_choice.js";
import { ChooseFile, csv, RejectedLines, useDryRun } from "../parts/import_file.js";
import { ImportProgress } from "../parts/import_progress.js";
import { Icon } from "../parts/icon.js";

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
    ${running ? c(ImportProgress, { key: running, app, id: running, kind: CONTACTS }) : file ? c(Prepare, { app, file, again: () => setFile(null), begun }) : c(ChooseFile, { choose: setFile, hint: "The first line names the columns." })}
  </div></section>`;
}

/**
 * The columns with their samples, the rule for duplicates, and what would happen; each change runs it dry again.
 * @param {{app: import("../app.js").App, file: File, again: () => void, begun: (id: string) => void}} props
 */
function Prepare({ app, file, again, begun }) {
  const [duplicates, setDuplicates] = useState("update");
  const [mapping, setMapping] = useState(/** @type {{[header: string]: string}|null} */ (null));
  const { dry, busy, why } = useDryRun(app, file, mapping === null || lacks(mapping) === "" ? `/contacts/import?${importQuery(true, duplicates, mapping)}` : null);
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
    ${dry && !lacking && !busy && dry.rejected > 0 && c(RejectedLines, { dry, calls: CONTACTS.calls })}
    <p class="import-acts"><button class="button primary" disabled=${!dry || busy || starting || Boolean(lacking) || dry.new + dry.updated === 0} aria-busy=${starting} onClick=${start}>
      ${dry && !busy ? `Import ${counted(dry.new + dry.updated)} contacts` : "Import"}</button>
      <a class="button" href="/contacts">Cancel</a></p>`;
}
