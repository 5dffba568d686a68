import { c } from "../html.js";
import { Menu } from "./menu.js";

const ICONS = { available: "circle-check", focus: "moon", away: "coffee" };

/** Available, Focus or Away. @param {{app: import("../app.js").App}} props */
export function StatusMenu({ app }) {
  app.screen.minute.value;
  const { status } = app;
  const { focus_until } = app.preferences.value;
  const now = status.now;
  const left = focus_until === null ? null : Math.max(1, Math.round((Date.parse(focus_until) - app.clock.now()) / 60_000));
  const words = now === "focus" ? `Focus${left === null ? "" : `, ${left} min`}` : now === "away" ? "Away" : "Available";
  const items = [
    { words: "Available", icon: ICONS.available, checked: now === "available", run: () => status.choose("available") },
    { words: "Focus for 30 minutes", icon: ICONS.focus, key: "F", checked: now === "focus", run: () => status.focus(30) },
    { words: "Focus for 60 minutes", icon: ICONS.focus, checked: false, run: () => status.focus(60) },
    { words: "Away", icon: ICONS.away, checked: now === "away", run: () => status.choose("away") },
  ];
  return c(Menu, { label: `Status: ${words}`, items, button: { words, icon: ICONS[now], look: `chip status ${now}` }, about: ABOUT });
}

const ABOUT = "Focus keeps everything quiet but a conversation that goes public soon. Away keeps all of it quiet. Texts are counted as ever, and the clocks go on.";
