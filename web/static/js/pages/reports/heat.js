import { html } from "../../html.js";
import { some } from "../../words.js";

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const LEVELS = 5;

/** When texts come, weekday by hour. @param {{heat: number[][]}} props seven days, Monday first, of 24 counts */
export function Heat({ heat }) {
  const most = Math.max(1, ...heat.flat());
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  return html`<section class="heat"><h2 id="heat">Texts in, by weekday and hour</h2>
    <div class="heat-place" role="region" aria-labelledby="heat" tabindex="0"><table>
      <thead><tr><th scope="col"><span class="unseen">Day</span></th>${hours.map((hour) => html`<th scope="col" key=${hour}>${String(hour).padStart(2, "0")}</th>`)}</tr></thead>
      <tbody>${heat.map((counts, day) => html`<tr key=${day}><th scope="row">${DAYS[day]}</th>${counts.map((n, hour) => html`<td key=${hour} class=${`heat-${n === 0 ? 0 : Math.max(1, Math.ceil((n / most) * LEVELS))}`}
        title=${`${DAYS[day]} ${String(hour).padStart(2, "0")}:00, ${some(n, "text")}`}>${n || ""}</td>`)}</tr>`)}</tbody>
    </table></div></section>`;
}
