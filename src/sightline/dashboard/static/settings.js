// Sends a test to a receiver, and says what came of it.
import { ask, say } from "./site.js";

for (const button of document.querySelectorAll("[data-test]")) {
  const place = button.closest("li").querySelector(".notice");
  button.addEventListener("click", async () => {
    button.disabled = true;
    say(place, button.dataset.sending);
    try {
      const told = await ask("POST", `/api/test/${button.dataset.test}`);
      const said = told.arrived ? button.dataset.arrived : button.dataset.lost;
      say(place, said.replace("{detail}", () => told.detail.replace(/\.$/, "")), told.arrived ? "good" : "bad");
    } catch (refused) {
      say(place, refused.message, "bad");
    } finally {
      button.disabled = false;
    }
  });
}
