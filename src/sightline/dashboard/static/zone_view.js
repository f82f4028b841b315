// The picture with zones and lines over it, as they are now.

import { edges, middle } from "./zone_shapes.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 1000; // of the drawing's own coordinates; its height follows from the picture

function made(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export class View {
  constructor(svg, image, shapes, { words, readOnly }) {
    Object.assign(this, { svg, image, shapes, words, readOnly });
    this.selected = ""; // key of a zone or of a line
    this.mode = null; // { kind, points, cross } while something new is drawn
    this.height = WIDE * 0.5625;
    new ResizeObserver(() => this.render()).observe(svg);
    image.addEventListener("load", () => this.measure());
    if (image.complete) this.measure();
  }

  measure() {
    if (this.image.naturalWidth) this.height = (WIDE * this.image.naturalHeight) / this.image.naturalWidth;
    this.render();
  }

  render() {
    const focus = document.activeElement?.dataset?.key;
    this.unit = WIDE / (this.svg.clientWidth || WIDE);
    this.svg.setAttribute("viewBox", `0 0 ${WIDE} ${this.height}`);
    const drawn = this.shapes.zones.map((zone) => this.zoneDrawn(zone));
    drawn.push(...this.shapes.allLines.map((line) => this.lineDrawn(line)));
    if (this.mode) drawn.push(this.modeDrawn(this.mode));
    this.svg.replaceChildren(...drawn);
    this.svg.classList.toggle("is-drawing", Boolean(this.mode));
    if (focus) this.focus(focus);
  }

  focus(key) {
    this.svg.querySelector(`[data-key="${key}"]`)?.focus({ preventScroll: true });
  }

  at([x, y]) {
    return [x * WIDE, y * this.height];
  }

  path(points) {
    return points.map((one) => this.at(one).map((value) => value.toFixed(1)).join(",")).join(" ");
  }

  said(key, values) {
    return this.words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  zoneDrawn(zone) {
    const isSelected = zone.key === this.selected;
    const name = zone.name.trim() || "?";
    const kind = this.words[`kind_${zone.kind}`];
    const n = zone.points.length;
    const label = this.said("zone_said", { name, kind, n });
    const group = made("g", { class: `zone ${isSelected ? "selected" : ""} ${this.shapes.wrong(zone).length ? "wrong" : ""}` });
    group.append(
      made("polygon", {
        points: this.path(zone.points), fill: zone.color, stroke: zone.color, "data-zone": zone.key,
        "data-key": `z:${zone.key}`, tabindex: 0, role: "button", "aria-label": label, "aria-pressed": isSelected,
      }),
    );
    const [x, y] = this.at(zone.points.reduce(([a, b], [c, d]) => [a + c / n, b + d / n], [0, 0]));
    const text = made("text", { x, y, "font-size": 13 * this.unit, "aria-hidden": true });
    text.textContent = name;
    group.append(text);
    if (isSelected && !this.readOnly && !this.mode) this.handles(group, zone, name);
    return group;
  }

  handles(group, zone, name) {
    for (const edge of edges(zone.points)) {
      const [cx, cy] = this.at(middle(edge));
      group.append(made("circle", { class: "between", cx, cy, r: 4 * this.unit }));
    }
    const total = zone.points.length;
    zone.points.forEach((point, place) => {
      const [cx, cy] = this.at(point);
      const [x, y] = point.map((share) => Math.round(share * 100));
      group.append(this.handle(`p:${zone.key}:${place}`, cx, cy, this.said("point_said", { name, n: place + 1, total, x, y })));
    });
  }

  handle(key, cx, cy, label) {
    return made("circle", { class: "handle", cx, cy, r: 7 * this.unit, "data-key": key, tabindex: 0, role: "button", "aria-label": label });
  }

  lineDrawn({ key, points, side, name }) {
    const isStaff = key === "line";
    const [p, q] = points.map((one) => this.at(one));
    const [dx, dy] = [q[0] - p[0], q[1] - p[1]];
    const length = Math.hypot(dx, dy) || 1;
    const turn = side === "left" ? 1 : -1; // the left hand of who looks from a to b, on the picture
    const [nx, ny] = [(turn * dy) / length, (-turn * dx) / length];
    const far = 3 * WIDE;
    const [mx, my] = middle([p, q]);
    const [tip, wing] = [36 * this.unit, 9 * this.unit];
    const [tx, ty] = [mx + nx * tip, my + ny * tip];
    const head = [
      [tx, ty],
      [tx - nx * wing * 1.5 - ny * wing, ty - ny * wing * 1.5 + nx * wing],
      [tx - nx * wing * 1.5 + ny * wing, ty - ny * wing * 1.5 - nx * wing],
    ];
    const isWrong = isStaff ? this.shapes.lineIsWrong : this.shapes.wrongLine(this.shapes.countLine(key)).length;
    const group = made("g", { class: `${isStaff ? "staff" : "count"}-line ${this.selected === key ? "selected" : ""} ${isWrong ? "wrong" : ""}` });
    const ends = (from, to) => ({ x1: from[0], y1: from[1], x2: to[0], y2: to[1] });
    if (isStaff) group.append(
      made("line", { class: "endless", ...ends([p[0] - (dx / length) * far, p[1] - (dy / length) * far], [q[0] + (dx / length) * far, q[1] + (dy / length) * far]) }),
    );
    group.append(
      made("line", { class: "drawn", ...ends(p, q) }),
      made("line", { class: "drawn", ...ends([mx, my], [tx, ty]) }),
      made("polygon", { class: "arrow", points: head.map((one) => one.map((value) => value.toFixed(1)).join(",")).join(" ") }),
    );
    const beside = nx > 0.5 ? "starts" : nx < -0.5 ? "ends" : ""; // beside the arrow, not over it
    const low = 5 + 7 * ny; // the baseline is where letters end
    const text = made("text", { class: beside, x: tx + nx * 8 * this.unit, y: ty + (ny * 8 + low) * this.unit, "font-size": 13 * this.unit, "aria-hidden": true });
    const shown = isStaff ? this.words.kind_staff : name.trim() || "?";
    text.textContent = isStaff ? shown : this.said("line_inside", { name: shown });
    group.append(text);
    if (!this.readOnly && !this.mode) {
      [p, q].forEach(([cx, cy], place) => {
        const label = this.said(isStaff ? "line_end" : "count_end", { name: shown, n: place + 1 });
        group.append(this.handle(`l:${key}:${place}`, cx, cy, label));
      });
    }
    return group;
  }

  modeDrawn({ points, cross }) {
    const group = made("g", { class: "being-drawn" });
    group.append(made("polyline", { points: this.path([...points, cross]) }));
    for (const one of points) {
      const [cx, cy] = this.at(one);
      group.append(made("circle", { class: "handle", cx, cy, r: 6 * this.unit }));
    }
    const [x, y] = this.at(cross);
    const arm = 14 * this.unit;
    group.append(
      made("line", { class: "cross", x1: x - arm, y1: y, x2: x + arm, y2: y }),
      made("line", { class: "cross", x1: x, y1: y - arm, x2: x, y2: y + arm }),
    );
    return group;
  }
}
