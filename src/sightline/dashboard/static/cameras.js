// /cameras: how each camera is, asked for again every few seconds while somebody looks.

import { ask, given, say } from "./site.js";
import { moment, pause, reasonOf, refreshStill, watchPicture, whenSeen } from "./live_still.js";

const DASH = "–";
const said = document.getElementById("said");
const cards = [...document.querySelectorAll("[data-camera]")];
let answeredAt = new Date();

function show(card, camera) {
  const part = (name) => card.querySelector(`[data-part="${name}"]`);
  const isLive = given.live.includes(camera.condition);
  const badge = part("badge");
  badge.textContent = given.words[`condition_${camera.condition}`] ?? camera.condition;
  badge.className = `badge ${given.badges[camera.condition] ?? ""}`;
  const reason = part("reason");
  reason.textContent = reasonOf(camera, given.words);
  reason.className = `small reason ${given.badges[camera.condition] ?? ""}`;
  reason.hidden = !reason.textContent;
  if (!part("fps")) return; // of recordings alone there is nothing live to tell
  const number = new Intl.NumberFormat(given.language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  part("fps").textContent = isLive && camera.fps !== null ? number.format(camera.fps) : DASH;
  part("events").textContent = new Intl.NumberFormat(given.language).format(camera.events_today);
  const at = camera.last_picture_at ?? camera.recorded_until;
  part("last").textContent = at ? moment(new Date(at), given.zones[camera.venue_id], given.language) : DASH;
}

async function refreshWords() {
  for (;;) {
    await pause(given.refresh_s * 1000);
    await whenSeen();
    try {
      for (const camera of await ask("GET", given.address)) {
        const card = cards.find(
          (one) => one.dataset.camera === camera.camera_id && one.dataset.venue === camera.venue_id,
        );
        if (card) show(card, camera);
      }
      answeredAt = new Date();
      say(said, "");
    } catch {
      say(said, given.words.stale.replace("{time}", answeredAt.toLocaleTimeString("en-GB")));
    }
  }
}

// One after the other: each picture is taken out of a recording, which costs the site some work.
async function refreshStills() {
  for (;;) {
    await pause(given.still_s * 1000);
    for (const image of document.querySelectorAll("img[data-live]")) {
      await whenSeen();
      await refreshStill(image, image.dataset.live).catch(() => undefined);
    }
  }
}

for (const image of document.querySelectorAll(".still-frame img")) watchPicture(image);
if (cards.length) {
  refreshWords();
  refreshStills();
}
