// What is done with an event and its clip: verdict, hold, private links. Each change is one call of the API.
import { ask, given, say } from "./site.js";

const said = document.getElementById("said");
const evidence = given.evidence_id && `/api/evidence/${encodeURIComponent(given.evidence_id)}`;

for (const one of document.querySelectorAll(".needs-script")) one.hidden = false;

/** Ask, and show the page anew; or say why not. */
async function change(button, method, path, body) {
  button.disabled = true;
  try {
    await ask(method, path, body);
    location.reload();
  } catch (error) {
    button.disabled = false;
    say(said, error.message, "bad");
    said.scrollIntoView({ block: "nearest" });
  }
}

document.getElementById("verdict-form")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const verdict = event.submitter?.value ?? "confirmed";
  const reason = form.elements.reason;
  reason.required = verdict === "dismissed";
  if (!form.reportValidity()) return;
  const path = `/api/events/${encodeURIComponent(given.event_id)}/verdict`;
  change(event.submitter, "POST", path, { verdict, reason: reason.value.trim() || null });
});
// So that the browser does not refuse the form before it is known which button it is.
for (const button of document.querySelectorAll("#verdict-form button")) button.formNoValidate = true;

document.getElementById("hold-form")?.addEventListener("submit", (event) => {
  event.preventDefault();
  change(event.submitter, "POST", `${evidence}/hold`, { reason: event.target.elements.reason.value });
});
const lift = document.getElementById("lift-hold");
lift?.addEventListener("click", () => change(lift, "DELETE", `${evidence}/hold`));

for (const button of document.querySelectorAll("[data-extend]")) {
  const path = `/api/links/${encodeURIComponent(button.dataset.extend)}`;
  button.addEventListener("click", () => change(button, "PATCH", path, { hours: 24 }));
}
for (const button of document.querySelectorAll("[data-revoke]")) {
  const path = `/api/links/${encodeURIComponent(button.dataset.revoke)}`;
  button.addEventListener("click", () => change(button, "DELETE", path));
}

const address = document.getElementById("link-address");
document.getElementById("link-form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const wanted = { hours: Number(form.elements.hours.value), part: Number(form.elements.part?.value ?? 0) };
  event.submitter.disabled = true;
  try {
    const made = await ask("POST", `${evidence}/links`, wanted);
    address.value = made.private_link;
    document.getElementById("open-link").href = made.private_link;
    document.getElementById("link-local").hidden = made.reach !== "local";
    document.getElementById("new-link").hidden = false;
    address.focus();
    address.select();
  } catch (error) {
    say(said, error.message, "bad");
  }
  event.submitter.disabled = false;
});
const copy = document.getElementById("copy-link");
copy?.addEventListener("click", async () => {
  address.select();
  try {
    await navigator.clipboard.writeText(address.value);
  } catch {
    document.execCommand("copy"); // without https there is no clipboard but this one
  }
  copy.textContent = given.words.copied;
  setTimeout(() => (copy.textContent = given.words.copy_link), 2000);
});
