/**
 * What hangs on a text that is being written: files on their way to the server, those that are there, and what is to be asked.
 * Knows no views; uploading, shrinking and keeping are given.
 *
 * @import {Media} from "./shapes.js"
 * @typedef {{key: number, name: string, size: number, type: string, preview: string|null, share: number, media: Media|null,
 *   stop: () => void}} Item  `share` of it is at the server, 0 to 1; `media` once it is there
 * @typedef {{name: string, size: number, limit: number, copy: Blob, still: boolean}} Question  `still`: the copy does not move
 * @typedef {{
 *   upload: (file: Blob, name: string, told: (share: number) => void) => import("./upload.js").Upload,
 *   shrink: (file: Blob, most: number) => Promise<Blob|null>,
 *   preview: (file: Blob) => string, forget: (preview: string) => void,
 *   keep: (key: string, media: Media[]) => void, kept: (key: string) => Media[],
 *   say: (words: string) => void,
 * }} Doors
 */
import { signal } from "@preact/signals";

export const MOST = 10;
/** What the server lets in; of other pictures that the browser can open a JPEG copy goes. */
const TYPES = new Set(
  "image/jpeg image/png image/gif image/webp video/mp4 video/3gpp audio/amr text/vcard text/x-vcard application/pdf".split(" "),
);
/** For the file chooser. */
export const ACCEPT = "image/*,video/mp4,video/3gpp,.amr,.vcf,.pdf";
export const NO_PICTURES = "This number cannot send pictures";

/** `8.2 MB`, `0.6 MB`, `12 KB`. @param {number} bytes */
export function sized(bytes) {
  if (bytes < 99_500) return `${Math.max(1, Math.round(bytes / 1000))} KB`;
  const tenths = Math.max(1, Math.round(bytes / 100_000));
  return `${tenths % 10 === 0 ? tenths / 10 : (tenths / 10).toFixed(1)} MB`;
}

/** How large it is and may be; in KB where MB would read the same. @param {string} name @param {number} size @param {number} limit */
function tooLarge(name, size, limit) {
  const same = sized(size) === sized(limit);
  const [is, most] = [size, limit].map((bytes) => (same ? `${Math.ceil(bytes / 1000)} KB` : sized(bytes)));
  return `${name} is ${is}; this number takes up to ${most}`;
}

/** @param {Question} question */
export function asks({ name, size, limit, copy, still }) {
  return `${tooLarge(name, size, limit)}. Send a smaller ${still ? "still " : ""}copy (${sized(copy.size)})?`;
}

/** Everything attached in this tab, by what it is attached to: a conversation's or a contact's id. */
export class Shelves {
  /** @param {Doors} doors */
  constructor(doors) {
    this.doors = doors;
    /** @type {Map<string, Shelf>} */
    this.shelves = new Map();
  }

  /** @param {string} key */
  of(key) {
    let shelf = this.shelves.get(key);
    if (!shelf) this.shelves.set(key, (shelf = new Shelf(key, this.doors)));
    return shelf;
  }
}

/** Uploads outlive a reload, as a draft does. @param {Storage} storage @param {string} key @param {Media[]} media */
export function keepAttached(storage, key, media) {
  if (media.length > 0) storage.setItem(`partyline.attached.${key}`, JSON.stringify(media));
  else storage.removeItem(`partyline.attached.${key}`);
}

/** @param {Storage} storage @param {string} key @returns {Media[]} */
export function keptAttached(storage, key) {
  return JSON.parse(storage.getItem(`partyline.attached.${key}`) ?? "[]");
}

let numbers = 0;

/** The attachments of one text. */
export class Shelf {
  /** @param {string} key @param {Doors} doors */
  constructor(key, doors) {
    this.key = key;
    this.doors = doors;
    /** @type {import("@preact/signals").Signal<Item[]>} */
    this.items = signal(doors.kept(key).map(itemOf));
    /** What the person is to decide, one after another. @type {import("@preact/signals").Signal<Question[]>} */
    this.questions = signal([]);
    /** Why something is not attached. */
    this.why = signal("");
    /** Smaller copies that are being made. */
    this.copying = signal(0);
  }

  /** Those that are at the server, in order. */
  get media() {
    return this.items.value.flatMap((item) => (item.media ? [item.media] : []));
  }

  /** Something is still to come or to be decided. */
  get busy() {
    return this.copying.value > 0 || this.questions.value.length > 0 || this.items.value.some((item) => !item.media);
  }

