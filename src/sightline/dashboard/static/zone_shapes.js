// Zones and the staff line as they are drawn: points in shares of the picture, what is wrong with them, undo.

const TINY = 1e-6; // share of the picture below which a polygon encloses nothing
const COALESCED_MS = 800; // steps of one kind this near to each other are undone together
const MOST_STEPS = 200;

const clamp = (share) => Math.min(1, Math.max(0, Math.round(share * 1e5) / 1e5));
const copy = (value) => JSON.parse(JSON.stringify(value));
const following = (points) => points.map((point, place) => [point, points[(place + 1) % points.length]]);

export const middle = ([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
export const edges = following;

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
  /** zones and staff as the API has them; limits: zones, fewest, points, name. */
  constructor(zones, staff, limits) {
    this.limits = limits;
    this.number = 0;
    this.steps = [];
    this.lastKind = "";
    this.lastAt = 0;
    this.take(zones, staff);
  }

  /** What is stored now: nothing is unsaved. */
  take(zones, staff) {
    this.staff = copy(staff);
    this.zones = copy(zones).map((zone) => ({ ...zone, key: `${++this.number}`, was: zone.name }));
    this.line = staff.line ? copy(staff.line) : null;
    this.side = staff.side ?? "left";
    this.kept = this.fingerprint();
  }

  get isChanged() {
    return this.fingerprint() !== this.kept;
  }

  fingerprint() {
    return JSON.stringify([this.zones.map(({ key, ...zone }) => zone), this.line, this.line && this.side]);
  }

  zone(key) {
    return this.zones.find((one) => one.key === key);
  }

  /** Before a change; changes of one kind in quick succession are one step. */
  remember(kind = "") {
    const now = Date.now();
    const goesOn = kind && kind === this.lastKind && now - this.lastAt < COALESCED_MS;
    this.lastKind = kind;
    this.lastAt = now;
    if (goesOn) return;
    this.steps.push(copy({ zones: this.zones, line: this.line, side: this.side }));
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

  /** A free name made of a sentence with {n}. */
  freeName(sentence) {
    let n = this.zones.length + 1;
    while (this.zones.some((one) => one.name === sentence.replace("{n}", n))) n += 1;
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
    const found = [];
    const name = zone.name.trim();
    if (!name) found.push("wrong_name");
    if ([...name].length > this.limits.name) found.push("wrong_long");
    if (this.zones.some((one) => one !== zone && one.name.trim() === name && name)) found.push("wrong_twice");
    if (crossesItself(zone.points)) found.push("wrong_crosses");
    if (Math.abs(area(zone.points)) < TINY) found.push("wrong_flat");
    return found;
  }

  get lineIsWrong() {
    return this.line !== null && this.line[0][0] === this.line[1][0] && this.line[0][1] === this.line[1][1];
  }

  get isWrong() {
    const many = this.zones.length > this.limits.zones;
    return many || this.lineIsWrong || this.zones.some((one) => this.wrong(one).length > 0);
  }

  /** Zones as the API takes them. */
  zonesToSend() {
    return this.zones.map(({ key, was, ...zone }) => ({ ...zone, name: zone.name.trim() }));
  }

  /** The staff group: zones it names under their new names, those that are gone left out. */
  staffToSend() {
    const named = this.staff.zones ?? [];
    const zones = this.zones.filter((one) => named.includes(one.was)).map((one) => one.name.trim());
    return { ...this.staff, line: this.line, side: this.side, zones };
  }
}
