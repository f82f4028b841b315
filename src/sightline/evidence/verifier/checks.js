// The checks themselves: the same as `checks.py`, in the same order and with the same names.

const LONGEST_PAPER = 512 * 2 ** 20;

// Whether signatures can be checked here: a function from (text, signature) to true or false, or null.
async function signatureChecker(rawKey) {
  let key;
  try {
    key = await crypto.subtle.importKey("raw", rawKey, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null;
  }
  return (text, signature) =>
    crypto.subtle.verify({ name: "Ed25519" }, key, bytesOfBase64(signature), new TextEncoder().encode(text));
}

class Examination {
  // `files`: from name in the case to Blob. `onBytes`: told how many more bytes of clips were read.
  constructor(files, onBytes) {
    this.files = files;
    this.onBytes = onBytes;
    this.clips = [...files.keys()].filter((name) => name.startsWith(SEGMENTS)).sort();
    this.folders = new Set(this.clips.map((name) => name.slice(0, name.lastIndexOf("/") + 1)));
    this.findings = [];
    this.notes = [];
    this.counts = { clips: 0, bytes: 0, manifests: 0, entries: 0 };
    this.walk = new ChainWalk();
    this.manifests = [];
    this.hashes = new Map();
    this.named = new Set();
    this.missing = [];
    this.key = null;
    this.contents = null;
    this.signaturesChecked = true;
    this.find = (subject, code, values = {}) => this.findings.push({ subject, code, values });
  }

  async run() {
    for (const name of [PAPERS.manifests, PAPERS.ledger]) {
      if (!this.files.has(name)) this.find({ file: name }, "fileMissing");
    }
    const head = await this.document(PAPERS.head);
    const contents = await this.document(PAPERS.contents);
    await this.readKey();
    if (this.key === null) {
      this.findings.unshift({ subject: { file: PAPERS.key }, code: "noKey", values: {} });
      return this;
    }
    await this.checkManifests();
    for (const name of this.clips) {
      if (!this.named.has(name)) this.find({ file: name.split("/").pop() }, "stray");
    }
    await this.checkLedger();
    this.judgeMissing();
    const signedTo = head ? await this.checkHead(head) : 0;
    if (this.walk.position > signedTo) {
      this.find({ ledger: true }, "notSigned", { first: signedTo + 1, last: this.walk.position });
    }
    this.checkAgreement();
    if (contents) await this.checkContents(contents);
    if (this.files.has(PAPERS.stamp)) this.notes.push({ code: "stamp", values: {} });
    return this;
  }

  async bytes(name) {
    const file = this.files.get(name);
    if (file.size > LONGEST_PAPER) throw new Refused("tooLong", { name });
    return new Uint8Array(await file.arrayBuffer());
  }

  async document(name) {
    if (!this.files.has(name)) {
      this.find({ file: name }, "fileMissing");
      return null;
    }
    try {
      return signedDocument(await this.bytes(name));
    } catch (error) {
      this.damaged({ file: name }, error);
      return null;
    }
  }

  damaged(subject, error, code = "altered") {
    if (!(error instanceof Altered)) throw error;
    this.find(subject, code, { why: error.message });
  }

  async readKey() {
    if (!this.files.has(PAPERS.key)) {
      this.find({ file: PAPERS.key }, "fileMissing");
      return;
    }
    try {
      const raw = publicKey(await this.bytes(PAPERS.key));
      const fingerprint = sha256OfBytes(raw);
      this.key = { id: fingerprint.slice(0, 16), fingerprint, check: await signatureChecker(raw) };
      this.signaturesChecked = this.key.check !== null;
    } catch (error) {
      this.damaged({ file: PAPERS.key }, error);
    }
  }

  // What is wrong with a signature, as [code, values]; null when nothing is, or nobody can tell here.
  async signatureTrouble(signed, what) {
    const values = { what, key: this.key.id, other: signed.keyId };
    if (signed.keyId !== this.key.id) return ["otherKey", values];
    if (this.key.check === null || (await this.key.check(signed.text, signed.signature))) return null;
    return ["badSignature", values];
  }

  async lines(name) {
    return this.files.has(name) ? linesOf(await this.bytes(name)) : [];
  }

  async checkManifests() {
    for (const [index, line] of (await this.lines(PAPERS.manifests)).entries()) {
      this.counts.manifests += 1;
      const place = { file: PAPERS.manifests, line: index + 1 };
      let signed;
      try {
        signed = signedLine(line);
      } catch (error) {
        this.damaged(place, error);
        continue;
      }
      let manifest, files;
      try {
        manifest = objectOf(signed.text);
        files = filesNamedBy(manifest);
      } catch (error) {
        this.damaged(place, error, "notManifest");
        continue;
      }
      const evidence = String(manifest.evidence_id ?? "?");
      const subject = { ...place, evidence };
      const trouble = await this.signatureTrouble(signed, "manifest");
      if (trouble) this.find(subject, ...trouble);
      if (this.hashes.has(evidence)) this.find(subject, "twoManifests");
      this.hashes.set(evidence, sha256OfText(signed.text));
      this.manifests.push(manifest);
      for (const file of files) await this.checkClip(evidence, this.nameOf(manifest.camera_id, file.file), file, trouble !== null);
    }
  }

  nameOf(camera, file) {
    const ofCamera = `${SEGMENTS}${camera}/`;
    return (this.folders.has(ofCamera) ? ofCamera : SEGMENTS) + file;
  }

  async checkClip(evidence, name, stated, untrusted) {
    this.named.add(name);
    this.counts.clips += 1;
    const blob = this.files.get(name);
    const subject = { file: stated.file };
    if (blob === undefined) {
      this.missing.push([evidence, subject, { untrusted }]);
      return;
    }
    this.counts.bytes += blob.size;
    if (blob.size !== stated.size) {
      this.find(subject, "otherLength", { size: blob.size, stated: stated.size, untrusted });
      this.onBytes(blob.size);
      return;
    }
    const found = await sha256OfFile(blob, this.onBytes);
    if (found !== stated.sha256) this.find(subject, "clipAltered", { found, stated: stated.sha256, untrusted });
  }

  async checkLedger() {
    for (const [index, line] of (await this.lines(PAPERS.ledger)).entries()) {
      this.walk.follow(index + 1, line, this.find);
      if (index % 5000 === 4999) await new Promise((resume) => setTimeout(resume));
    }
    this.counts.entries = this.walk.hashes.size;
  }

  judgeMissing() {
    const moved = this.missing.filter(([evidence]) => this.walk.moved.has(evidence));
    for (const [evidence, subject, values] of this.missing) {
      if (!this.walk.moved.has(evidence)) this.find(subject, "clipMissing", values);
    }
    if (moved.length) this.notes.push({ code: "moved", values: { count: moved.length } });
  }

  // Position that the head states, whatever is wrong with it; 0 when it states none.
  async checkHead(signed) {
    const subject = { file: PAPERS.head };
    const stated = objectOf(signed.text);
    const { position, head_hash: hash, venue_id: venue, schema } = stated;
    const isHead = schema?.name === "sightline.ledger_head" && schema.version === 1 &&
      Number.isSafeInteger(position) && typeof hash === "string" && typeof venue === "string";
    const trouble = await this.signatureTrouble(signed, "head");
    if (trouble) this.find(subject, ...trouble);
    else if (!isHead) this.find(subject, "noUse");
    else this.compareHead(subject, position, hash, venue);
    return isHead ? position : 0;
  }

  compareHead(subject, position, hash, venue) {
    const { walk } = this;
    if (walk.venue !== null && walk.venue !== venue) this.find(subject, "otherVenue", { venue, chain: walk.venue });
    if (walk.position < position) {
      this.find(subject, "cutOff", { first: walk.position + 1, last: position, end: walk.position });
    } else if (!walk.knows(position, hash)) {
      this.find(subject, walk.hashes.has(position) ? "otherChain" : "otherChainMissing", { position });
    }
  }

  checkAgreement() {
    for (const [evidence, hash] of this.hashes) {
      const stated = this.walk.sealed.get(evidence);
      if (stated === undefined) this.find({ evidence }, "notInLedger");
      else if (stated !== hash) this.find({ evidence }, "otherInLedger");
    }
    const elsewhere = [...this.walk.sealed.keys()].filter((one) => !this.walk.buried.has(one) && !this.hashes.has(one));
    if (elsewhere.length) this.notes.push({ code: "elsewhere", values: { count: elsewhere.length } });
  }

  async checkContents(signed) {
    const subject = { file: PAPERS.contents };
    const trouble = await this.signatureTrouble(signed, "contents");
    if (trouble) {
      this.find(subject, ...trouble);
      return;
    }
    const stated = objectOf(signed.text);
    const isList = stated.schema?.name === "sightline.contents" && stated.schema.version === 1 &&
      Array.isArray(stated.evidence) && stated.evidence.every((one) => typeof one?.evidence_id === "string");
    if (!isList) {
      this.find(subject, "noUse");
      return;
    }
    this.contents = stated;
    const listed = new Set(stated.evidence.map((one) => one.evidence_id));
    for (const evidence of [...listed].sort()) {
      if (!this.hashes.has(evidence)) this.find({ evidence }, "manifestMissing");
    }
    for (const evidence of [...this.hashes.keys()].sort()) {
      if (!listed.has(evidence)) this.find({ evidence }, "notListed");
    }
    const then = `${stated.ledger_position}:${stated.ledger_head_hash}`, now = `${this.walk.position}:${this.walk.hash}`;
    if (then !== now) this.find(subject, "otherEnd", { then, now });
  }
}
