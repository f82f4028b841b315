// /process: files and addresses are chosen, handed over one after another, and followed.

import { ask, given, say } from "./site.js";
import { keepFresh } from "./jobs_shown.js";
import { post, waitBefore } from "./sending.js";
import { hopeless, refusal, refusalInText } from "./refusals.js";

const SMALL_BYTES = 32_000_000;
const TOGETHER = 50;
const { words } = given;
const at = (id) => document.getElementById(id);
const rows = []; // what is to be handed over, in order
const followed = [...document.querySelectorAll("#now [data-job]")].map((card) => card.dataset.job);
let isSending = false;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const megabytes = (size) => new Intl.NumberFormat(given.language, { maximumSignificantDigits: size < 1e7 ? 2 : 4 }).format(size / 1e6);
const zone = () => given.zones[at("venue").value];

/** A line for a file or an address that was chosen. */
function choose(source) {
  const name = source.file?.name ?? source.url;
  const time = element("input", { type: "datetime-local", step: "1", max: "2199-12-31T23:59:59" });
  const timeSaid = element("span", { className: "time-said", textContent: words.recorded_at.replace("{zone}", zone()) });
  const bar = element("progress", { max: 1, value: 0, hidden: true, ariaLabel: words.progress_of.replace("{name}", () => name) });
  const note = element("p", { className: "small soft", hidden: true });
  const takeOut = element("button", { type: "button", className: "plain slim", textContent: words.take_out });
  takeOut.setAttribute("aria-label", words.take_out_name.replace("{name}", () => name));
  const size = source.file ? `${megabytes(source.file.size)} ${given.unit}` : "";
  const line = element(
    "li",
    {},
    element("div", { className: "about-one" }, element("strong", { textContent: name }), element("span", { className: "soft small num", textContent: size }), takeOut),
    element("label", {}, timeSaid, time),
    bar,
    note,
  );
  const row = { ...source, name, line, time, bar, note, state: "chosen", stop: null };
  takeOut.addEventListener("click", () => remove(row));
  rows.push(row);
  at("chosen-list").append(line);
  return row;
}

function remove(row) {
  row.state = "removed";
  row.stop?.abort();
  rows.splice(rows.indexOf(row), 1);
  row.line.remove();
  showCount();
}

function tell(row, text, kind = "soft") {
  row.note.className = kind === "bad" ? "notice bad" : `small ${kind}`;
  row.note.textContent = text;
  row.note.hidden = !text;
}

function refuse(row, text, forGood = false) {
  if (row.state === "removed") return;
  row.state = forGood ? "hopeless" : "refused";
  row.bar.hidden = true;
  row.note.setAttribute("role", "alert");
  tell(row, text, "bad");
}

function showCount() {
  at("to-send").hidden = !rows.length;
  const ready = rows.filter((row) => row.state !== "hopeless").length;
  at("send").textContent = ready > 1 ? words.send_n.replace("{n}", ready) : words.send;
}

async function chooseFiles(files) {
  say(at("refused"), "");
  for (const file of files) {
    const row = choose({ file });
    const reason = await hopeless(file);
    if (reason) refuse(row, reason, true);
  }
  showCount();
}

/** Whether what is typed as an address (if anything) could be taken in. */
function chooseAddress() {
  const url = at("address").value.trim();
  if (!url) return true;
  const reason = refusal({ url }, { status: 0, told: "" }, { before: true });
  say(at("address-refused"), reason, "bad");
  if (reason) return false;
  at("address").value = "";
  choose({ url });
  showCount();
  return true;
}

/** What is asked for all of them. */
function order() {
  const camera = at("camera").value;
  return {
    venue_id: at("venue").value,
    camera_id: camera === "+" ? at("camera-name").value : camera,
    priority: at("priority").value,
  };
}

async function handOver(event) {
  event.preventDefault();
  if (!chooseAddress()) return;
  const wanted = order();
  const ready = rows.filter((row) => row.state === "chosen" || row.state === "refused");
  if (!ready.length) return isSending ? undefined : say(at("refused"), words.nothing_chosen, "bad");
  say(at("refused"), "");
  for (const row of ready) {
    row.state = "waiting";
    row.order = wanted;
    row.time.disabled = true;
    tell(row, words.waits_to_go);
  }
  if (isSending) return;
  isSending = true;
  for (let lot = nextLot(); lot.length; lot = nextLot()) await send(lot);
  isSending = false;
}

/** The next to go: one that is large or has a time of its own alone, small ones together. */
function nextLot() {
  const waiting = rows.filter((row) => row.state === "waiting");
  const isAlone = (row) => !row.file || row.time.value || row.file.size > SMALL_BYTES;
  if (!waiting.length || isAlone(waiting[0])) return waiting.slice(0, 1);
  const lot = [];
  let size = 0;
  for (const row of waiting) {
    if (isAlone(row) || row.order !== waiting[0].order) continue;
    size += row.file.size;
    if (lot.length === TOGETHER || size > SMALL_BYTES) break;
    lot.push(row);
  }
  return lot;
}

