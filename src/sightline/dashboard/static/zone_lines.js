// The lines over which people are counted, beside the picture: their names, where inside is, what is wrong.

import { made } from "./zone_list.js";

export class LineList {
  /** on: changed(), chosen(key). */
  constructor(place, shapes, { words, readOnly, on }) {
    Object.assign(this, { place, shapes, words, readOnly, on });
    this.rows = new Map();
  }

  rebuild() {
    this.rows.clear();
    this.place.replaceChildren();
  }

  show(selected) {
    const { lines, limits } = this.shapes;
    if (lines.map((one) => one.key).join() !== [...this.rows.keys()].join()) {
      this.rebuild();
      for (const line of lines) {
        const row = this.row(line);
        this.rows.set(line.key, row);
        this.place.append(row.element);
      }
    }
    for (const line of lines) {
      const { problem, buttons } = this.rows.get(line.key);
      problem.textContent = this.shapes.wrongLine(line).map((key) => this.words[key].replace("{n}", limits.name)).join(" ");
      problem.hidden = !problem.textContent;
      for (const [key, button] of buttons) button.setAttribute("aria-label", this.words[key].replace("{name}", () => line.name));
    }
    this.mark(selected);
  }

  mark(selected) {
    for (const [key, { element }] of this.rows) element.classList.toggle("selected", key === selected);
  }

  focusName(key) {
    this.rows.get(key)?.name.focus();
    this.rows.get(key)?.name.select();
  }

  row({ key, name: called }) {
    const { words } = this;
    const name = made("input", { value: called, required: true, disabled: this.readOnly });
    name.addEventListener("input", () => {
      this.shapes.remember(`name ${key}`);
      this.shapes.countLine(key).name = name.value;
      this.on.changed();
    });
    const problem = made("p", { className: "bad-text small", hidden: true });
    problem.setAttribute("role", "alert");
    const field = made("div", { className: "kind-row" }, made("label", {}, words.name, name));
    const element = made("li", {}, field, problem);
    element.addEventListener("focusin", () => this.on.chosen(key));
    if (this.readOnly) return { element, name, problem, buttons: [] };
    const swap = made("button", { type: "button", className: "plain slim", textContent: words.swap_inside });
    swap.addEventListener("click", () => {
      this.shapes.remember();
      const line = this.shapes.countLine(key);
      line.side = line.side === "left" ? "right" : "left";
      this.on.changed();
    });
    const remove = made("button", { type: "button", className: "danger slim", textContent: "✕" });
    remove.addEventListener("click", () => {
      this.shapes.removeLine(key);
      this.on.chosen("");
      this.on.changed();
    });
    field.append(remove);
    element.append(swap);
    return { element, name, problem, buttons: [["swap_inside_of", swap], ["remove_zone", remove]] };
  }
}