  get size() {
    return this.items.value.reduce((sum, item) => sum + item.size, 0);
  }

  /**
   * Attaches files, as far as they may go.
   * @param {Iterable<File>} files @param {number} limit bytes of the whole message; 0 where the number takes none
   */
  async add(files, limit) {
    this.why.value = "";
    for (const file of files) await this.addOne(file, limit);
  }

  /** @param {File} file @param {number} limit */
  async addOne(file, limit) {
    const { name, type, size } = file;
    if (!limit) return this.refuse(`${NO_PICTURES}.`);
    if (this.items.value.length + this.questions.value.length >= MOST) return this.refuse(`A text takes at most ${MOST} attachments.`);
    const foreign = type !== "" && !TYPES.has(type);
    const picture = type.startsWith("image/") && type !== "image/svg+xml";
    if (foreign && !picture) return this.refuse(`${name} cannot be sent: pictures, MP4 and 3GP videos, AMR sound, contact cards and PDF can.`);
    const room = limit - this.size;
    if (!foreign && size <= room) return this.bring(file, name);
    const says = `${tooLarge(name, size, limit)}${this.size ? " in all" : ""}.`;
    if (!picture) return this.refuse(says);
    this.copying.value += 1;
    const copy = await this.doors.shrink(file, room);
    this.copying.value -= 1;
    if (!copy) return this.refuse(size > room ? says : `${name} cannot be opened as a picture.`);
    if (size <= room) return this.bring(copy, asJpeg(name));
    const question = { name, size, limit, copy, still: type === "image/gif" };
    this.questions.value = [...this.questions.value, question];
    this.doors.say(asks(question));
  }

  /** The first question is answered. @param {boolean} yes */
  answer(yes) {
    const [question, ...others] = this.questions.value;
    this.questions.value = others;
    if (question && yes) this.bring(question.copy, asJpeg(question.name));
  }

  /** @param {Blob} file @param {string} name */
  bring(file, name) {
    const key = ++numbers;
    const preview = file.type.startsWith("image/") ? this.doors.preview(file) : null;
    const { done, stop } = this.doors.upload(file, name, (share) => this.change(key, { share }));
    this.items.value = [...this.items.value, { key, name, size: file.size, type: file.type, preview, share: 0, media: null, stop }];
    done.then(
      (media) => {
        if (!this.items.value.some((item) => item.key === key)) return;
        this.change(key, { media, share: 1, name: media.name ?? name, type: media.content_type ?? file.type });
        this.keep();
        this.doors.say(`${media.name ?? name} attached.`);
      },
      (problem) => {
        if (!this.items.value.some((item) => item.key === key)) return;
        this.remove(key);
        this.refuse(`${name} was not attached. ${problem.message}`);
      },
    );
  }

  /** @param {number} key */
  remove(key) {
    const item = this.items.value.find((each) => each.key === key);
    this.items.value = this.items.value.filter((each) => each.key !== key);
    if (item && !item.media) item.stop();
    if (item?.preview?.startsWith("blob:")) this.doors.forget(item.preview);
    this.keep();
  }

  /** They went with a text. */
  clear() {
    for (const item of this.items.value) if (item.preview?.startsWith("blob:")) this.doors.forget(item.preview);
    this.items.value = [];
    this.questions.value = [];
    this.why.value = "";
    this.keep();
  }

  /** Those of a text that is taken back to be written anew. @param {Media[]} media */
  restore(media) {
    const there = new Set(this.media.map((each) => each.id));
    this.items.value = [...media.filter((each) => !there.has(each.id)).map(itemOf), ...this.items.value];
    this.keep();
  }

  /** @param {string} words */
  refuse(words) {
    this.why.value = words;
    this.doors.say(words);
  }

  keep() {
    this.doors.keep(this.key, this.media);
  }

  /** @param {number} key @param {Partial<Item>} change */
  change(key, change) {
    this.items.value = this.items.value.map((item) => (item.key === key ? { ...item, ...change } : item));
  }
}

/** @param {Media} media @returns {Item} */
function itemOf(media) {
  const { name, size, content_type: type, thumbnail_url: preview } = media;
  return { key: ++numbers, name: name ?? "", size: size ?? 0, type: type ?? "", preview, share: 1, media, stop: () => undefined };
}

/** @param {string} name */
function asJpeg(name) {
  return `${name.replace(/\.[^.]*$/, "") || "picture"}.jpg`;
}
