// Says that a person has seen an alert.
import { ask, say } from "./site.js";

for (const button of document.querySelectorAll("button.seen")) {
  button.addEventListener("click", async () => {
    const item = button.closest("li");
    button.disabled = true;
    try {
      await ask("POST", `/api/alerts/${button.dataset.alert}/acknowledge`);
      item.remove();
      if (!document.querySelector(".alert-list li")) location.reload();
    } catch (refused) {
      button.disabled = false;
      say(item.querySelector(".notice"), refused.message, "bad");
    }
  });
}