async function send(lot) {
  await turn(lot, waitBefore());
  const left = lot.filter((row) => row.state === "waiting");
  if (!left.length) return;
  const stop = new AbortController();
  for (const row of left) {
    row.state = "sending";
    row.stop = left.length === 1 ? stop : null;
    tell(row, row.file ? "" : words.asking);
    row.bar.hidden = !row.file;
  }
  const answer = await post(...request(left), { onBytes: (sent, all) => showBytes(left, sent, all), signal: stop.signal });
  for (const row of left) row.stop = null;
  if (answer.status === 429) {
    for (const row of left) if (row.state === "sending") row.state = "waiting";
    return turn(left, Math.max(1, answer.wait_s));
  }
  left.forEach((row, place) => settle(row, answer, left.length > 1 ? answer.told.jobs?.[place] : null));
  showCount();
}

/** Wait until the site takes more, and say so. */
async function turn(lot, seconds) {
  for (let left = seconds; left > 0; left -= 1) {
    for (const row of lot) tell(row, words.too_often.replace("{most}", given.most_calls).replace("{s}", left));
    await new Promise((wake) => setTimeout(wake, 1000));
  }
}

function request(lot) {
  const [{ order: asked, url, time }] = lot;
  const recorded = time.value ? { recorded_at: time.value } : {};
  const camera = asked.camera_id ? { camera_id: asked.camera_id } : {};
  if (url) return ["/process/youtube", { url, ...asked, priority: Number(asked.priority), camera_id: undefined, ...camera, ...recorded }];
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...asked, ...recorded })) form.append(name, value);
  for (const row of lot) form.append(lot.length > 1 ? "files" : "file", row.file, row.name);
  return [lot.length > 1 ? "/api/batch/upload" : "/process/upload", form];
}

/** The bytes of a form are those of its files one after another, and little else. */
function showBytes(lot, sent, all) {
  const sizes = lot.map((row) => row.file?.size ?? 0);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let before = 0;
  const done = all ? (sent / all) * total : 0;
  lot.forEach((row, place) => {
    const mine = Math.min(sizes[place], Math.max(0, done - before));
    before += sizes[place];
    if (!row.file || row.state !== "sending") return;
    row.bar.value = sizes[place] ? mine / sizes[place] : 1;
    const partly = words.sent_of.replace("{n}", megabytes(mine)).replace("{all}", megabytes(sizes[place]));
    tell(row, sent >= all ? words.being_looked_at : mine >= sizes[place] ? words.all_sent : partly);
  });
}

function settle(row, answer, result) {
  const jobId = result ? result.job_id : answer.told.job_id;
  if (answer.status === 200 && jobId) return row.state === "removed" ? withdraw(row, jobId) : taken(row, jobId);
  if (result) return refuse(row, refusalInText(row, result.error ?? ""), true);
  row.time.disabled = false;
  refuse(row, refusal(row, answer), answer.status === 413 || answer.status === 415);
}

/** It was taken out while it went along with others. */
async function withdraw(row, jobId) {
  await ask("DELETE", `/api/batch/jobs/${encodeURIComponent(jobId)}`).catch(() => taken(row, jobId));
}

function taken(row, jobId) {
  followed.unshift(jobId);
  followed.splice(given.followed);
  const address = new URL(location.href);
  address.searchParams.set("venue_id", row.order.venue_id);
  address.searchParams.delete("job_id");
  for (const one of followed) address.searchParams.append("job_id", one);
  history.replaceState(null, "", address);
  at("handed").hidden = false;
  at("said-sending").textContent = words.taken.replace("{name}", () => row.name);
  if (row.state !== "removed") remove(row);
  if (!rows.length) at("handed").scrollIntoView(); // on a phone it lies below what is seen
  look();
}

function showCameras() {
  const mine = given.cameras.filter((one) => one.venue_id === at("venue").value);
  const [first] = at("camera").options;
  const last = at("camera").options[at("camera").options.length - 1];
  at("camera").replaceChildren(first, ...mine.map((one) => new Option(one.name, one.id)), last);
  first.selected = true;
  showNewCamera();
  for (const one of document.querySelectorAll(".time-said")) one.textContent = words.recorded_at.replace("{zone}", zone());
}

function showNewCamera() {
  const isNew = at("camera").value === "+";
  at("new-camera").hidden = !isNew;
  at("camera-name").disabled = !isNew; // so that nobody waits for what is not shown
  if (isNew) at("camera-name").focus();
}

let look = () => undefined;

if (at("videos")) {
  look = keepFresh(at("now"), () => {
    const asked = new URLSearchParams(followed.map((one) => ["job_id", one]));
    return followed.length ? `${given.address}?${asked}` : "";
  });
  at("videos").addEventListener("submit", handOver);
  at("files").addEventListener("change", (event) => {
    chooseFiles([...event.target.files]);
    event.target.value = "";
  });
  at("add-address").addEventListener("click", chooseAddress);
  at("venue").addEventListener("change", showCameras);
  at("camera").addEventListener("change", showNewCamera);
  // Files are taken wherever they fall: beside the field a browser would open them, and leave the page.
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    at("drop").classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget || at("drop").classList.remove("is-over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    at("drop").classList.remove("is-over");
    chooseFiles([...event.dataTransfer.files]);
  });
  window.addEventListener("beforeunload", (event) => isSending && event.preventDefault());
}
