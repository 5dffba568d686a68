import { useState } from "preact/hooks";
import { sized } from "../attachments.js";
import { c, html } from "../html.js";
import { clockTime } from "../words.js";
import { Dialog } from "./dialog.js";
import { Icon } from "./icon.js";

/** @typedef {import("../shapes.js").Media} Media */

/** The longer side of a thumbnail, px. */
const SIDE = 240;
const KINDS = /** @type {{[type: string]: string}} */ ({
  "video/mp4": "Video",
  "video/3gpp": "Video",
  "audio/amr": "Sound",
  "text/vcard": "Contact card",
  "application/pdf": "PDF",
});

/** What came with a text. @param {{media: Media[], by: string, at: string}} props `by` is who sent it, as words */
export function Pictures({ media, by, at }) {
  return html`<ul class="pictures">${media.map((each) => html`<li key=${each.id}>${shown(each, by, at)}</li>`)}</ul>`;
}

/** @param {Media} media @param {string} by @param {string} at */
function shown(media, by, at) {
  const isPicture = media.content_type?.startsWith("image/") ?? false;
  const thing = isPicture ? "Picture" : (KINDS[media.content_type ?? ""] ?? "Attachment");
  if (media.state === "pending") return coming(thing);
  if (media.state === "blocked") return notThere("Attachment refused: it is of a kind, or from an address, that is not let in.");
  if (media.state === "too_large") return notThere(`${thing} too large to be shown.`);
  if (media.state === "failed") return notThere(`${thing} lost: the carrier did not hand it over.`);
  if (!media.url) return notThere(`${thing} not there.`);
  if (isPicture && media.thumbnail_url) return c(Picture, { media, alt: `Picture from ${by}, ${clockTime(at)}` });
  return c(Saved, { media, thing });
}

/** @param {string} words */
function notThere(words) {
  return html`<p class="picture-note">${c(Icon, { name: "paperclip" })}${words}</p>`;
}

/** What is being fetched: it becomes what it is by itself. @param {string} thing */
function coming(thing) {
  return html`<p class="picture-note picture-coming">${c(Icon, { name: "paperclip" })}${thing} on its way from the carrier…</p>`;
}

/** A thumbnail that opens. @param {{media: Media, alt: string}} props */
function Picture({ media, alt }) {
  const [open, setOpen] = useState(false);
  const [lost, setLost] = useState(false);
  if (lost) return notThere("The picture could not be loaded.");
  // The place is there before the picture is, so that the log does not move.
  const scale = Math.min(1, SIDE / Math.max(media.width ?? SIDE, media.height ?? SIDE));
  const [width, height] = [media.width, media.height].map((side) => Math.max(1, Math.round((side ?? SIDE) * scale)));
  return html`<button type="button" class="picture" onClick=${() => setOpen(true)}>
      <img src=${media.thumbnail_url} alt=${alt} width=${width} height=${height} loading="lazy" decoding="async" onError=${() => setLost(true)} /></button>
    ${open && html`<${Dialog} title=${alt} close=${() => setOpen(false)}>
      <div class="picture-whole"><img src=${media.url} alt=${alt} width=${media.width} height=${media.height} /></div>
      <p class="dialog-acts"><span class="picture-facts"><bdi>${media.name}</bdi> · ${media.width} × ${media.height} · ${sized(media.size ?? 0)}</span>
        <a class="button" href=${media.url} download=${media.name}>${c(Icon, { name: "download" })}Download</a></p><//>`}`;
}

/** A file that is no picture. @param {{media: Media, thing: string}} props */
function Saved({ media, thing }) {
  return html`<a class="picture-file" href=${media.url} download=${media.name}>${c(Icon, { name: "file-text" })}
    <span><bdi>${media.name}</bdi><span class="picture-facts">${thing} · ${sized(media.size ?? 0)}</span></span>${c(Icon, { name: "download" })}</a>`;
}
