// What is shown once: a new key, a new password; and deeds that are asked for twice.
import { given, say } from "./site.js";

/** Show a secret, at the only time when it can be read; the page is as new afterwards. */
export function showOnce(secret, title) {
  const box = document.getElementById("once");
  const field = document.getElementById("secret");
  const heading = document.getElementById("once-title");
  if (title) heading.textContent = title;
  field.value = secret;
  box.hidden = false;
  heading.focus();
  document.getElementById("copy").onclick = async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(secret);
      say(document.getElementById("copy-said"), given.words.do_copied, "good");
    } catch {
      say(document.getElementById("copy-said"), given.words.do_select); // without https there is no clipboard
    }
  };
  document.getElementById("kept").onclick = () => {
    field.value = "";
    location.reload();
  };
}

/** Have a button ask once more before it does something that cannot be taken back. */
export function twice(button, deed) {
  const text = button.textContent;
  button.addEventListener("click", () => {
    if (button.dataset.armed) return deed();
    button.dataset.armed = "yes";
    button.textContent = given.words.do_really;
  });
  button.addEventListener("blur", () => {
    delete button.dataset.armed;
    button.textContent = text;
  });
}
