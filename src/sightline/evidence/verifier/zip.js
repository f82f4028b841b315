// The directory of a zip from a stranger, read as strictly as `zip_directory.py` reads it.

class Refused extends Error {
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}

const FULL16 = 0xffff, FULL32 = 0xffffffff;
const UTF8_NAME = 0x0800;
const LARGEST_DIRECTORY = 16 * 2 ** 20;

async function viewOf(file, at, length) {
  const bytes = at >= 0 ? await file.slice(at, at + length).arrayBuffer() : new ArrayBuffer(0);
  if (bytes.byteLength !== length) throw new Refused("zipCutOff");
  return new DataView(bytes);
}

const wide = (view, at) => Number(view.getBigUint64(at, true));

// From name to Blob, for every file in the zip. Throws Refused.
async function readZip(file) {
  const end = await zipEnd(file);
  const view = await viewOf(file, end.at, end.length);
  const listed = [];
  let at = 0;
  for (let i = 0; i < end.count; i++) {
    const entry = listedEntry(view, at);
    listed.push(entry);
    at = entry.next;
  }
  if (at !== view.byteLength) throw new Refused("zipDamaged");
  refuseTwins(listed);
  for (const entry of listed) entry.start = await startOf(file, entry, end.at);
  let after = 0;
  for (const entry of listed.slice().sort((a, b) => a.headerAt - b.headerAt)) {
    if (entry.headerAt < after) throw new Refused("zipOverlap", { name: entry.name });
    after = entry.start + entry.size;
    if (after > end.at) throw new Refused("zipTooLarge", { name: entry.name });
  }
  const kept = listed.filter((entry) => !entry.name.endsWith("/"));
  return new Map(kept.map((entry) => [entry.name, file.slice(entry.start, entry.start + entry.size)]));
}

async function zipEnd(file) {
  if (file.size < 22) throw new Refused("zipNone");
  let at = file.size - 22;
  const view = await viewOf(file, at, 22);
  if (view.getUint32(0, true) !== 0x06054b50 || view.getUint16(20, true) !== 0) throw new Refused("zipNone");
  if (view.getUint16(4, true) !== 0) throw new Refused("zipDamaged");
  let found = { count: view.getUint16(10, true), length: view.getUint32(12, true), at: view.getUint32(16, true) };
  const locator = at >= 20 ? await viewOf(file, at - 20, 20) : null;
  if (locator !== null && locator.getUint32(0, true) === 0x07064b50) {
    const recordAt = wide(locator, 8);
    if (locator.getUint32(4, true) !== 0 || recordAt + 56 !== at - 20) throw new Refused("zipDamaged");
    const record = await viewOf(file, recordAt, 56);
    if (record.getUint32(0, true) !== 0x06064b50) throw new Refused("zipDamaged");
    const short = found;
    found = { count: wide(record, 32), length: wide(record, 40), at: wide(record, 48) };
    const agree = (name, full) => short[name] === full || short[name] === found[name];
    if (!agree("count", FULL16) || !agree("length", FULL32) || !agree("at", FULL32)) throw new Refused("zipDamaged");
    at = recordAt;
  }
  if (found.length > LARGEST_DIRECTORY || found.at + found.length !== at) throw new Refused("zipDamaged");
  return found;
}

function listedEntry(view, at) {
  if (at + 46 > view.byteLength || view.getUint32(at, true) !== 0x02014b50) throw new Refused("zipDamaged");
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((o) => view.getUint16(at + o, true));
  const next = at + 46 + nameLength + extraLength + commentLength;
  if (next > view.byteLength) throw new Refused("zipDamaged");
  const flags = view.getUint16(at + 8, true);
  const rawName = new Uint8Array(view.buffer, at + 46, nameLength);
  const name = zipName(rawName, flags);
  const extra = new DataView(view.buffer, at + 46 + nameLength, extraLength);
  const short = [24, 20, 42].map((o) => view.getUint32(at + o, true));
  const [size, packed, headerAt] = fullSizes(extra, short);
  if ((flags & ~UTF8_NAME) !== 0) throw new Refused("zipEncrypted", { name });
  if (view.getUint16(at + 10, true) !== 0 || packed !== size) throw new Refused("zipCompressed", { name });
  const kind = view.getUint16(at + 4, true) >> 8 === 3 ? (view.getUint32(at + 38, true) >>> 16) & 0xf000 : 0;
  if (![0, name.endsWith("/") ? 0x4000 : 0x8000].includes(kind)) throw new Refused("zipLink", { name });
  return { name, rawName, flags, size, headerAt, next };
}

function zipName(raw, flags) {
  let name;
  try {
    name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    throw new Refused("zipName", { name: "?" });
  }
  if ((flags & UTF8_NAME) === 0 && raw.some((byte) => byte > 127)) throw new Refused("zipName", { name });
  const steps = name.replace(/\/$/, "").split("/");
  if (steps.some((step) => ["", ".", ".."].includes(step))) throw new Refused("zipOutside", { name });
  if (name.length > 255 || /[\u0000-\u001f\\:*?"<>|]/.test(name)) throw new Refused("zipName", { name });
  return name;
}

function fullSizes(extra, short) {
  const values = [];
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    const until = Math.min(at + 4 + extra.getUint16(at + 2, true), extra.byteLength);
    for (let place = at + 4; place + 8 <= until; place += 8) values.push(wide(extra, place));
  }
  return short.map((value) => {
    if (value !== FULL32) return value;
    if (values.length === 0) throw new Refused("zipDamaged");
    return values.shift();
  });
}

function refuseTwins(listed) {
  const seen = new Set();
  for (const { name } of listed) {
    const plain = name.normalize("NFC").toLowerCase().replace(/\/$/, "");
    if (seen.has(plain)) throw new Refused("zipTwice", { name });
    seen.add(plain);
  }
}

async function startOf(file, entry, directoryAt) {
  const { name } = entry;
  if (entry.headerAt + 30 > directoryAt) throw new Refused("zipTooLarge", { name });
  const view = await viewOf(file, entry.headerAt, 30);
  const nameLength = view.getUint16(26, true);
  const raw = new Uint8Array((await viewOf(file, entry.headerAt + 30, nameLength)).buffer);
  const sizes = [18, 22].map((o) => view.getUint32(o, true));
  const same = view.getUint32(0, true) === 0x04034b50 && view.getUint16(6, true) === entry.flags &&
    view.getUint16(8, true) === 0 && raw.length === entry.rawName.length &&
    raw.every((byte, i) => byte === entry.rawName[i]) &&
    sizes.every((size) => size === entry.size || size === FULL32);
  if (!same) throw new Refused("zipDiffers", { name });
  return entry.headerAt + 30 + nameLength + view.getUint16(28, true);
}
