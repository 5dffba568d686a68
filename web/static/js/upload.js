/** Brings a file to the server and tells how far it is; `fetch` cannot tell that. Knows no views. */
import { Problem } from "./api.js";

/** @typedef {{done: Promise<import("./shapes.js").Media>, stop: () => void}} Upload */

/**
 * @param {{csrf: string, newKey: () => string}} doors
 * @returns {(file: Blob, name: string, told: (share: number) => void) => Upload} `told` gets 0 to 1; `done` may fail with a Problem
 */
export function uploader({ csrf, newKey }) {
  return (file, name, told) => {
    const request = new XMLHttpRequest();
    /** @type {Promise<import("./shapes.js").Media>} */
    const done = new Promise((resolve, reject) => {
      request.open("POST", "/api/v1/media");
      request.setRequestHeader("accept", "application/json");
      request.setRequestHeader("x-csrf-token", csrf);
      request.setRequestHeader("idempotency-key", newKey());
      request.upload.onprogress = (event) => event.lengthComputable && told(event.loaded / event.total);
      request.onload = () => {
        const body = read(request.responseText);
        if (request.status === 201) resolve(body);
        else reject(new Problem(request.status, body));
      };
      request.onerror = request.onabort = () => reject(new Problem(0, null));
    });
    const form = new FormData();
    form.append("file", file, name);
    request.send(form);
    return { done, stop: () => request.abort() };
  };
}

/** @param {string} text */
function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
