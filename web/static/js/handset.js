/** `/sandbox`: the contacts' phones, polled once a second while they are visible; the sandbox carrier is at the other end. */
import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Api } from "./api.js";
import { Shelves } from "./attachments.js";
import { c, html } from "./html.js";
import { Handset } from "./parts/handset.js";
import { Coverage, Network } from "./parts/network.js";
import { shrink } from "./shrink.js";
import { uploader } from "./upload.js";
import { initials, phone } from "./words.js";

/** @typedef {import("./parts/handset.js").Did} Did */
/** @typedef {import("./parts/network.js").Dials} Dials */
/** @typedef {{number: string, name: string, did: Did|null}} Phone */

const NUMBER = /^(\+[1-9]\d{6,14}|\d{3,8})$/;
/** Phones side by side where some answer by themselves. */
const WALL = 6;

/** @param {{api: Api, demo: Api|null, shelves: Shelves}} props */
function Sandbox({ api, demo, shelves }) {
  const [phones, setPhones] = useState(/** @type {Phone[]} */ ([]));
  const [dids, setDids] = useState(/** @type {Did[]} */ ([]));
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  const [number, setNumber] = useState(sessionStorage.getItem("partyline.phone") ?? "");
  const [did, setDid] = useState("");
  const [why, setWhy] = useState("");
  const [dials, setDials] = useState(/** @type {Dials|null} */ (null));
  const say = (/** @type {any} */ problem) => setWhy(problem.message);
  useEffect(() => {
    api.get("/phones").then((found) => {
      setPhones(found.phones);
      setDids(found.dids);
      setDid((now) => now || found.phones[0]?.did?.number || found.dids[0]?.number || "");
      // Nothing is put before what somebody begins to type.
      if (document.activeElement !== field.current) setNumber((now) => now || found.phones[0]?.number || "");
    }, say);
    demo?.get("/network").then(setDials, say);
  }, []);
  const turn = (/** @type {Partial<Dials>} */ change) => demo?.patch("/network", change).then(setDials, say);
  const good = NUMBER.test(number);
  const pick = (/** @type {string} */ typed) => {
    const next = typed.replace(/[\s().-]/g, "");
    setNumber(next);
    sessionStorage.setItem("partyline.phone", next);
    const own = phones.find((each) => each.number === next)?.did;
    if (own) setDid(own.number);
  };
  const nameOf = (/** @type {string} */ at) => phones.find((each) => each.number === at)?.name ?? phone(at);
  const others = (dials?.answering ?? []).filter((each) => each !== number).slice(0, WALL - 1);
  const head = (/** @type {string} */ at) => dials && at && c(Coverage, { dials, number: at, name: nameOf(at), turn });
  return html`<section class="sandbox" aria-label="Simulated phones">
    <div class="sandbox-choice">
      <h1>${dials ? "The contacts’ phones" : "A contact’s phone"}</h1>
      <p>Play the person at the other end. Nothing leaves this machine.</p>
      <label class="field"><span>Phone number</span>
        <input ref=${field} type="tel" list="phones" value=${number} placeholder="+1 555 010 2233" autocomplete="off" spellcheck=${false}
          aria-invalid=${number !== "" && !good} onInput=${(/** @type {any} */ event) => pick(event.currentTarget.value)} /></label>
      <datalist id="phones">${phones.map((each) => html`<option key=${each.number} value=${each.number}>${each.name}</option>`)}</datalist>
      <label class="field"><span>Texts to</span>
        <select value=${did} onChange=${(/** @type {any} */ event) => setDid(event.currentTarget.value)}>
          ${dids.map((each) => html`<option key=${each.id} value=${each.number} selected=${each.number === did}>${each.label ? `${each.label} · ` : ""}${phone(each.number)}</option>`)}
        </select></label>
      ${why && html`<p class="door-error" role="alert">${why}</p>`}
      ${dials && c(Network, { dials, turn, storm: (perSecond) => demo?.post("/storm", { did, per_second: perSecond, seconds: 10 }).then(() => setWhy(""), say) })}
      ${phones.length > 0 && html`<h2>Phones</h2><ul class="phones">${phones.slice(0, 12).map((each) => html`<li key=${each.number}>
        <button class="phone-pick" aria-pressed=${each.number === number} onClick=${() => pick(each.number)}>
          <span class="avatar small" aria-hidden="true">${initials(each.name)}</span><span><bdi>${each.name}</bdi></span><small>${phone(each.number)}</small></button></li>`)}</ul>`}
    </div>
    <div class="wall">
      ${c(Handset, { key: number, api, shelves, number: good ? number : "", name: good ? nameOf(number) : "No number", did, dids, head: head(good ? number : "") })}
      ${others.map((each) => c(Handset, { key: each, api, shelves, number: each, name: nameOf(each), did: lineOf(each) ?? did, dids, head: head(each) }))}
    </div>
  </section>`;

  /** @param {string} at the number of ours that this phone's conversation is held on */
  function lineOf(at) {
    return phones.find((each) => each.number === at)?.did?.number;
  }
}

const csrf = document.querySelector("meta[name=csrf-token]")?.getAttribute("content") ?? "";
const newKey = () => crypto.randomUUID();
const api = new Api({ fetch: (...request) => fetch(...request), csrf, newKey, base: "/sandbox" });
const demo = document.body.classList.contains("demo") ? new Api({ fetch: (...request) => fetch(...request), csrf, newKey, base: "/demo" }) : null;
const shelves = new Shelves({
  upload: uploader({ csrf, newKey }),
  shrink,
  preview: (file) => URL.createObjectURL(file),
  forget: (preview) => URL.revokeObjectURL(preview),
  keep: () => undefined,
  kept: () => [],
  say: () => undefined,
});
render(c(Sandbox, { api, demo, shelves }), /** @type {HTMLElement} */ (document.getElementById("main")));
