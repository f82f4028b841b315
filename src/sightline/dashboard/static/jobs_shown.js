// Video jobs on a page: looked at again while somebody looks; stopped, removed, tried again.

import { ask, given, say } from "./site.js";

const note = document.getElementById("said");
let isStale = false;
let asOf = new Date();
let shown = "";

function clock(at) {
  return at.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** Where the focus is inside of `place`, as selectors that find it again: itself, else something of its job. */
function focusedIn(place) {
  const one = document.activeElement;
  if (!place.contains(one)) return [];
  const job = one.closest("[data-job]")?.dataset.job;
  const card = job ? `[data-job="${CSS.escape(job)}"] ` : "";
  const self = one.dataset.action ? `[data-action="${one.dataset.action}"]` : `[href="${CSS.escape(one.getAttribute("href") ?? "")}"]`;
  return job ? [card + self, `${card}button`, `${card}.row a`, `${card}a`] : [self];
}

async function refresh(place, address) {
  const answer = await fetch(address, { redirect: "manual" });
  if (answer.type === "opaqueredirect") return location.reload(); // the session has ended
  if (!answer.ok) throw new Error(answer.status);
  const text = await answer.text();
  asOf = new Date();
  if (text === shown) return;
  shown = text;
  // Our own template has escaped it; parsed apart, so that focus can be kept.
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const focused = focusedIn(place);
  place.replaceChildren(...fresh.body.childNodes);
  const again = focused.find((one) => place.querySelector(one));
  if (again) place.querySelector(again).focus();
}

/**
 * Keeps what is inside of `place` fresh, from `address()`, which is empty while there is nothing to ask for.
 * Returns a function that looks at once.
 */
export function keepFresh(place, address) {
  let timer = 0;
  let busy = false;
  async function look() {
    clearTimeout(timer);
    if (busy || document.hidden) return;
    busy = true;
    const from = address();
    try {
      if (from) await refresh(place, from);
      if (isStale) say(note, "");
      isStale = false;
    } catch {
      say(note, given.words.stale.replace("{at}", clock(asOf)));
      isStale = true;
    }
    busy = false;
    const lively = isStale || place.querySelector('[data-lively="yes"]');
    timer = setTimeout(look, lively ? given.refresh_ms : given.quiet_ms);
  }
  document.addEventListener("visibilitychange", look);
  place.addEventListener("click", (event) => act(event.target.closest("[data-action]"), look));
  timer = setTimeout(look, given.refresh_ms);
  return look;
}

async function act(button, look) {
  if (!button) return;
  const card = button.closest("[data-job]");
  const action = button.dataset.action;
  if (action !== "retry" && !(await isMeant(action, card.querySelector("h3").textContent))) return;
  const path = `/api/batch/jobs/${encodeURIComponent(card.dataset.job)}`;
  button.disabled = true;
  try {
    await (action === "retry" ? ask("POST", `${path}/retry`) : ask("DELETE", path));
    say(note, "");
  } catch (refused) {
    say(note, refused.message, "bad");
  }
  button.disabled = false;
  look();
}

/** Ask a person; what is thrown away does not come back. */
function isMeant(action, name) {
  const box = document.getElementById("question");
  document.getElementById("question-title").textContent = given.words[`${action}_title`];
  document.getElementById("question-text").textContent = given.words[`${action}_text`].replace("{name}", () => name);
  document.getElementById("question-yes").textContent = given.words[`yes_${action}`];
  box.returnValue = "";
  box.showModal();
  return new Promise((answer) => box.addEventListener("close", () => answer(box.returnValue === "yes"), { once: true }));
}
