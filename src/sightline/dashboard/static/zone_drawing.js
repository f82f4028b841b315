// Zones and lines, drawn and changed by mouse, finger and keyboard.

import { edges, middle } from "./zone_shapes.js";
import { View } from "./zone_view.js";

const REACH = { mouse: 12, pen: 16, touch: 24 }; // how near to a point one has to hit, in pixels of the screen
const STEP = 0.005;
const FAR = 5;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Drawing extends View {
  /** on: changed(), selected(), drawn(kind, points), stopped(), refused(key), removeZone(key). */
  constructor(svg, image, shapes, { words, readOnly, on }) {
    super(svg, image, shapes, { words, readOnly });
    this.on = on;
    this.point = -1;
    this.drag = null;
    svg.addEventListener("focusin", (event) => this.focused(event.target));
    if (readOnly) return;
    svg.addEventListener("mousedown", (event) => event.preventDefault()); // focus goes where `pressed` says
    svg.addEventListener("pointerdown", (event) => this.pressed(event));
    svg.addEventListener("pointermove", (event) => this.moved(event));
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => this.released());
    svg.addEventListener("keydown", (event) => this.typed(event));
  }

  // Something new

  begin(kind) {
    this.mode = { kind, points: [], cross: [0.5, 0.5] };
    this.selected = "";
    this.svg.setAttribute("tabindex", 0);
    this.render();
    this.svg.focus({ preventScroll: true });
    this.on.selected();
  }

  put(point) {
    const { kind, points } = this.mode;
    if (points.length >= this.shapes.limits.points) return;
    points.push(point);
    if (kind !== "zone" && points.length === 2) return this.close();
    this.render();
  }

  close() {
    const { kind, points } = this.mode;
    if (kind === "zone" && points.length < this.shapes.limits.fewest) return this.on.refused("fewest");
    this.stop();
    this.on.drawn(kind, points);
  }

  stop() {
    this.mode = null;
    this.svg.removeAttribute("tabindex");
    this.render();
    this.on.stopped();
  }

  // By mouse and finger

  where(event) {
    const box = this.svg.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((one) => Math.min(1, Math.max(0, one)));
  }

  isNear(event, point) {
    const box = this.svg.getBoundingClientRect();
    const [x, y] = [box.left + point[0] * box.width, box.top + point[1] * box.height];
    return Math.hypot(event.clientX - x, event.clientY - y) <= (REACH[event.pointerType] ?? REACH.mouse);
  }

  pressed(event) {
    if (event.button) return;
    event.preventDefault();
    const start = this.where(event);
    if (this.mode) {
      const { kind, points } = this.mode;
      const closes = kind === "zone" && points.length >= this.shapes.limits.fewest && this.isNear(event, points[0]);
      return closes ? this.close() : this.put(start);
    }
    this.drag = this.grabbed(event, start);
    this.select(this.drag?.key ?? "", this.drag?.place ?? -1);
    if (!this.drag) return;
    this.svg.setPointerCapture(event.pointerId);
    this.focus(this.drag.focus);
  }

  grabbed(event, start) {
    const zone = this.shapes.zone(this.selected);
    const place = zone ? zone.points.findIndex((one) => this.isNear(event, one)) : -1;
    if (place >= 0) return { key: zone.key, place, points: zone.points, focus: `p:${zone.key}:${place}` };
    for (const { key, points } of this.shapes.allLines) {
      const end = points.findIndex((one) => this.isNear(event, one));
      if (end >= 0) return { key, place: end, points, focus: `l:${key}:${end}` };
    }
    const between = zone ? edges(zone.points).findIndex((one) => this.isNear(event, middle(one))) : -1;
    if (between >= 0) {
      const added = this.shapes.addPoint(zone.key, between, start);
      if (added < 0) this.on.refused("most_points");
      else return { key: zone.key, place: added, points: zone.points, focus: `p:${zone.key}:${added}`, moved: true };
    }
    const hit = this.shapes.zone(event.target.dataset?.zone);
    return hit ? { key: hit.key, place: -1, points: hit.points, from: [...hit.points], start, focus: `z:${hit.key}` } : null;
  }

  moved(event) {
    const here = this.where(event);
    if (this.mode) {
      this.mode.cross = here;
      return this.render();
    }
    if (!this.drag) return;
    const { place, points, from, start } = this.drag;
    if (!this.drag.moved) this.shapes.remember();
    this.drag.moved = true;
    if (place >= 0) this.shapes.movePoint(points, place, ...here);
    else this.shapes.moveAll(points, from, here[0] - start[0], here[1] - start[1]);
    this.render();
  }

  released() {
    const changed = this.drag?.moved;
    this.drag = null;
    if (changed) this.on.changed();
  }

  select(key, place = -1) {
    this.selected = key;
    this.point = place;
    this.render();
    this.on.selected();
  }

  // By keyboard

  focused(element) {
    const [kind, key, place] = (element.dataset?.key ?? "").split(":");
    const point = place === undefined ? -1 : Number(place);
    if (kind && (key !== this.selected || point !== this.point)) this.select(key, point);
  }

  typed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const done = this.mode ? this.typedInMode(event) : this.typedOnShape(event);
    if (done) event.preventDefault();
  }

  typedInMode({ key, shiftKey }) {
    if (ARROWS[key]) {
      const by = STEP * 2 * (shiftKey ? FAR : 1);
      const { cross } = this.mode;
      this.mode.cross = cross.map((one, axis) => Math.min(1, Math.max(0, one + ARROWS[key][axis] * by)));
    } else if (key === " ") this.put([...this.mode.cross]);
    else if (key === "Backspace") this.mode.points.pop();
    else if (key === "Enter") this.close();
    else if (key === "Escape") this.stop();
    else return false;
    this.render();
    return true;
  }

  typedOnShape({ key, shiftKey, target }) {
    const zone = this.shapes.zone(this.selected);
    const { points } = zone ?? this.shapes.allLines.find((one) => one.key === this.selected) ?? {};
    if (!target.dataset?.key || !points) return false;
    if (ARROWS[key]) this.nudge(points, ARROWS[key].map((one) => one * STEP * (shiftKey ? FAR : 1)));
    else if (key === "Escape") this.select("");
    else if (zone && (key === "+" || key === "Insert")) this.addPoint();
    else if (zone && (key === "Delete" || key === "Backspace")) this.point >= 0 ? this.removePoint() : this.on.removeZone(zone.key);
    else return false;
    return true;
  }

  nudge(points, [dx, dy]) {
    this.shapes.remember(`nudge ${this.selected} ${this.point}`);
    if (this.point >= 0) {
      const [x, y] = points[this.point];
      this.shapes.movePoint(points, this.point, x + dx, y + dy);
    } else this.shapes.moveAll(points, [...points], dx, dy);
    this.render();
    this.on.changed();
  }

  addPoint() {
    const added = this.shapes.addPoint(this.selected, Math.max(0, this.point));
    if (added < 0) return this.on.refused("most_points");
    this.select(this.selected, added);
    this.focus(`p:${this.selected}:${added}`);
    this.on.changed();
  }

  removePoint() {
    if (!this.shapes.removePoint(this.selected, this.point)) return this.on.refused("fewest");
    const before = Math.max(0, this.point - 1);
    this.select(this.selected, before);
    this.focus(`p:${this.selected}:${before}`);
    this.on.changed();
  }
}
