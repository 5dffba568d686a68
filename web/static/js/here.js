/**
 * Whether this page is still there. A browser that leaves a page breaks its calls off and lets what follows them run on for a moment: nothing
 * may begin there that nobody will see the end of.
 */
let there = Promise.resolve();
addEventListener("pagehide", () => {
  there = new Promise((back) => addEventListener("pageshow", () => back(), { once: true }));
});

/** Resolves at once; in a page that was left, when the person comes back to it. @returns {Promise<void>} */
export function here() {
  return there;
}
