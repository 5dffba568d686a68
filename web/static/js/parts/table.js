import { Component } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { c, html } from "../html.js";
import { Icon } from "./icon.js";

/**
 * @typedef {{
 *   key: string, title: string, cell: (row: any) => any, sort?: string, only?: "ascending"|"descending", end?: boolean, lead?: boolean,
 *   unseen?: boolean, bare?: boolean, head?: any,
 * }} Column
 *   `sort`: the name to sort by, `only` one way; `end`: figures, at the end of their column; `lead`: names the row, and heads
 *   its card; `unseen`: the title is for screen readers alone; `bare`: without its title on a card; `head` stands in the title's place
 * @typedef {{class?: string, current?: boolean, attributes?: {[name: string]: any}}} Look how one row is drawn beside its cells
 */

/**
 * A table; below 720 px each row becomes a card. A row is drawn again when its object or its look changed, so `columns`
 * and `look` should stay the same objects from one drawing to the next.
 * @param {{
 *   label: string, columns: Column[], rows: any[], id?: (row: any) => string, look?: (row: any) => Look,
 *   sort?: string, sortBy?: (sort: string) => void, more?: (() => void)|null, empty?: any,
 * }} props
 *   `sort` is a column's name, with `-` before it downwards; `more` reads the next rows and is called when the end comes
 *   near; `look` is asked anew at each drawing and compared by what it says
 */
export function Table({ label, columns, rows, id = (row) => row.id, look, sort = "", sortBy, more = null, empty = null }) {
  return html`<div class="table-place">
    <table class="table" role="table" aria-label=${label}>
      <thead role="rowgroup"><tr role="row">${columns.map((column) => c(Head, { key: column.key, column, sort, sortBy }))}</tr></thead>
      <tbody role="rowgroup">${rows.map((row) => {
        const { class: kind = "", current = false, attributes = {} } = look?.(row) ?? {};
        return c(Line, { key: id(row), id: id(row), row, columns, kind, current, attributes });
      })}</tbody>
    </table>
    ${rows.length === 0 && empty && html`<div class="table-empty">${empty}</div>`}
    ${more && rows.length > 0 && c(More, { more, count: rows.length })}
  </div>`;
}

/** @param {{column: Column, sort: string, sortBy?: (sort: string) => void}} props */
function Head({ column, sort, sortBy }) {
  const { title, sort: by, only, end, unseen, head } = column;
  const kind = `head-${column.key} ${end ? "end" : ""}`;
  if (!by || !sortBy) return html`<th role="columnheader" scope="col" class=${kind}>${head ?? (unseen ? html`<span class="unseen">${title}</span>` : title)}</th>`;
  const way = sort === by ? (only ?? "ascending") : sort === `-${by}` ? "descending" : "none";
  // Of figures one looks for the largest first.
  const next = only ? by : way === "ascending" || (way === "none" && end) ? `-${by}` : by;
  return html`<th role="columnheader" scope="col" class=${kind} aria-sort=${way === "none" ? undefined : way}>
    <button type="button" class="sort" onClick=${() => sortBy(next)}>${title}
      <span class=${`sort-way ${way}`}>${c(Icon, { name: "arrow-up" })}</span></button></th>`;
}

/**
 * One row. Thousands of them may stand there, so what did not change is not compared in its cells.
 * @typedef {{id: string, row: any, columns: Column[], kind: string, current: boolean, attributes: {[name: string]: any}}} LineProps
 * @extends {Component<LineProps>}
 */
class Line extends Component {
  /** @param {LineProps} next */
  shouldComponentUpdate(next) {
    const now = this.props;
    return next.row !== now.row || next.columns !== now.columns || next.kind !== now.kind || next.current !== now.current || !same(next.attributes, now.attributes);
  }

  render() {
    const { id, row, columns, kind, current, attributes } = this.props;
    return html`<tr role="row" class=${`line ${kind}`} data-id=${id} aria-current=${current ? "true" : undefined} ...${attributes}>
      ${columns.map((column) => {
        const tag = column.lead ? "th" : "td";
        const more = column.lead ? { role: "rowheader", scope: "row" } : { role: "cell" };
        return html`<${tag} key=${column.key} ...${more} class=${`cell ${column.lead ? "lead" : ""} ${column.end ? "end" : ""} ${column.bare ? "bare" : ""} cell-${column.key}`}
          data-title=${column.title}>${column.cell(row)}<//>`;
      })}
    </tr>`;
  }
}

/** @param {{[name: string]: any}} a @param {{[name: string]: any}} b */
function same(a, b) {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** Reads on when it comes into sight; a button for those who do not scroll. @param {{more: () => void, count: number}} props */
function More({ more, count }) {
  const box = /** @type {{current: HTMLElement|null}} */ (useRef(null));
  useEffect(() => {
    const node = box.current;
    if (!node) return undefined;
    const watcher = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && more(), { rootMargin: "600px" });
    watcher.observe(node);
    return () => watcher.disconnect();
  }, [count, more]);
  return html`<p class="table-more" ref=${box}><button type="button" class="button" onClick=${more}>Show more</button></p>`;
}
