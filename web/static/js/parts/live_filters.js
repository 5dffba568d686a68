import { useEffect, useRef, useState } from "preact/hooks";
import { counted } from "../contact_words.js";
import { c, html } from "../html.js";
import { conditionWords, LiveCounts, unit } from "../live_filters.js";
import { asked, refine } from "./filters.js";
import { Icon } from "./icon.js";
import { LiveFilterForm } from "./live_filter_form.js";

/** @typedef {import("../live_filters.js").LiveFilter} LiveFilter */

/**
 * The live filters with their counts, which move as texts go out; choosing one shows its members.
 * @param {{app: import("../app.js").App, chosen: string, shown: boolean, close: () => void, tags: Array<{tag: string, count: number}>}} props
 */
export function LiveFilters({ app, chosen, shown, close, tags }) {
  const filters = useCounts(app, (id) => id === asked()["live_filter"] && refine({ live_filter: "" }));
  const [form, setForm] = useState(/** @type {LiveFilter|"new"|null} */ (null));
  const choose = (/** @type {string} */ id) => () => {
    refine({ live_filter: id });
    close();
  };
  const saved = () => filters.read();
  const { items } = filters;
  return html`<aside class=${`contacts-side ${shown ? "shown" : ""}`} aria-label="Live filters">
    <header><h2>Live filters</h2><button class="button square quiet contacts-side-close" aria-label="Close live filters" onClick=${close}>${c(Icon, { name: "x" })}</button></header>
    <ul class="live-filters">
      <li class="live-filter"><button class="live-filter-name" aria-current=${chosen === "" ? "true" : undefined} onClick=${choose("")}>All contacts</button></li>
      ${items.map((filter) => html`<li class="live-filter" key=${filter.id}>
        <button class="live-filter-name" aria-current=${chosen === filter.id ? "true" : undefined} onClick=${choose(filter.id)} title=${filter.conditions.map(conditionWords).join(", ")}>
          <bdi>${filter.name}</bdi> ${c(Count, { filter, was: filters.was.get(filter.id) ?? filter.count })}</button>
        <button class="button square quiet small" aria-label=${`Edit ${filter.name}`} onClick=${() => setForm(filter)}>${c(Icon, { name: "pencil" })}</button>
      </li>`)}
    </ul>
    ${filters.state === "failed" && html`<p class="soft">The live filters could not be loaded: ${filters.why} <button class="link" onClick=${() => filters.read()}>Try now</button></p>`}
    ${filters.state === "ready" && items.length === 0 && html`<p class="soft">None yet. A live filter is a list that keeps itself: a dialer reads it, and contacts enter and leave as they change.</p>`}
    <p><button class="button" onClick=${() => setForm("new")}>${c(Icon, { name: "plus" })}New live filter</button></p>
    ${form !== null && c(LiveFilterForm, {
      key: form === "new" ? "new" : form.id,
      app,
      filter: form === "new" ? null : form,
      tags,
      close: () => setForm(null),
      saved,
      gone: saved,
    })}
  </aside>`;
}

/** @param {{filter: LiveFilter, was: number}} props */
function Count({ filter, was }) {
  const { count } = filter;
  return html`<span class="live-filter-count"><strong>${counted(count)}</strong>${unit(filter) && ` ${unit(filter)}`}${was !== count && html`<span class="soft"> (was ${counted(was)})</span>`}</span>`;
}

/** @param {import("../app.js").App} app @param {(id: string) => void} gone a filter was deleted @returns {LiveCounts} */
function useCounts(app, gone) {
  const [, redraw] = useState(0);
  const kept = useRef(/** @type {LiveCounts|null} */ (null));
  const filters = (kept.current ??= new LiveCounts({ get: (path) => app.api.get(path), changed: () => redraw((n) => n + 1) }));
  useEffect(() => {
    filters.read();
    const heard = (/** @type {import("../shapes.js").Event} */ event) => {
      filters.heard(event);
      if (event.type === "live_filter.deleted") gone(event.data.live_filter.id);
    };
    return app.listen({ heard, reload: () => filters.read() });
  }, []);
  return filters;
}
