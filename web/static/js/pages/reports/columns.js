import { length, stamp } from "../../figures.js";
import { c, html } from "../../html.js";
import { called, lasting, names, phone, short } from "../../words.js";

/** @typedef {import("../../app.js").App} App */

/** @type {{[key: string]: string}} */
export const TITLES = {
  contact: "Contact",
  did: "Number",
  owner: "Owner",
  subscribers: "Subscribers",
  last_message: "Last text",
  waiting_seconds: "Waiting",
  first_reply_seconds: "First reply",
  waits: "Answered waits",
  in: "Texts in",
  out: "Texts out",
  state: "State",
};
/** @type {{[state: string]: [words: string, look: string]}} */
const STATES = {
  public: ["Public", "good"],
  unanswered: ["Unanswered", "warn"],
  snoozed: ["Snoozed", ""],
  answered: ["Answered", "info"],
  closed: ["Closed", ""],
};

/** @param {App} app @returns {import("../../parts/table.js").Column[]} */
export function reportColumns(app) {
  const none = html`<span class="soft">–</span>`;
  const column = (/** @type {string} */ key, /** @type {(line: any) => any} */ cell, more = {}) => ({ key, title: TITLES[key] ?? key, sort: key, cell, ...more });
  return [
    column("contact", (line) => html`<a class="report-contact" href=${`/sms/${line.conversation}`}><bdi>${called(line.contact)}</bdi></a>${line.contact.opted_out && html` <span class="badge bad">opted out</span>`}`, { lead: true }),
    column("did", (line) => (line.did ? html`<bdi>${line.did.label || phone(line.did.number)}</bdi>` : none)),
    column("owner", (line) => (line.owner ? html`<bdi>${line.owner.name}</bdi>` : html`<span class="soft">nobody</span>`)),
    column("subscribers", (line) => (line.subscribers.length ? html`<bdi>${names(line.subscribers)}</bdi>` : none)),
    column("last_message", (line) => (line.last_message ? lastText(line.last_message, app.clock.now()) : none)),
    column("waiting_seconds", (line) => (line.waiting_since ? c(Waiting, { app, since: line.waiting_since }) : none), { end: true }),
    column("first_reply_seconds", (line) => length(line.first_reply_seconds), { end: true }),
    column("waits", (line) => line.waits, { end: true }),
    column("in", (line) => line.in, { end: true }),
    column("out", (line) => line.out, { end: true }),
    column("state", (line) => {
      const [words, look] = STATES[line.state] ?? [line.state, ""];
      return html`<span class=${`badge ${look}`}>${words}</span>`;
    }),
  ];
}

/** @param {{direction: string, at: string, body: string, user: import("../../shapes.js").User|null}} last @param {number} now */
function lastText(last, now) {
  return html`<span class="report-last"><span class="soft">${last.direction === "inbound" ? "in" : "out"} <time datetime=${last.at}>${stamp(last.at, now)}</time></span>
    <bdi>${short(last.body, 60) || "Picture"}</bdi></span>`;
}

/** Goes on while it is looked at. @param {{app: App, since: string}} props */
function Waiting({ app, since }) {
  app.screen.now.value;
  return html`<span class="report-waiting">${lasting(app.clock.now() - Date.parse(since))}</span>`;
}
