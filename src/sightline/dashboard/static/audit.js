// Counting: stretches are drawn, watched, counted, and only then compared with what was found.
import { ask, given, say } from "./site.js";

const tenths = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

const POLL_MS = 1000;
const PATIENCE_MS = 120_000;
const { words } = given;
const by = (id) => document.getElementById(id);
const draw = by("draw");
if (draw) start();

function start() {
  const video = by("clip");
  const truth = by("truth");
  const matched = by("matched");
  let chosen = null; // venue, camera, rule
  let stretches = [];
  let number = 0;
  let counted = 0;
  let parts = [];
  let part = 0;
  let turn = 0; // what answers late belongs to a stretch that is gone

  const camera = draw.elements.camera;
  const lastDay = () => (draw.elements.last.value = camera.selectedOptions[0].dataset.last);
  camera.addEventListener("change", lastDay);
  if (!draw.elements.last.value) lastDay();

  const ofCamera = () => `/api/audits/${encodeURIComponent(chosen.venue_id)}/${encodeURIComponent(chosen.camera_id)}`;

  draw.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [venue, id] = camera.value.split("/");
    chosen = { venue_id: venue, camera_id: id, rule: draw.elements.rule.value };
    const wish = { rule: chosen.rule };
    for (const name of ["last", "days", "seconds", "count"]) wish[name] = draw.elements[name].value;
    say(by("draw-said"), words.step_drawing);
    try {
      ({ stretches } = await ask("GET", `${ofCamera()}/stretches?${new URLSearchParams(wish)}`));
    } catch (refused) {
      return say(by("draw-said"), refused.message, "bad");
    }
    if (!stretches.length) return say(by("draw-said"), words.step_nothing);
    say(by("draw-said"), "");
    number = 0;
    counted = 0;
    by("choosing").hidden = true;
    by("counting").hidden = false;
    show();
  });

  /** The next stretch, or the end. */
  async function show() {
    if (number >= stretches.length) return finish();
    const mine = ++turn;
    const stretch = stretches[number];
    by("number").textContent = words.step_number.replace("{n}", number + 1).replace("{all}", stretches.length);
    by("help").textContent = words[`step_help_${chosen.rule}`];
    by("watching").hidden = true;
    by("count-form").hidden = false;
    by("match-form").hidden = true;
    by("skip").hidden = false;
    by("stop").hidden = false;
    truth.value = 0;
    say(by("clip-said"), words.step_cutting);
    by("number").focus();
    try {
      const cut = await ask("POST", "/api/evidence/cut", {
        venue_id: chosen.venue_id,
        camera_id: chosen.camera_id,
        from: stretch.from,
        to: stretch.shown_until,
        reason: "audit",
      });
      const document = await sealed(cut.evidence_id, mine);
      if (mine !== turn) return;
      parts = document.manifest.parts.map((one, place) => ({
        src: `/api/evidence/${encodeURIComponent(cut.evidence_id)}/clip?part=${one.part ?? place}`,
        starts: (Date.parse(one.starts_at) - Date.parse(stretch.from)) / 1000,
      }));
    } catch (refused) {
      if (mine === turn) say(by("clip-said"), `${words.step_failed} ${refused.message}`, "bad");
      return;
    }
    say(by("clip-said"), "");
    by("watching").hidden = false;
    restart();
  }

  /** The papers of a clip, once it is sealed. */
  async function sealed(id, mine) {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const document = await ask("GET", `/api/evidence/${encodeURIComponent(id)}`);
      if (document.manifest && document.state === "sealed") return document;
      if (document.state !== "wanted") throw new Error(document.note ?? document.state);
      if (Date.now() > until || mine !== turn) throw new Error(words.step_too_long);
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }

  // Seconds are counted from the start of the stretch; a clip begins a little before it, at a key frame.
  const length = () => (Date.parse(stretches[number].to) - Date.parse(stretches[number].from)) / 1000;
  const now = () => (parts[part]?.starts ?? 0) + video.currentTime;

  function seek(second, play) {
    const wanted = Math.max(0, parts.findLastIndex((one) => one.starts <= second));
    const within = Math.max(0, second - parts[wanted].starts);
    const go = () => {
      video.currentTime = within;
      video.playbackRate = Number(by("speed").value);
      if (play) video.play().catch(() => undefined);
    };
    if (wanted === part && video.src.endsWith(parts[wanted].src)) return go();
    part = wanted;
    video.src = parts[wanted].src;
    video.addEventListener("loadedmetadata", go, { once: true });
  }
  const restart = () => seek(0, true);

  function tell() {
    if (!parts.length || number >= stretches.length) return;
    const at = now();
    const said = at < 0 ? words.step_before : at <= length() ? words.step_inside : words.step_after;
    const clock = `${Math.max(0, at).toFixed(0)} / ${length().toFixed(0)} s`;
    const where = by("where");
    if (where.dataset.said !== said) where.dataset.said = said;
    where.textContent = `${clock} · ${said}`;
  }
  for (const name of ["timeupdate", "seeked", "loadedmetadata"]) video.addEventListener(name, tell);
  video.addEventListener("ended", () => {
    if (part + 1 < parts.length) seek(parts[part + 1].starts, true);
  });
  video.addEventListener("error", () => say(by("clip-said"), words.step_cannot_play, "bad"));
  by("play").addEventListener("click", playOrPause);
  by("again").addEventListener("click", restart);
  by("speed").addEventListener("change", () => (video.playbackRate = Number(by("speed").value)));

  function playOrPause() {
    if (video.paused) video.play().catch(() => undefined);
    else video.pause();
  }
  function count(more) {
    truth.value = Math.min(1000, Math.max(0, (Number(truth.value) || 0) + more));
  }
  by("less").addEventListener("click", () => count(-1));
  by("more").addEventListener("click", () => count(1));
  document.addEventListener("keydown", (event) => {
    if (by("watching").hidden || event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target.closest("select, input");
    if (event.key === " " && !event.target.closest("button, select")) playOrPause();
    else if (event.key === "Home" && !isTyping) restart();
    else if ((event.key === "+" || event.key === "-") && !by("count-form").hidden) count(event.key === "+" ? 1 : -1);
    else return;
    event.preventDefault();
  });

  // Only now is what was found asked for; the count does not change any more.
  by("count-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    video.pause();
    const mine = turn;
    const stretch = stretches[number];
    const asked = { rule: chosen.rule, from: stretch.from, to: stretch.to };
    try {
      const told = await ask("GET", `${ofCamera()}/found?${new URLSearchParams(asked)}`);
      if (mine === turn) compare(told);
    } catch (refused) {
      say(by("clip-said"), refused.message, "bad");
    }
  });

  function compare(told) {
    const said = words.step_found.replace("{truth}", truth.value).replace("{found}", told.found);
    const most = Math.min(told.found, Number(truth.value));
    by("found-said").textContent = said;
    by("moments").replaceChildren(...told.moments.map(button));
    matched.max = most;
    matched.value = most;
    by("matched-label").hidden = most === 0;
    by("count-form").hidden = true;
    by("match-form").hidden = false;
    by("skip").hidden = true; // whoever knows the answer does not choose what counts
    by("stop").hidden = true;
    by("found-said").focus();
  }

  function button(moment) {
    const second = (Date.parse(moment) - Date.parse(stretches[number].from)) / 1000;
    const one = document.createElement("button");
    one.type = "button";
    one.className = "plain slim";
    one.textContent = words.step_at.replace("{at}", `${tenths.format(second)}\u00a0s`);
    one.addEventListener("click", () => seek(Math.max(0, second - 1), true));
    return one;
  }

  by("match-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const mine = turn;
    const stretch = stretches[number];
    const send = event.submitter;
    send.disabled = true;
    try {
      await ask("POST", "/api/audits", {
        ...chosen,
        from: stretch.from,
        to: stretch.to,
        truth: Number(truth.value),
        matched: Number(matched.value),
      });
      if (mine !== turn) return;
      counted += 1;
      number += 1;
      show();
    } catch (refused) {
      say(by("clip-said"), refused.message, "bad");
    } finally {
      send.disabled = false;
    }
  });

  by("skip").addEventListener("click", () => {
    video.pause();
    number += 1;
    show();
  });
  by("stop").addEventListener("click", finish);

  function finish() {
    turn += 1;
    video.pause();
    location.assign(`/audit?${new URLSearchParams({ ...chosen, done: counted })}`);
  }
}
