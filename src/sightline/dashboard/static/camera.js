// /cameras/VENUE/CAMERA: its newest picture about once a second, how it is, and what can be changed of it.

import { ask, given, say, answerOf } from "./site.js";
import { follow, moment, pause, reasonOf, watchPicture, whenSeen } from "./live_still.js";

const at = (id) => document.getElementById(id);
const said = at("said");
const api = `/api/cameras/${encodeURIComponent(given.camera)}`;
const ofVenue = `?venue_id=${encodeURIComponent(given.venue)}`;

function live() {
  const image = at("still");
  if (!image) return;
  watchPicture(image);
  const begin = () =>
    follow(image, {
      address: image.dataset.address,
      everyMs: given.every_ms,
      onPicture: (taken) => {
        at("still-problem").textContent = "";
        at("taken").textContent = taken
          ? given.words.picture_of.replace("{time}", `${moment(taken, given.zone, given.language)}.`)
          : "";
      },
      onProblem: (text) => (at("still-problem").textContent = text),
    });
  let running = begin();
  const stop = at("stop");
  if (!stop) return;
  stop.hidden = false;
  stop.addEventListener("click", () => {
    if (running) {
      running.stop();
      running = null;
    } else {
      running = begin();
    }
    stop.textContent = running ? given.words.stop_live : given.words.go_live;
  });
}

async function condition() {
  for (;;) {
    await pause(given.refresh_s * 1000);
    await whenSeen();
    const camera = await ask("GET", `${api}${ofVenue}`).catch(() => null);
    if (!camera) continue;
    // It has begun to send since the page was made: its live picture belongs here. Not while somebody types.
    if (camera.condition === "running" && !at("stop") && !document.querySelector("#change :focus")) location.reload();
    at("badge").textContent = given.words[`condition_${camera.condition}`] ?? camera.condition;
    at("badge").className = `badge ${given.badges[camera.condition] ?? ""}`;
    const reason = at("reason");
    reason.textContent = reasonOf(camera, given.words);
    const badge = given.badges[camera.condition];
    reason.className = `notice ${badge === "bad" ? "bad" : badge ? "" : "info"}`;
    reason.hidden = !reason.textContent;
  }
}

async function attempt(work) {
  try {
    await work();
  } catch (refused) {
    say(said, refused.message, "bad");
  }
}

function settings() {
  const form = at("change");
  if (!form) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const changes = { name: form.elements.name.value.trim() };
    if (form.elements.transport) changes.transport = form.elements.transport.value;
    if (form.elements.source?.value) changes.source = form.elements.source.value.trim();
    attempt(async () => {
      await ask("PATCH", `${api}${ofVenue}`, changes);
      if (form.elements.source) form.elements.source.value = "";
      say(said, given.words.saved, "good");
    });
  });
  at("pause")?.addEventListener("click", (event) =>
    attempt(async () => {
      await ask("PATCH", `${api}${ofVenue}`, { enabled: event.target.dataset.enabled === "true" });
      location.reload();
    }),
  );
  at("test")?.addEventListener("click", (event) =>
    attempt(async () => {
      event.target.disabled = true;
      say(said, given.words.testing);
      try {
        const trial = await ask("POST", `${api}/test${ofVenue}`);
        const text = trial.answered ? given.words.answered.replace("{detail}", () => answerOf(trial.detail)) : answerOf(trial.detail);
        say(said, [text, ...trial.warnings].join(" · "), trial.answered ? "good" : "bad");
      } finally {
        event.target.disabled = false;
      }
    }),
  );
  const sure = at("sure");
  at("remove")?.addEventListener("click", () => sure.showModal());
  sure?.addEventListener("close", () => {
    if (sure.returnValue !== "remove") return;
    attempt(async () => {
      await ask("DELETE", `${api}${ofVenue}`);
      location.assign(given.list);
    });
  });
}

live();
condition();
settings();
