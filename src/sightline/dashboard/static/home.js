// The home page: live tiles, and the form that adds the first venue.
import { ask, say } from "./site.js";

const EVERY_MS = 10_000;
const now = document.getElementById("now");
const note = document.querySelector(".now-note");

function clock(at) {
  return at.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
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

const form = document.getElementById("add-venue");
if (form) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) form.elements.timezone.value = zone;
  const list = document.getElementById("zones");
  for (const name of Intl.supportedValuesOf?.("timeZone") ?? []) list.append(new Option(name, name));
  form.elements.name.addEventListener("change", () => {
    const id = form.elements.id;
    if (!id.value) {
      const plain = form.elements.name.value.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
      id.value = plain.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 50);
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const place = form.querySelector("p");
    try {
      const told = await ask("POST", "/venues", Object.fromEntries(new FormData(form)));
      say(place, form.dataset.added.replace("{key}", told.api_key), "good");
      const go = document.createElement("a");
      go.className = "button";
      go.href = `/cameras/new?venue_id=${encodeURIComponent(told.venue_id)}`;
      go.textContent = form.dataset.go;
      form.querySelector(".row").replaceChildren(go);
    } catch (refused) {
      say(place, refused.message, "bad");
    }
  });
}
