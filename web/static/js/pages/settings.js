import { c, html } from "../html.js";
import { route } from "../route.js";
import { Preferences } from "./preferences.js";
import { Audit } from "./settings/audit.js";
import { Carriers } from "./settings/carriers.js";
import { Messaging } from "./settings/messaging.js";
import { Numbers } from "./settings/numbers.js";
import { OptOuts } from "./settings/opt_outs.js";
import { SavedReplies } from "./settings/replies.js";
import { Status } from "./settings/status.js";
import { Tokens } from "./settings/tokens.js";
import { Users } from "./settings/users.js";
import { Webhooks } from "./settings/webhooks.js";

/** @typedef {{part: string, words: string, shows: (props: {app: import("../app.js").App}) => any, own?: boolean, address?: string}} Section
 *  `own`: everybody's, not only managers'; `address` where it is not below the settings */

/** @type {Section[]} */
const SECTIONS = [
  { part: "messaging", words: "Messaging", shows: Messaging },
  { part: "opt-outs", words: "Opt-outs", shows: OptOuts },
  { part: "dids", words: "Numbers", shows: Numbers },
  { part: "carriers", words: "Carriers", shows: Carriers },
  { part: "users", words: "Users", shows: Users },
  { part: "tokens", words: "Tokens", shows: Tokens },
  { part: "webhooks", words: "Webhooks", shows: Webhooks },
  { part: "audit", words: "Audit", shows: Audit },
  { part: "status", words: "Status", shows: Status, address: "/status" },
  { part: "saved-replies", words: "Saved replies", shows: SavedReplies, own: true },
  { part: "preferences", words: "Preferences", shows: Preferences, own: true },
];

/** The account's settings and one's own. @param {{app: import("../app.js").App}} props */
export function Page({ app }) {
  const { part } = route.value;
  const mine = SECTIONS.filter((section) => section.own || app.me.role === "manager");
  const shown = mine.find((section) => section.part === part);
  return html`<div class="page settings">
    <nav class="settings-nav" aria-label="Settings">
      <ul>${mine.map((section) => html`<li key=${section.part}>
        <a href=${section.address ?? `/settings/${section.part}`} aria-current=${section === shown ? "page" : undefined}>${section.words}</a></li>`)}</ul>
    </nav>
    <section class="settings-section" aria-labelledby="section">${shown && c(shown.shows, { key: part, app })}</section>
  </div>`;
}
