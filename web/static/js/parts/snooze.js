import { c } from "../html.js";
import { called } from "../words.js";
import { When } from "./when.js";

/** Stops the clock until a moment, or the next text. @param {import("./talk_dialog.js").TalkProps} props */
export function Snooze({ app, record, row, close }) {
  return c(When, {
    app,
    title: `Snooze ${called(row.contact)}`,
    act: "Snooze",
    close,
    hint: () => "The next text from the contact ends the snooze.",
    run: (until) => app.acts.change(record, "snooze", { until }),
  });
}
