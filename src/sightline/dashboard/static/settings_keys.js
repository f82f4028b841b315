// Keys of programs: made, shown once, revoked.
import { ask, say } from "./site.js";
import { showOnce, twice } from "./shown_once.js";

const form = document.getElementById("make-key");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const place = form.querySelector(".notice");
  const wanted = { name: form.elements.name.value, venue_id: form.elements.venue_id.value || null };
  try {
    const made = await ask("POST", "/api/keys", wanted);
    form.reset();
    say(place, "");
    showOnce(made.api_key);
  } catch (refused) {
    say(place, refused.message, "bad");
  }
});

for (const button of document.querySelectorAll(".revoke")) {
  twice(button, async () => {
    try {
      await ask("DELETE", `/api/keys/${button.closest("tr").dataset.key}`);
      location.reload();
    } catch (refused) {
      say(document.getElementById("keys-said"), refused.message, "bad");
    }
  });
}
