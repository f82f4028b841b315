// The page itself: takes files, shows what was found. Names from a case are only ever shown as text.

const element = (id) => document.getElementById(id);
let language = navigator.language.toLowerCase().startsWith("fr") ? "fr" : "en";
let shown = null; // {examination} or {refusal}, to be said again in another language
let turn = 0; // a newer choice of files ends an older check

const say = () => WORDS[language];

function made(tag, text = "", attributes = {}) {
  const node = document.createElement(tag);
  node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function subjectText(subject) {
  const { subjects } = say();
  if (subject.ledger) return subjects.ledger;
  if (subject.line) return subjects.line(subject);
  return subject.file ?? subjects.evidence(subject.evidence);
}

function sizeText(bytes) {
  const [unit, letter] = bytes < 1e6 ? [1e3, "k"] : [1e6, "M"];
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(bytes / unit);
  return `${number} ${letter}${language === "fr" ? "o" : "B"}`;
}

// A time as UTC and as a clock here shows it; as it stands when it is no time.
function timeText(text) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return String(text);
  const locale = language === "fr" ? "fr-FR" : "en-GB"; // both count to 24 hours
  const utc = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" }).format(at);
  const here = new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(at);
  return `${utc} UTC (${say().localTime(here)})`;
}

function table(heads, rows, kind) {
  const whole = made("table", "", { class: kind });
  const head = whole.appendChild(made("thead")).appendChild(made("tr"));
  for (const text of heads) head.append(made("th", text, { scope: "col" }));
  const body = whole.appendChild(made("tbody"));
  for (const cells of rows) {
    const row = body.appendChild(made("tr"));
    cells.forEach((text, i) => row.append(made("td", text, kind === "shows" ? { "data-head": heads[i] } : {})));
  }
  return whole;
}

function verdictOf({ findings, signaturesChecked }) {
  const words = say();
  if (findings.length) return [words.broken(findings.length), "bad"];
  return signaturesChecked ? [words.whole, "good"] : [words.unchecked, "doubt"];
}

function showVerdict(text, kind) {
  element("verdict").textContent = text;
  element("verdict").className = kind;
  document.body.dataset.verdict = kind;
}

function show() {
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = say()[node.dataset.word];
  for (const node of document.querySelectorAll("[data-language]")) {
    node.setAttribute("aria-pressed", String(node.dataset.language === language));
  }
  document.documentElement.lang = language;
  document.title = `${say().title} · Sightline`;
  element("result").hidden = shown === null;
  if (shown === null) return;
  const told = element("told");
  told.replaceChildren();
  if (shown.refusal) {
    showVerdict(say().refused, "bad");
    told.append(made("p", say().refusals[shown.refusal.code](shown.refusal.values), { class: "refusal" }));
    return;
  }
  showVerdict(...verdictOf(shown.examination));
  told.append(...sections(shown.examination));
}

function* sections(examination) {
  const words = say();
  if (!examination.signaturesChecked) yield made("p", words.uncheckedNote);
  if (examination.findings.length) {
    yield made("h2", words.findings);
    const rows = examination.findings.map(({ subject, code, values }) => [subjectText(subject), words.findingsOf[code](values, words)]);
    yield table([words.where, words.what], rows, "findings");
  }
  if (examination.key) {
    yield made("h2", words.compare);
    yield comparison(examination);
  }
  yield made("h2", words.facts);
  yield factsOf(examination);
  if (examination.manifests.length) {
    yield made("h2", words.evidence);
    const heads = [words.time, words.camera, words.kind, words.clip, words.event];
    yield table(heads, examination.manifests.map(shownBy), "shows");
  }
}

function shownBy(manifest) {
  const words = say();
  const parts = Array.isArray(manifest.parts) ? manifest.parts : [];
  const at = manifest.event?.started_at ?? manifest.wanted?.from;
  const kind = manifest.kind ?? manifest.reason;
  return [timeText(at), String(manifest.camera_id), words.kinds[kind] ?? String(kind), parts.map((part) => part.file).join(", "),
    manifest.event_id === null ? words.byHand : String(manifest.event_id)];
}

function factsOf({ manifests, contents, counts, walk, notes }) {
  const words = say();
  const cameras = [...new Set(manifests.map((one) => String(one.camera_id)))].sort();
  const facts = [
    [words.venue, contents?.venue_id ?? walk.venue ?? "?"],
    [words.cameras, cameras.join(", ") || "?"],
    [words.exported, contents ? timeText(contents.exported_at) : "?"],
    [words.checked, words.counts({ ...counts, size: sizeText(counts.bytes) })],
  ];
  const whole = made("div");
  const list = whole.appendChild(made("dl"));
  for (const [name, text] of facts) list.append(made("dt", name), made("dd", text));
  if (notes.length) {
    const told = whole.appendChild(made("ul", "", { class: "notes" }));
    for (const { code, values } of notes) told.append(made("li", words.notesOf[code](values)));
  }
  return whole;
}

