import { useEffect, useState } from "preact/hooks";
import { all } from "../../reading.js";
import { phone } from "../../words.js";

/** @typedef {{dids: Array<[id: string, name: string]>, users: Array<[id: string, name: string]>}} Names */

/** The numbers and people that a filter offers; an agent gets those that an agent may know. @param {import("../../app.js").App} app @returns {Names} */
export function useNames(app) {
  const [names, setNames] = useState(/** @type {Names} */ ({ dids: [], users: [] }));
  useEffect(() => {
    const manages = app.me.role === "manager";
    let turn = 0;
    const read = () => {
      const asked = ++turn;
      const users = manages ? all(app, "/users") : app.api.get("/colleagues").then((page) => page.items);
      const dids = manages ? all(app, "/dids") : app.api.get("/dids/mine").then((page) => page.items);
      Promise.all([dids, users]).then(
        ([numbers, people]) => asked === turn && setNames({ dids: numbers.map((/** @type {any} */ did) => [did.id, did.label || phone(did.number)]), users: people.map((/** @type {any} */ user) => [user.id, user.name]) }),
        () => undefined,
      );
    };
    read();
    const end = app.listen({ heard: (event) => event.type === "user.updated" && read(), reload: read });
    return () => {
      end();
      turn += 1;
    };
  }, []);
  return names;
}
