import { useState } from "preact/hooks";
import { c, html } from "../html.js";
import { Icon } from "./icon.js";
import { onDemand } from "./on_demand.js";

export const notices = () => import("./notices.js").then((m) => m.Notices);
const Notices = onDemand(notices);
const SILENT = "Sound is off until you click anywhere";

/** All notices of this tab, and how one is alerted. @param {{app: import("../app.js").App}} props */
export function Bell({ app }) {
  app.screen.toasts.value;
  const [open, setOpen] = useState(false);
  const { unread } = app.toasts;
  const silent = app.alerting.silent && app.preferences.value.sound;
  const turned = (/** @type {any} */ event) => {
    setOpen(event.newState === "open");
    if (event.newState === "open") app.toasts.readAll();
  };
  const said = ["Notices", unread && `${unread} new`, silent && SILENT].filter(Boolean).join(", ");
  return html`<button class="button square quiet bell" popovertarget="notices" aria-label=${said} title=${silent ? `${SILENT}.` : "Notices"}>
      ${c(Icon, { name: silent ? "bell-off" : "bell" })}${unread > 0 && html`<span class="bell-count" aria-hidden="true">${unread > 9 ? "9+" : unread}</span>`}
    </button>
    <div class="menu-sheet notices" id="notices" popover onToggle=${turned}>${open && c(Notices, { app })}</div>`;
}
