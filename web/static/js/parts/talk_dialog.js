/** The dialogs of a conversation, in one place so that they are loaded together when the first one is opened. */
import { c } from "../html.js";
import { HandOver } from "./hand_over.js";
import { OptOut } from "./opt_out.js";
import { People } from "./people.js";
import { Snooze } from "./snooze.js";

/** @typedef {{app: import("../app.js").App, record: import("../record.js").Record, row: import("../shapes.js").Conversation, close: () => void}} TalkProps */
/** @typedef {"hand over"|"opt out"|"people"|"snooze"} Name */

const DIALOGS = { "hand over": HandOver, "opt out": OptOut, people: People, snooze: Snooze };

/** @param {TalkProps & {name: Name}} props */
export function TalkDialog({ name, ...props }) {
  return c(DIALOGS[name], props);
}
