// Accounts: added, changed, given another password, removed.
import { ask, given, say } from "./site.js";
import { showOnce, twice } from "./shown_once.js";

const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"; // none that look alike
const GROUPS = 4;
const OF = 5;

/** Some 99 bits, in groups that can be read out. */
function newPassword() {
  const signs = [];
  while (signs.length < GROUPS * OF) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < LETTERS.length * 8) signs.push(LETTERS[byte % LETTERS.length]); // so that none comes more often
  }
  return Array.from({ length: GROUPS }, (_, group) => signs.slice(group * OF, (group + 1) * OF).join("")).join("-");
}

const title = (name) => given.words.do_title_password.replace("{name}", () => name);
const chosen = (form) => ({
  role: form.elements.role.value,
  venues: form.elements.role.value === "administrator" ? [] : [...form.querySelectorAll("[name=venues]:checked")].map((one) => one.value),
});

/** An administrator reaches all venues: there is nothing to choose. */
function followRole(form) {
  const boxes = form.querySelector(".venue-boxes");
  const update = () => (boxes.hidden = form.elements.role.value === "administrator");
  form.elements.role.addEventListener("change", update);
  update();
}

const add = document.getElementById("add-user");
followRole(add);
add.addEventListener("submit", async (event) => {
  event.preventDefault();
  const place = add.querySelector(".notice");
  const password = newPassword();
  try {
    const made = await ask("POST", "/api/users", { name: add.elements.name.value, password, ...chosen(add) });
    add.reset();
    say(place, "");
    showOnce(password, title(made.name));
  } catch (refused) {
    say(place, refused.message, "bad");
  }
});

for (const item of document.querySelectorAll("[data-user]")) {
  const form = item.querySelector("form");
  const place = item.querySelector(":scope > .notice");
  const path = `/api/users/${item.dataset.user}`;
  followRole(form);

  async function change(wanted) {
    try {
      await ask("PATCH", path, wanted);
      location.reload();
    } catch (refused) {
      say(place, refused.message, "bad");
    }
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    change(chosen(form));
  });
  for (const button of form.querySelectorAll("[data-do]")) {
    const what = button.dataset.do;
    if (what === "enable") button.addEventListener("click", () => change({ disabled: false }));
    if (what === "disable") twice(button, () => change({ disabled: true }));
    if (what === "remove") {
      twice(button, async () => {
        try {
          await ask("DELETE", path);
          location.reload();
        } catch (refused) {
          say(place, refused.message, "bad");
        }
      });
    }
    if (what === "reset") {
      twice(button, async () => {
        const password = newPassword();
        try {
          await ask("PATCH", path, { password });
          showOnce(password, title(item.dataset.name));
        } catch (refused) {
          say(place, refused.message, "bad");
        }
      });
    }
  }
}
