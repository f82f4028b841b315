// The papers of a case as they stand: signed text is cut out of its line, never written anew, because numbers
// would come out otherwise.

const PAPERS = { manifests: "evidence.jsonl", ledger: "ledger.jsonl", head: "ledger_head.json",
  contents: "contents.json", key: "public_key.pem", stamp: "contents.tsr" };
const SEGMENTS = "segments/";

class Altered extends Error {}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes) {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Altered("notText");
  }
}

function objectOf(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Altered("notJson");
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Altered("notJson");
  return value;
}

// The lines of a file as Uint8Arrays, without their line feeds.
function linesOf(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf(10, at);
    const end = found < 0 ? bytes.length : found;
    lines.push(bytes.subarray(at, end));
    at = end + 1;
  }
  return lines;
}

const STRING = '"((?:[^"\\\\]|\\\\.)*)"';
const MANIFEST_START = /^\{"key_id":"([0-9a-f]{16})","manifest":(?=\{)/;
const MANIFEST_END = /,"signature":"([A-Za-z0-9+/]{86}==)"\}$/;
const SIGNATURE = /"signature":"([A-Za-z0-9+/]{86}==)",/g;
const ENTRY_START = new RegExp(`^\\{"action":${STRING},"actor":${STRING},"at":${STRING},("entry_hash":"([0-9a-f]{64})",)"facts":\\{`);
const ENTRY_END = new RegExp(`\\},"position":(\\d+),"previous_hash":"([0-9a-f]{64})","subject_id":${STRING},"subject_kind":${STRING},"venue_id":${STRING}\\}$`);

// {"key_id":…,"manifest":SIGNED,"signature":…} -> the signed text, its signature and key.
function signedLine(bytes) {
  const line = textOf(bytes);
  const start = MANIFEST_START.exec(line), end = MANIFEST_END.exec(line);
  if (!start || !end || end.index < start[0].length) {
    objectOf(line);
    throw new Altered("otherForm");
  }
  return { text: line.slice(start[0].length, end.index), signature: end[1], keyId: start[1] };
}

// A document whose one `signature` member is cut out; what is left was signed.
function signedDocument(bytes) {
  const document = textOf(bytes).replace(/\n$/, "");
  const stated = objectOf(document);
  const found = [...document.matchAll(SIGNATURE)];
  if (found.length !== 1 || found[0][1] !== stated.signature || typeof stated.key_id !== "string") {
    throw new Altered("otherForm");
  }
  const [{ index, 0: member }] = found;
  return { text: document.slice(0, index) + document.slice(index + member.length), signature: stated.signature, keyId: stated.key_id };
}

// One line of the ledger: what its hash is over, that hash, and what it says.
function ledgerEntry(bytes) {
  const line = textOf(bytes);
  const start = ENTRY_START.exec(line), end = ENTRY_END.exec(line);
  if (!start || !end || end.index < start[0].length - 1) {
    objectOf(line);
    throw new Altered("notAnEntry");
  }
  const after = start[0].length - '"facts":{'.length;
  const text = line.slice(0, after - start[4].length) + line.slice(after);
  const stated = objectOf(text);
  return { text, hash: start[5], position: Number(end[1]), previous: end[2], stated };
}

const PEM = /^-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END PUBLIC KEY-----\s*$/;
const ED25519_HEAD = "302a300506032b6570032100";

function bytesOfBase64(text) {
  try {
    return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  } catch {
    throw new Altered("notKey");
  }
}

// The 32 raw bytes of an Ed25519 public key in PEM form.
function publicKey(bytes) {
  const found = PEM.exec(textOf(bytes));
  const der = found ? bytesOfBase64(found[1].replace(/\s/g, "")) : new Uint8Array(0);
  const head = Array.from(der.subarray(0, 12), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (der.length !== 44 || head !== ED25519_HEAD) throw new Altered("notKey");
  return der.slice(12);
}

const isPlainName = (name) => typeof name === "string" && !["", ".", ".."].includes(name) && !/[/\\\0]/.test(name);

// Every clip and viewing copy that a manifest vouches for.
function filesNamedBy(manifest) {
  const { schema, parts } = manifest;
  if (schema?.name !== "sightline.evidence" || schema.version !== 1) throw new Altered("otherSchema");
  if (!Array.isArray(parts)) throw new Altered("noParts");
  const named = parts.flatMap((part) => (part?.viewing_copy ? [part, part.viewing_copy] : [part]));
  for (const file of named) {
    const isWhole = typeof file?.sha256 === "string" && Number.isSafeInteger(file?.size_bytes);
    if (!isPlainName(file?.file) || !isWhole) throw new Altered("badFile");
  }
  return named.map((file) => ({ file: file.file, sha256: file.sha256, size: file.size_bytes }));
}
