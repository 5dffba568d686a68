/** Preact without a build: `html` for tags, `c` for components, whose props are checked. */
import htm from "htm";
import { h } from "preact";

export const html = htm.bind(h);
export const c = h;
