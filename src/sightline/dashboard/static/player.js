// The player: keys, parts, the bar under the video, and who stands where drawn over it.
import { ask, given, say } from "./site.js";

const clip = given.clip;
const video = document.getElementById("video");
if (clip && video) start();

function start() {
  const canvas = document.getElementById("boxes");
  const playhead = document.getElementById("playhead");
  const bar = document.querySelector("#bar svg");
  const clock = document.getElementById("clock");
  const complaint = document.getElementById("player-said");
  const shownBoxes = document.getElementById("show-boxes");
  const wideBar = bar.viewBox.baseVal.width;
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  const tenths = new Intl.NumberFormat(document.documentElement.lang, digits);
  let number = 0;
  let tracks = null;

  const part = () => clip.parts[number];
  const now = () => part().starts + video.currentTime;

  document.getElementById("keys").hidden = false;
  tell();
  loadBoxes();

  /** Play from a second of the whole clip, in whichever part that lies. */
  function seek(second) {
    const wanted = Math.min(Math.max(0, second), clip.length - 0.01);
    let next = clip.parts.findLastIndex((one) => one.starts <= wanted);
    if (next < 0) next = 0;
    const within = Math.max(0, wanted - clip.parts[next].starts);
    if (next === number) {
      video.currentTime = within;
      return;
    }
    open(next, within, !video.paused);
  }

  function open(next, within, play) {
    number = next;
    video.src = part().src;
    video.addEventListener("loadedmetadata", () => (video.currentTime = within), { once: true });
    if (play) video.play().catch(() => {});
    mark();
  }

  function mark() {
    for (const one of document.querySelectorAll("[data-part]")) {
      if (Number(one.dataset.part) === number) one.setAttribute("aria-current", "true");
      else one.removeAttribute("aria-current");
    }
  }
  mark();

  for (const one of document.querySelectorAll("[data-part]")) {
    one.addEventListener("click", (event) => {
      event.preventDefault();
      open(Number(one.dataset.part), 0, true);
    });
  }
  video.addEventListener("ended", () => {
    if (number + 1 < clip.parts.length) open(number + 1, 0, true);
  });

  if (clip.happened) {
    const button = document.getElementById("to-event");
    button.hidden = false;
    button.addEventListener("click", () => seek(clip.happened[0]));
  }
  bar.addEventListener("click", (event) => {
    const place = bar.getBoundingClientRect();
    seek(((event.clientX - place.left) / place.width) * clip.length);
  });

  // Keys, wherever on the page one is, but not while typing or on something that has keys of its own.
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input:not([type=checkbox]), textarea, select")) return;
      if (event.key === " " && event.target.closest("input, button, summary, a")) return;
      const deeds = {
        " ": () => (video.paused ? video.play().catch(() => {}) : video.pause()),
        ArrowLeft: () => seek(now() - 5),
        ArrowRight: () => seek(now() + 5),
        ",": () => step(-1),
        ".": () => step(1),
      };
      const deed = deeds[event.key];
      if (!deed) return;
      event.preventDefault();
      event.stopPropagation();
      deed();
    },
    true,
  );

  function step(pictures) {
    video.pause();
    seek(now() + pictures * part().frame);
  }

  // What is shown: the sealed file, or a copy of it; and why not, where nothing is.
  async function tell() {
    const said = document.getElementById("copy-said");
    try {
      const head = await fetch(part().src, { method: "HEAD" });
      if (head.ok) {
        said.textContent = given.words[`copy_${head.headers.get("X-Clip-Copy")}`] ?? "";
        return;
      }
      await ask("GET", part().src);
    } catch (error) {
      document.querySelector(".stage").hidden = true;
      say(complaint, error.message, "bad");
    }
  }
  video.addEventListener("error", () => {
    if (complaint.hidden) say(complaint, given.words.cannot_play, "bad");
  });

  // Who stands where.
  async function loadBoxes() {
    try {
      const told = await ask("GET", `/api/evidence/${encodeURIComponent(clip.evidence_id)}/boxes`);
      if (!told.frames.length) return;
      tracks = byTrack(told.frames);
      document.getElementById("boxes-switch").hidden = false;
      shownBoxes.addEventListener("change", draw);
      draw();
    } catch {
      // The video is there all the same.
    }
  }

  const colours = { staff: "#56b4e9", customer: "#f0a04b", unknown: "#d0d7d3" };

  function draw() {
    const second = now();
    const x = (wideBar * second) / (clip.length || 1);
    playhead.setAttribute("x1", x);
    playhead.setAttribute("x2", x);
    clock.textContent = `${tenths.format(second)} / ${tenths.format(clip.length)} s`;
    const wide = video.clientWidth;
    const high = video.clientHeight;
    const scale = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(wide * scale) || canvas.height !== Math.round(high * scale)) {
      canvas.width = Math.round(wide * scale);
      canvas.height = Math.round(high * scale);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, wide, high);
    if (!tracks || !shownBoxes.checked || !video.videoWidth) return;
    // The picture may be narrower than its element.
    const fit = Math.min(wide / video.videoWidth, high / video.videoHeight);
    const width = video.videoWidth * fit;
    const height = video.videoHeight * fit;
    const left = (wide - width) / 2;
    const top = (high - height) / 2;
    pen.font = "600 12px system-ui, sans-serif";
    pen.lineWidth = 2;
    for (const [id, track] of tracks) {
      const box = placeAt(track.seen, second);
      if (!box) continue;
      const [x1, y1, x2, y2] = [left + box[0] * width, top + box[1] * height, left + box[2] * width, top + box[3] * height];
      pen.strokeStyle = colours[track.role];
      pen.setLineDash(track.role === "staff" ? [] : track.role === "customer" ? [7, 3] : [2, 3]);
      pen.strokeRect(x1, y1, x2 - x1, y2 - y1);
      const label = `${given.words[`role_${track.role}`]} ${id}`;
      const wideLabel = pen.measureText(label).width + 8;
      const labelTop = Math.max(0, y1 - 17);
      pen.fillStyle = "rgb(0 0 0 / .72)";
      pen.fillRect(x1 - 1, labelTop, wideLabel, 16);
      pen.fillStyle = colours[track.role];
      pen.fillText(label, x1 + 3, labelTop + 12);
    }
  }

  function loop() {
    draw();
    if (!video.paused && !video.ended) requestAnimationFrame(loop);
  }
  video.addEventListener("play", loop);
  for (const name of ["seeked", "timeupdate", "loadedmetadata", "loadeddata", "pause"]) video.addEventListener(name, draw);
  new ResizeObserver(draw).observe(video);
}

/** From pictures with people to people with pictures. */
function byTrack(frames) {
  const found = new Map();
  for (const frame of frames) {
    for (const person of frame.people) {
      if (!found.has(person.track_id)) found.set(person.track_id, { role: person.role, seen: [] });
      found.get(person.track_id).seen.push([frame.t, person.box]);
    }
  }
  return found;
}

/** Where somebody is between two pictures in which they were seen; null where they were not seen for a second. */
function placeAt(seen, second) {
  let low = 0;
  let high = seen.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (seen[middle][0] <= second) low = middle + 1;
    else high = middle;
  }
  const before = seen[low - 1];
  const after = seen[low];
  if (before && after && after[0] - before[0] <= 1.2) {
    const share = (second - before[0]) / (after[0] - before[0] || 1);
    return before[1].map((edge, place) => edge + (after[1][place] - edge) * share);
  }
  if (before && second - before[0] <= 0.3) return before[1];
  if (after && after[0] - second <= 0.3) return after[1];
  return null;
}
