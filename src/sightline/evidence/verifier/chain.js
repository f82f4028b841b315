// Walking the ledger: does each entry follow the one before, and is each what was hashed?

const FIRST_PREVIOUS = "0".repeat(64);
const TOMBSTONES = new Set(["superseded", "deleted", "expired", "erased"]);

class ChainWalk {
  constructor() {
    this.venue = null;
    this.position = 0;
    this.hash = FIRST_PREVIOUS;
    this.hashes = new Map();
    this.sealed = new Map();
    this.buried = new Set();
    this.moved = new Set();
  }

  // Take the next line; what is wrong with it is given to `find(subject, code, values)`.
  follow(number, bytes, find) {
    const place = { file: PAPERS.ledger, line: number };
    let entry;
    try {
      entry = ledgerEntry(bytes);
    } catch (error) {
      if (!(error instanceof Altered)) throw error;
      find(place, error.message === "notAnEntry" ? "notAnEntry" : "altered", { why: error.message });
      this.position += 1;
      this.hash = "";
      return;
    }
    const { position, stated } = entry;
    const subject = { ...place, entry: position };
    const due = this.position + 1;
    if (position > due) find(subject, "missingBefore", { first: due, last: position - 1 });
    else if (position < due) find(subject, "outOfOrder", { due });
    else if (this.hash !== "" && this.hash !== entry.previous) find(subject, "doesNotFollow");
    if (sha256OfText(entry.text) !== entry.hash) find(subject, "entryAltered");
    if (this.venue !== null && this.venue !== stated.venue_id) {
      find(subject, "otherVenue", { venue: stated.venue_id, chain: this.venue });
    }
    this.venue ??= stated.venue_id;
    this.position = position;
    this.hash = entry.hash;
    this.hashes.set(position, entry.hash);
    if (stated.subject_kind === "evidence") this.note(stated);
  }

  note({ action, subject_id: evidence, facts }) {
    if (action === "sealed") this.sealed.set(evidence, String(facts.manifest_sha256));
    else if (action === "moved") this.moved.add(evidence);
    else if (TOMBSTONES.has(action)) this.buried.add(evidence);
  }

  // Whether the chain once ended, or still ends, there.
  knows(position, hash) {
    return position === 0 ? hash === FIRST_PREVIOUS : this.hashes.get(position) === hash;
  }
}
