// The form that adds a venue: on the first page of a new site, and on the list of venues.
import { ask, say } from "./site.js";

const form = document.getElementById("add-venue");

function suggestId() {
  const id = form.elements.id;
  if (id.value) return;
  const plain = form.elements.name.value.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  id.value = plain.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 50);
}

/** What was typed is settled; its key is for whoever needs it, the way on for everybody. */
function showAdded(told) {
  const { added, key, go } = form.dataset;
  const next = document.createElement("a");
  next.className = "button";
  next.href = `/cameras/new?venue_id=${encodeURIComponent(told.venue_id)}`;
  next.textContent = go;
  const said = document.createElement("p");
  const secret = document.createElement("p");
  secret.className = "soft small";
  const code = document.createElement("code");
  code.textContent = told.api_key;
  secret.append(key, " ", code);
  const row = document.createElement("p");
  row.className = "row";
  row.append(next);
  form.replaceChildren(said, row, secret);
  say(said, added.replace("{name}", () => form.dataset.name), "good");
  next.focus();
}

async function add(event) {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const venue = Object.fromEntries(new FormData(form));
    const told = await ask("POST", "/venues", venue);
    form.dataset.name = venue.name;
    showAdded(told);
  } catch (refused) {
    button.disabled = false;
    say(form.querySelector("p"), refused.message, "bad");
  }
}

if (form) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) form.elements.timezone.value = zone;
  const list = document.getElementById("zones");
  for (const name of Intl.supportedValuesOf?.("timeZone") ?? []) list.append(new Option(name, name));
  form.elements.name.addEventListener("change", suggestId);
  form.addEventListener("submit", add);
}
