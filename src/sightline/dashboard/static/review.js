// The list of stays: a clip of one is cut when somebody wants to watch it.
import { ask, given, say } from "./site.js";

const said = document.getElementById("said");

async function watch(button) {
  const { venue, camera, from, to, reason } = button.dataset;
  button.disabled = true;
  button.textContent = given.words.cutting;
  try {
    const cut = await ask("POST", "/api/evidence/cut", {
      venue_id: venue,
      camera_id: camera,
      from,
      to,
      reason,
    });
    location.assign(`/review/${encodeURIComponent(cut.evidence_id)}`);
  } catch (error) {
    button.disabled = false;
    button.textContent = given.words.watch;
    say(said, error.message, "bad");
    said.scrollIntoView({ block: "nearest" });
  }
}

for (const button of document.querySelectorAll("button.watch")) {
  button.hidden = false;
  button.addEventListener("click", () => watch(button));
}
