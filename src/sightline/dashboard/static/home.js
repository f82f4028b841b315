// The home page: live tiles.

const EVERY_MS = 10_000;
const now = document.getElementById("now");
const note = document.querySelector(".now-note");

function clock(at) {
  return at.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
}

let asOf = new Date();

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/now", { redirect: "manual" });
    if (answer.type === "opaqueredirect") return location.reload(); // the session has ended
    if (!answer.ok) throw new Error(answer.status);
    // Our own template has escaped it; parsed apart, so that focus can be kept.
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focused = document.activeElement?.closest("#now") ? document.activeElement.getAttribute("href") : null;
    now.replaceChildren(...fresh.body.childNodes);
    if (focused) now.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    // The last of the first steps is done: the camera has begun to watch.
    if (document.querySelector(".guide.waits") && now.querySelector(".camera-list .badge.good")) location.reload();
    asOf = new Date();
    note.textContent = note.dataset.updated.replace("{at}", clock(asOf));
    note.classList.remove("notice");
  } catch {
    note.textContent = note.dataset.stale.replace("{at}", clock(asOf));
    note.classList.add("notice");
  }
}

if (now) {
  note.textContent = note.dataset.updated.replace("{at}", clock(asOf));
  setInterval(refresh, EVERY_MS);
  document.addEventListener("visibilitychange", refresh);
}
