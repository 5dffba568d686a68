import { useEffect, useState } from "preact/hooks";
import { c } from "../html.js";
import { ContactPane } from "./contact.js";
import { Thread } from "./thread.js";

/** The open conversation beside the list: its texts, and who is at the other end. @param {{app: import("../app.js").App, id: string}} props */
export function Talk({ app, id }) {
  const [contact, showContact] = useState(false);
  useEffect(() => showContact(false), [id]);
  return [
    c(Thread, { key: id, app, id, toggleContact: () => showContact(!contact) }),
    c(ContactPane, { key: `${id} contact`, app, id, shown: contact, close: () => showContact(false) }),
  ];
}
