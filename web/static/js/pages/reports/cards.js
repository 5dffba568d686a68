import { count, length, percent } from "../../figures.js";
import { c, html } from "../../html.js";

/** @typedef {{title: string, says: string, more?: string, href: string, line: Array<number|null>, second?: Array<number|null>}} Card */

/**
 * The six figures, each with its days as a line and the conversations behind it as a link.
 * @param {{figures: any, days: any[], filter: string}} props `filter` is the same time, number and person
 */
export function Cards({ figures, days, filter }) {
  const of = (/** @type {string} */ name) => days.map((/** @type {any} */ day) => day[name]);
  const to = (/** @type {string} */ more = "") => `/reports/sms-conversations?${filter}${more}`;
  const { first_reply_median_seconds: median, first_reply_p90_seconds: p90 } = figures;
  /** @type {Card[]} */
  const cards = [
    { title: "Texts in / out", says: `${count(figures.in)} / ${count(figures.out)}`, href: to(), line: of("in"), second: of("out") },
    { title: "First reply, median", says: length(median), more: `9 of 10 within ${length(p90)}`, href: to("&sort=-first_reply_seconds"), line: of("first_reply_median_seconds"), second: of("first_reply_p90_seconds") },
    { title: "Answered before public", says: percent(figures.before_public_share), more: `of ${count(figures.answered)} answered`, href: to("&sort=-waits"), line: of("before_public_share") },
    { title: "Went public", says: count(figures.went_public), href: to("&public=was"), line: of("went_public") },
    { title: "Failed", says: count(figures.failed), href: "/feed?kinds=failed", line: of("failed") },
    { title: "Opt-outs", says: count(figures.opt_outs), href: to("&opted_out=true"), line: of("opt_outs") },
  ];
  return html`<ul class="cards">${cards.map((card) => html`<li key=${card.title}><a class="card" href=${card.href}>
    <span class="card-title">${card.title}</span><strong class="card-says">${card.says}</strong><span class="card-more soft">${card.more ?? ""}</span>
    ${c(Sparkline, { lines: card.second ? [card.second, card.line] : [card.line] })}</a></li>`)}</ul>`;
}

const [WIDE, HIGH] = [100, 28];

/** The days as lines; the table of days says them. @param {{lines: Array<Array<number|null>>}} props the last one is the figure's own */
function Sparkline({ lines }) {
  const top = Math.max(1e-9, ...lines.flat().map((value) => value ?? 0));
  return html`<svg class="sparkline" viewBox=${`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" aria-hidden="true">
    ${lines.map((values, at) => html`<g key=${at} class=${at === lines.length - 1 ? "own" : "beside"}>${pieces(values, top).map((points) => html`<polyline points=${points} />`)}</g>`)}
  </svg>`;
}

/** Runs of days that have a value, as points. @param {Array<number|null>} values @param {number} top */
function pieces(values, top) {
  const step = values.length > 1 ? WIDE / (values.length - 1) : 0;
  /** @type {string[][]} */
  const runs = [[]];
  values.forEach((value, at) => {
    if (value === null) runs.push([]);
    else runs.at(-1)?.push(`${(at * step).toFixed(2)},${(HIGH - 1.5 - (value / top) * (HIGH - 3)).toFixed(2)}`);
  });
  // A day between days without a value would be no line: it is drawn as a dot, a line to itself.
  return runs.filter((run) => run.length).map((run) => (run.length === 1 ? [run[0], run[0]] : run).join(" "));
}