function comparison({ key, walk }) {
  const words = say();
  const whole = made("div", "", { class: "compare" });
  whole.append(made("p", words.compareHelp));
  const compare = (name, stated, detail, asked, judge) => {
    const block = whole.appendChild(made("div"));
    block.append(made("strong", name), made("p", stated, { class: "code", "data-fact": asked }));
    if (detail) block.append(made("p", detail, { class: "code" }));
    const label = block.appendChild(made("label", words[asked]));
    const input = label.appendChild(made("input", "", { type: "text", autocomplete: "off", spellcheck: "false", id: asked }));
    const answer = block.appendChild(made("output", "", { for: asked }));
    input.addEventListener("input", () => {
      const text = input.value.replace(/\s/g, "").toLowerCase();
      [answer.textContent, answer.className] = text === "" ? ["", ""] : judge(text);
    });
  };
  compare(words.key, key.id, `${words.fingerprint}: ${key.fingerprint}`, "notedKey", (text) => {
    if (!/^[0-9a-f]{16,64}$/.test(text)) return [words.keyOdd, "other"];
    return key.fingerprint.startsWith(text) ? [words.keySame, "same"] : [words.keyOther, "other"];
  });
  compare(words.head, `${walk.position}:${walk.hash}`, "", "notedHead", (text) => {
    const found = /^(\d+):([0-9a-f]{64})$/.exec(text);
    if (!found) return [words.headOdd, "other"];
    return walk.knows(Number(found[1]), found[2]) ? [words.headSame, "same"] : [words.headOther, "other"];
  });
  return whole;
}

// Files that were chosen, as a map from their name in the case; a lone ZIP is opened.
async function caseOf(chosen) {
  if (chosen.length === 1 && /\.zip$/i.test(chosen[0].path)) return readZip(chosen[0].file);
  const papers = Object.values(PAPERS);
  const nameOf = (path) => path.slice(path.lastIndexOf("/") + 1);
  const paper = chosen.find(({ path }) => papers.includes(nameOf(path)));
  const root = paper ? paper.path.slice(0, paper.path.lastIndexOf("/") + 1) : "";
  const inFolders = chosen.some(({ path }) => path.startsWith(root + SEGMENTS));
  const files = new Map();
  for (const { path, file } of chosen) {
    if (!path.startsWith(root)) continue;
    const name = path.slice(root.length);
    const isClip = !papers.includes(name) && !["verify.html", "README.txt"].includes(name);
    files.set(!inFolders && isClip ? SEGMENTS + name : name, file);
  }
  return files;
}

async function check(chosen) {
  const mine = ++turn;
  shown = null;
  delete document.body.dataset.verdict;
  element("progress").hidden = false;
  element("bar").removeAttribute("value");
  element("doing").textContent = say().reading;
  show();
  let result;
  try {
    result = { examination: await examined(await caseOf(chosen), () => mine === turn) };
  } catch (error) {
    const refusal = error instanceof Refused ? error : new Refused("unreadable");
    if (refusal !== error) console.error(error);
    result = { refusal };
  }
  if (mine !== turn) return;
  element("progress").hidden = true;
  shown = result;
  show();
}

async function examined(files, isCurrent) {
  if (!Object.values(PAPERS).slice(0, 4).some((name) => files.has(name))) throw new Refused("notCase");
  const clips = [...files].filter(([name]) => name.startsWith(SEGMENTS));
  const total = clips.reduce((sum, [, file]) => sum + file.size, 0);
  let done = 0;
  const onBytes = (count) => {
    done += count;
    if (!isCurrent()) throw new Refused("unreadable");
    element("doing").textContent = say().hashing(sizeText(done), sizeText(total));
    element("bar").value = total ? done / total : 1;
  };
  return new Examination(files, onBytes).run();
}

// Everything in what was dropped; folders are followed.
async function dropped(items) {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.() ?? null).filter(Boolean);
  const found = [];
  const walk = async (entry) => {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      found.push({ path: entry.fullPath.replace(/^\//, ""), file });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return;
      for (const one of some) await walk(one);
    }
  };
  for (const entry of entries) await walk(entry);
  return found;
}

for (const id of ["files", "folder"]) {
  element(id).addEventListener("change", (event) => {
    const chosen = [...event.target.files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
    event.target.value = "";
    if (chosen.length) check(chosen);
  });
}
for (const node of document.querySelectorAll("[data-language]")) {
  node.addEventListener("click", () => {
    language = node.dataset.language;
    show();
  });
}
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  element("drop").classList.add("over");
});
document.addEventListener("dragleave", () => element("drop").classList.remove("over"));
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  element("drop").classList.remove("over");
  const chosen = await dropped(event.dataTransfer.items);
  if (chosen.length) check(chosen);
});
show();
