import { useState } from "preact/hooks";
import { counted } from "../../contact_words.js";
import { c, html } from "../../html.js";
import { OPT_OUTS, optOutSums } from "../../importing.js";
import { ChooseFile, csv, RejectedLines, useDryRun } from "../../parts/import_file.js";
import { ImportProgress } from "../../parts/import_progress.js";
import { Icon } from "../../parts/icon.js";
import { go, route } from "../../route.js";

/** The list of numbers that nobody may text: out as CSV, and in from elsewhere. @param {{app: import("../../app.js").App}} props */
export function OptOuts({ app }) {
  const running = new URLSearchParams(route.value.query).get("id");
  const [file, setFile] = useState(/** @type {File|null} */ (null));
  const begun = (/** @type {string} */ id) => {
    setFile(null);
    go(`${OPT_OUTS.page}?id=${encodeURIComponent(id)}`);
  };
  return html`<header class="section-head"><h1 id="section">Opt-outs</h1>
      <a class="button" href="/api/v1/opt-outs/export" download="opt-outs.csv">${c(Icon, { name: "download" })}Export CSV</a>
      <p>A number that is opted out gets no text from anybody, until a text with START comes from it. The export has each number with since when, how and in whose words.</p></header>
    <section class="import" aria-labelledby="opt-out-import"><h2 id="opt-out-import">Import a list</h2>
      ${running
        ? c(ImportProgress, { key: running, app, id: running, kind: OPT_OUTS })
        : file
          ? c(Prepare, { app, file, again: () => setFile(null), begun })
          : c(ChooseFile, { choose: setFile, hint: "One number on each line; a reason and a date may stand beside it." })}
    </section>`;
}

/** What the list would do, and then it does. @param {{app: import("../../app.js").App, file: File, again: () => void, begun: (id: string) => void}} props */
function Prepare({ app, file, again, begun }) {
  const { dry, busy, why } = useDryRun(app, file, "/opt-outs/import?dry_run=true");
  const [starting, setStarting] = useState(false);
  const start = async () => {
    setStarting(true);
    const made = await app.tell(app.api.post("/opt-outs/import?dry_run=false", csv(file)));
    setStarting(false);
    if (made) begun(made.id);
  };
  const numbers = dry?.new === 1 ? "1 number" : `${counted(dry?.new ?? 0)} numbers`;
  const column = dry?.columns.find(({ as }) => as === "number");
  return html`<p><strong><bdi>${file.name}</bdi></strong>${dry && html`<span class="soft"> · ${counted(dry.rows)} ${dry.rows === 1 ? "row" : "rows"}</span>`} <button class="link" onClick=${again}>Another file</button>
      ${column && html`<br /><span class="soft">Numbers are read from the column <bdi>“${column.header}”</bdi>.</span>`}</p>
    ${why && html`<p class="form-fault" role="alert">${why}</p>`}
    ${dry && !column && html`<p class="form-fault" role="alert">No column holds phone numbers. Head the one that does with “Phone”, and choose the file again.</p>`}
    ${dry && column && html`<section aria-label="Dry run" aria-busy=${busy}><p class="import-sum" role="status">${busy ? "Counting…" : optOutSums(dry, false)}</p>
      ${dry.skipped > 0 && html`<p class="soft">Skipped: opted out already, or came back with START after the date of the line.</p>`}</section>`}
    ${dry && column && !busy && dry.rejected > 0 && c(RejectedLines, { dry, calls: OPT_OUTS.calls })}
    <p class="import-acts"><button class="button primary" disabled=${!dry || busy || starting || dry.new === 0} aria-busy=${starting} onClick=${start}>
      ${dry && column && !busy ? `Opt out ${numbers}` : "Opt out"}</button>
      <button class="button" onClick=${again}>Cancel</button></p>`;
}
