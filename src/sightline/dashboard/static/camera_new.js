// /cameras/new: an address is tried before it is kept; its password goes to the API alone.

import { ask, given, say, answerOf } from "./site.js";

const at = (id) => document.getElementById(id);
const form = at("camera");
const field = (name) => form.elements[name];

const LOGIN = /^([a-z][a-z0-9+.-]*:\/\/)([^/@]*)@(.*)$/i;
// Passwords hold "/" and "@", too: where an IP address or a port follows the last "@", all before it is the login.
const LATE_LOGIN =
  /^([a-z][a-z0-9+.-]*:\/\/)([^@]*:.*)@((?:\d{1,3}(?:\.\d{1,3}){3}|[^\s:@/?#]+:\d{1,5})(?:[:/?#][^@]*)?)$/i;

/** What was typed as one address; empty when there is none. */
function source() {
  const address = field("address").value.trim();
  const user = field("user").value;
  const password = field("password").value;
  const parts = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/i.exec(address);
  if (!parts || !(user || password)) return address;
  return `${parts[1]}${encodeURIComponent(user)}:${encodeURIComponent(password)}@${parts[2]}`;
}

// An address that was pasted with its password: that belongs where nobody reads it.
function takeApart() {
  const address = field("address").value.trim();
  const found = LATE_LOGIN.exec(address) ?? LOGIN.exec(address);
  if (!found) return;
  const [user, ...password] = found[2].split(":");
  field("address").value = found[1] + found[3];
  field("user").value = decoded(user);
  field("password").value = decoded(password.join(":"));
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function test(event) {
  takeApart();
  if (!source()) return say(at("answer"), given.words.no_address, "bad");
  event.target.disabled = true;
  at("shown").hidden = true;
  at("warnings").replaceChildren();
  say(at("answer"), given.words.testing);
  try {
    const body = { venue_id: field("venue_id").value, source: source(), transport: field("transport").value };
    if (field("id").value && field("id").checkValidity()) body.id = field("id").value;
    showTrial(await ask("POST", "/api/cameras/test", body));
  } catch (refused) {
    say(at("answer"), refused.message, "bad");
  } finally {
    event.target.disabled = false;
  }
}

function showTrial(trial) {
  const words = trial.answered ? given.words.answered : given.words.silent;
  say(at("answer"), words.replace("{detail}", () => answerOf(trial.detail)), trial.answered ? "good" : "bad");
  const notes = trial.answered && !trial.picture ? [given.words.no_picture] : [];
  for (const text of [...notes, ...trial.warnings]) {
    const line = document.createElement("li");
    line.textContent = text;
    at("warnings").append(line);
  }
  if (!trial.picture) return;
  at("shown").querySelector("img").src = `data:image/jpeg;base64,${trial.picture}`;
  at("shown").hidden = false;
}

async function add(event) {
  event.preventDefault();
  takeApart();
  const button = at("add");
  button.disabled = true;
  try {
    const added = await ask("POST", "/api/cameras", {
      venue_id: field("venue_id").value,
      id: field("id").value,
      name: field("name").value.trim(),
      source: source(),
      transport: field("transport").value,
    });
    form.reset();
    location.assign(`/cameras/${encodeURIComponent(added.venue_id)}/${encodeURIComponent(added.camera_id)}/zones`);
  } catch (refused) {
    button.disabled = false;
    say(at("refused"), refused.message, "bad");
  }
}

async function search(event) {
  const place = at("found");
  event.target.disabled = true;
  place.textContent = given.words.searching;
  try {
    const { cameras } = await ask("POST", "/api/cameras/discover");
    place.textContent = cameras.length ? given.words.found : given.words.found_none;
    const list = document.createElement("ul");
    list.className = "plain-list";
    for (const one of cameras) {
      const take = document.createElement("button");
      take.type = "button";
      take.className = "plain slim";
      take.textContent = [one.address, one.name, one.hardware, one.location].filter(Boolean).join(" · ");
      take.addEventListener("click", () => {
        field("address").value = `rtsp://${one.address.includes(":") ? `[${one.address}]` : one.address}:554/`;
        if (!field("name").value) field("name").value = one.name;
        field("address").focus();
      });
      const line = document.createElement("li");
      line.append(take);
      list.append(line);
    }
    if (cameras.length) place.append(list);
  } catch (refused) {
    place.textContent = refused.message;
  } finally {
    event.target.disabled = false;
  }
}

// The short name follows the name until somebody types it.
function suggestId() {
  const plain = field("name").value.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  field("id").value = plain.replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 50);
}

if (form) {
  let idIsTyped = Boolean(field("id").value);
  field("id").addEventListener("input", () => (idIsTyped = Boolean(field("id").value)));
  field("name").addEventListener("input", () => idIsTyped || suggestId());
  field("address").addEventListener("change", takeApart);
  at("test").addEventListener("click", test);
  at("search").addEventListener("click", search);
  form.addEventListener("submit", add);
}
