// The newest picture of a camera, fetched again and again while somebody looks at the page.

import { answerOf } from "./site.js";

const PATIENCE = 5; // times as long is waited after a picture did not come
const SAME_PICTURES = 5; // so often the same one, and it is asked for less often

/** Resolves when the page is seen, at once when it is. */
export function whenSeen() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener("visibilitychange", function seen() {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", seen);
      resolve();
    });
  });
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Where a picture does not come, its frame says so instead of a broken icon. */
export function watchPicture(image) {
  const mark = () => image.parentElement.classList.toggle("no-picture", !image.naturalWidth);
  image.addEventListener("error", mark);
  image.addEventListener("load", mark);
  if (image.complete) mark();
}

/** When the newest picture was taken, or null when there is none; puts it into the image. */
export async function refreshStill(image, address) {
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    throw new Error(typeof told.detail === "string" ? told.detail : "");
  }
  const before = image.src;
  image.src = URL.createObjectURL(await answer.blob());
  await image.decode().catch(() => undefined);
  if (before.startsWith("blob:")) URL.revokeObjectURL(before);
  const taken = answer.headers.get("X-Captured-At");
  return taken ? new Date(taken) : null;
}

/** Refreshes an image until it is stopped; pauses while nobody sees the page. */
export function follow(image, { address, everyMs, onPicture, onProblem }) {
  let goesOn = true;
  let same = 0;
  let last = 0;
  (async () => {
    while (goesOn) {
      await whenSeen();
      let wait = everyMs;
      try {
        const taken = await refreshStill(image, address);
        same = taken && taken.getTime() === last ? same + 1 : 0;
        last = taken?.getTime() ?? 0;
        if (same > SAME_PICTURES) wait = everyMs * PATIENCE;
        onPicture(taken);
      } catch (problem) {
        wait = everyMs * PATIENCE;
        onProblem(problem.message);
      }
      await pause(wait);
    }
  })();
  return { stop: () => (goesOn = false) };
}

/** Time of day in the venue's zone; with its day when that is another one than today. */
export function moment(date, zone, language) {
  const day = (at) => at.toLocaleDateString("en-CA", { timeZone: zone });
  const time = date.toLocaleTimeString("en-GB", { timeZone: zone });
  if (day(date) === day(new Date())) return time;
  const options = { timeZone: zone, weekday: "short", day: "numeric", month: "short" };
  return `${date.toLocaleDateString(language === "fr" ? "fr-FR" : "en-GB", options)}, ${time.slice(0, 5)}`;
}

/** Why a camera is as it is and what to do, as the page says it. */
export function reasonOf(camera, words) {
  if (camera.condition === "running") return "";
  if (camera.condition === "gap" && camera.gap) return words[`reason_${camera.gap.reason}`] ?? camera.gap.detail;
  const about = words[`about_${camera.condition}`] ?? "";
  return ["failed", "no_answer"].includes(camera.condition) ? `${about} ${answerOf(camera.detail)}`.trim() : about;
}
