import { useEffect, useRef, useState } from "preact/hooks";
import UPlot from "uplot";
import { length } from "../../figures.js";
import { c, html } from "../../html.js";
import { Icon } from "../../parts/icon.js";

/** @typedef {{at: string, in: number, out: number, median_seconds: number|null}} Hour */

const HIGH = 260;
const SERIES = [
  { name: "Texts in", token: "--blue-5", scale: "texts" },
  { name: "Texts out", token: "--green-5", scale: "texts" },
  { name: "First reply, median", token: "--amber-5", scale: "minutes" },
];
const WHEN = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const HOUR = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/**
 * Hour by hour; dragging over it zooms. Its figures stand in tables for who does not see it.
 * @param {{app: import("../../app.js").App, hours: Hour[], described: string}} props `described`: the id of what says where its figures stand
 */
export function Chart({ app, hours, described }) {
  const box = /** @type {{current: HTMLElement|null}} */ (useRef(null));
  const plot = /** @type {{current: UPlot|null}} */ (useRef(null));
  const [zoomed, setZoomed] = useState(false);
  const [off, setOff] = useState(/** @type {number[]} */ ([]));
  const [at, setAt] = useState(/** @type {number|null} */ (null));
  const { theme } = app.preferences.value;
  const dark = useDark();
  useEffect(() => {
    const place = box.current;
    if (!place) return undefined;
    const made = new UPlot(options(place, { moved: setAt, zoomed: setZoomed }), data(hours), place);
    plot.current = made;
    const watcher = new ResizeObserver(() => place.clientWidth > 0 && made.setSize({ width: place.clientWidth, height: HIGH }));
    watcher.observe(place);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [theme, dark]);
  useEffect(() => plot.current?.setData(data(hours), !zoomed), [hours]);
  useEffect(() => SERIES.forEach((_, index) => plot.current?.setSeries(index + 1, { show: !off.includes(index) })), [off, theme, dark]);
  const reset = () => plot.current?.setData(data(hours), true);
  const toggle = (/** @type {number} */ index) => setOff(off.includes(index) ? off.filter((each) => each !== index) : [...off, index]);
  const hour = at === null ? null : hours[at];
  return html`<section class="chart" aria-label="By the hour">
    <header class="chart-head"><h2>By the hour</h2>
      <div class="chips" role="group" aria-label="Lines">${SERIES.map(({ name }, index) => html`<button class=${`chip choice series-${index}`} key=${name} aria-pressed=${!off.includes(index)} onClick=${() => toggle(index)}><i class="swatch" aria-hidden="true"></i>${name}</button>`)}</div>
      <p class="chart-says soft">${hour ? `${WHEN.format(new Date(hour.at))}: ${hour.in} in, ${hour.out} out, first reply ${length(hour.median_seconds)}` : zoomed ? "" : "Drag over it to zoom."}</p>
      ${zoomed && html`<button class="button small" onClick=${reset}>${c(Icon, { name: "zoom-out" })}Whole time</button>`}
    </header>
    <div class="chart-place" ref=${box} role="img" aria-label="Texts in, texts out and the median first reply, hour by hour" aria-describedby=${described}></div>
  </section>`;
}

/** @param {Hour[]} hours @returns {any} */
function data(hours) {
  return [
    hours.map((hour) => Date.parse(hour.at) / 1000),
    hours.map((hour) => hour.in),
    hours.map((hour) => hour.out),
    hours.map((hour) => (hour.median_seconds === null ? null : hour.median_seconds / 60)),
  ];
}

/** @param {HTMLElement} place @param {{moved: (at: number|null) => void, zoomed: (zoomed: boolean) => void}} doors @returns {any} */
function options(place, { moved, zoomed }) {
  const [ink, line] = [colour(place, "--ink-soft"), colour(place, "--line")];
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "12px Inter, system-ui, sans-serif" };
  const time = (/** @type {any} */ _plot, /** @type {number[]} */ splits, /** @type {any} */ _index, /** @type {any} */ _space, /** @type {number} */ step) =>
    splits.map((split) => (step >= 86_400 || new Date(split * 1000).getHours() === 0 ? DAY : HOUR).format(new Date(split * 1000)));
  return {
    width: Math.max(place.clientWidth, 200),
    height: HIGH,
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { size: 7 } },
    scales: { x: { time: true }, texts: { range: (/** @type {any} */ _plot, /** @type {number} */ _low, /** @type {number} */ high) => [0, Math.max(4, high * 1.1)] }, minutes: { range: (/** @type {any} */ _plot, /** @type {number} */ _low, /** @type {number} */ high) => [0, Math.max(5, high * 1.1)] } },
    axes: [
      { ...axis, values: time },
      { ...axis, scale: "texts", size: 44 },
      { ...axis, scale: "minutes", side: 1, size: 56, grid: { show: false }, values: (/** @type {any} */ _plot, /** @type {number[]} */ splits) => splits.map((split) => `${split} min`) },
    ],
    series: [{}, ...SERIES.map(({ name, token, scale }) => ({ label: name, scale, stroke: colour(place, token), width: 1.5, points: { show: scale === "minutes", size: 5 } }))],
    hooks: {
      setCursor: [(/** @type {any} */ plot) => moved(plot.cursor.idx ?? null)],
      setScale: [(/** @type {any} */ plot, /** @type {string} */ scale) => {
        const times = plot.data[0];
        if (scale === "x" && times.length) zoomed(plot.scales.x.min > times[0] || plot.scales.x.max < times.at(-1));
      }],
    },
  };
}

/** A token as a canvas understands it. @param {HTMLElement} place @param {string} token */
function colour(place, token) {
  place.style.setProperty("color", `var(${token})`);
  const { color } = getComputedStyle(place);
  place.style.removeProperty("color");
  return color;
}

/** Whether the system is dark; the chart's colours are not the style sheet's. */
function useDark() {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const turned = () => setDark(query.matches);
    query.addEventListener("change", turned);
    return () => query.removeEventListener("change", turned);
  }, []);
  return dark;
}
