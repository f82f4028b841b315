// Zones and lines as they are drawn: points in shares of the picture, what is wrong with them, undo.

const TINY = 1e-6; // share of the picture below which a polygon encloses nothing
const COALESCED_MS = 800; // steps of one kind this near to each other are undone together
const MOST_STEPS = 200;

const clamp = (share) => Math.min(1, Math.max(0, Math.round(share * 1e5) / 1e5));
const copy = (value) => JSON.parse(JSON.stringify(value));
const following = (points) => points.map((point, place) => [point, points[(place + 1) % points.length]]);

export const middle = ([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
export const edges = following;
const isPoint = ([a, b]) => a[0] === b[0] && a[1] === b[1];

/** Signed area of a closed polygon, in shares of the picture. */
export function area(points) {
  return following(points).reduce((sum, [[x1, y1], [x2, y2]]) => sum + x1 * y2 - x2 * y1, 0) / 2;
}

/** Whether two edges of the closed polygon cross; such that only touch do not. */
export function crossesItself(points) {
  const side = (p, q, r) => (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
  const cross = ([a, b], [c, d]) => side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
  const all = following(points);
  return all.some((one, place) => all.slice(place + 1).some((other) => cross(one, other)));
}

export class Shapes {
  /** zones, staff and lines as the API has them; limits: zones, lines, fewest, points, name. */
  constructor(zones, staff, lines, limits) {
    this.limits = limits;
    this.number = 0;
    this.steps = [];
    this.lastKind = "";
    this.lastAt = 0;
    this.take(zones, staff, lines);
  }

  /** What is stored now: nothing is unsaved. */
  take(zones, staff, lines) {
    this.staff = copy(staff);
    this.zones = copy(zones).map((zone) => ({ ...zone, key: `${++this.number}`, was: zone.name }));
    this.line = staff.line ? copy(staff.line) : null;
    this.side = staff.side ?? "left";
    this.lines = copy(lines).map(({ name, line, side }) => ({ key: `c${++this.number}`, name, points: line, side: side ?? "left" }));
    this.kept = this.fingerprint();
  }

  get isChanged() {
    return this.fingerprint() !== this.kept;
  }

  fingerprint() {
    return JSON.stringify([this.zones.map(({ key, ...zone }) => zone), this.line, this.line && this.side, this.linesToSend()]);
  }

  zone(key) {
    return this.zones.find((one) => one.key === key);
  }

  /** A line over which people are counted. */
  countLine(key) {
    return this.lines.find((one) => one.key === key);
  }

  /** All lines, the staff line under the key "line". */
  get allLines() {
    return [...(this.line ? [{ key: "line", points: this.line, side: this.side }] : []), ...this.lines];
  }

  /** Before a change; changes of one kind in quick succession are one step. */
  remember(kind = "") {
    const now = Date.now();
    const goesOn = kind && kind === this.lastKind && now - this.lastAt < COALESCED_MS;
    this.lastKind = kind;
    this.lastAt = now;
    if (goesOn) return;
    this.steps.push(copy({ zones: this.zones, line: this.line, side: this.side, lines: this.lines }));
    if (this.steps.length > MOST_STEPS) this.steps.shift();
  }

  undo() {
    const step = this.steps.pop();
    this.lastKind = "";
    if (step) Object.assign(this, step);
    return Boolean(step);
  }

  addZone(points, kind, color, name) {
    this.remember();
    const zone = { key: `${++this.number}`, was: "", name, kind, color, zoom: false };
    this.zones.push({ ...zone, points: points.map(([x, y]) => [clamp(x), clamp(y)]) });
    return zone.key;
  }

  removeZone(key) {
    this.remember();
    this.zones = this.zones.filter((one) => one.key !== key);
  }

  addLine(points, name) {
    this.remember();
    const line = { key: `c${++this.number}`, name, points: points.map((one) => one.map(clamp)), side: "left" };
    this.lines.push(line);
    return line.key;
  }

  removeLine(key) {
    this.remember();
    this.lines = this.lines.filter((one) => one.key !== key);
  }

  /** A name made of a sentence with {n} that none of `all` has. */
  freeName(sentence, all = this.zones) {
    let n = all.length + 1;
    while (all.some((one) => one.name === sentence.replace("{n}", n))) n += 1;
    return sentence.replace("{n}", n);
  }

  movePoint(points, place, x, y) {
    points[place] = [clamp(x), clamp(y)];
  }

  /** All points by as much, as far as the picture goes. */
  moveAll(points, from, dx, dy) {
    const within = (low, high, by) => Math.min(1 - high, Math.max(-low, by));
    const xs = from.map((one) => one[0]);
    const ys = from.map((one) => one[1]);
    const x = within(Math.min(...xs), Math.max(...xs), dx);
    const y = within(Math.min(...ys), Math.max(...ys), dy);
    from.forEach((one, place) => (points[place] = [clamp(one[0] + x), clamp(one[1] + y)]));
  }

  /** A point half way after `place`; its own place, or -1 when there are as many as may be. */
  addPoint(key, place, at) {
    const { points } = this.zone(key);
    if (points.length >= this.limits.points) return -1;
    this.remember();
    points.splice(place + 1, 0, (at ?? middle([points[place], points[(place + 1) % points.length]])).map(clamp));
    return place + 1;
  }

  /** False when the zone would have too few. */
  removePoint(key, place) {
    const { points } = this.zone(key);
    if (points.length <= this.limits.fewest) return false;
    this.remember();
    points.splice(place, 1);
    return true;
  }

  /** Keys of the sentences that say what is wrong with a zone. */
  wrong(zone) {
    const found = this.wrongName(zone, this.zones, "wrong_twice");
    if (crossesItself(zone.points)) found.push("wrong_crosses");
    if (Math.abs(area(zone.points)) < TINY) found.push("wrong_flat");
    return found;
  }

  wrongName(shape, all, twice) {
    const found = [];
    const name = shape.name.trim();
    if (!name) found.push("wrong_name");
    if ([...name].length > this.limits.name) found.push("wrong_long");
    if (all.some((one) => one !== shape && one.name.trim() === name && name)) found.push(twice);
    return found;
  }

  /** The same of a line over which people are counted. */
  wrongLine(line) {
    const found = this.wrongName(line, this.lines, "wrong_twice_line");
    return isPoint(line.points) ? [...found, "wrong_line"] : found;
  }

  get lineIsWrong() {
    return this.line !== null && isPoint(this.line);
  }

  get isWrong() {
    const many = this.zones.length > this.limits.zones || this.lines.length > this.limits.lines;
    const wrong = this.zones.some((one) => this.wrong(one).length > 0) || this.lines.some((one) => this.wrongLine(one).length > 0);
    return many || this.lineIsWrong || wrong;
  }

  /** Zones as the API takes them. */
  zonesToSend() {
    return this.zones.map(({ key, was, ...zone }) => ({ ...zone, name: zone.name.trim() }));
  }

  linesToSend() {
    return this.lines.map(({ name, points, side }) => ({ name: name.trim(), line: points, side }));
  }

  /** The staff group: zones it names under their new names, those that are gone left out. */
  staffToSend() {
    const named = this.staff.zones ?? [];
    const zones = this.zones.filter((one) => named.includes(one.was)).map((one) => one.name.trim());
    return { ...this.staff, line: this.line, side: this.side, zones };
  }
}
