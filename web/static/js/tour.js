/** The demo's checklist in the corner. It ticks itself: the server knows what was done. A page of its own size, with nothing to import. */

const POLL_MS = 2000;
const HIDDEN = "partyline.tour";

/** @param {string} id */
const place = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const [sheet, toggle, steps, count] = [place("tour"), place("tour-toggle"), place("tour-steps"), place("tour-count")];

/** @param {boolean} on */
function show(on) {
  sheet.hidden = !on;
  toggle.setAttribute("aria-expanded", String(on));
}

/** As the person wants it, from now on. @param {boolean} on */
function choose(on) {
  show(on);
  localStorage.setItem(HIDDEN, on ? "" : "hidden");
}

/** @param {Array<{key: string, says: string, done: boolean}>} items @returns {boolean} whether all is done */
function draw(items) {
  const done = items.filter((item) => item.done).length;
  count.textContent = `${done} of ${items.length}`;
  steps.replaceChildren(
    ...items.map((item) => {
      const line = document.createElement("li");
      line.className = item.done ? "done" : "";
      line.dataset["step"] = item.key;
      line.append(item.says);
      if (item.done) {
        const words = document.createElement("span");
        words.className = "unseen";
        words.textContent = ": done";
        line.append(words);
      }
      return line;
    }),
  );
  return done === items.length;
}

async function look() {
  if (document.visibilityState === "visible") {
    const answer = await fetch("/demo/tour").catch(() => null);
    if (answer?.status === 401) return;
    if (answer?.ok && draw((await answer.json()).items)) return;
  }
  setTimeout(look, POLL_MS);
}

toggle.addEventListener("click", () => choose(Boolean(sheet.hidden)));
place("tour-hide").addEventListener("click", () => {
  choose(false);
  toggle.focus();
});
// It makes way for whoever begins to work; its count stays in the bar.
document.addEventListener("pointerdown", ({ target }) => {
  if (target instanceof Node && !sheet.contains(target) && !toggle.contains(target)) show(false);
});
if (localStorage.getItem(HIDDEN) !== "hidden" && location.pathname.startsWith("/sms") && innerWidth >= 1080) show(true);
look();
