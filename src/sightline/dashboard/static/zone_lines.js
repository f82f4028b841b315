// The lines over which people are counted, beside the picture: their names, where inside is, what is wrong.

import { made, ShapeList } from "./zone_list.js";

/** means: words, readOnly, on: changed(), chosen(key). */
export class LineList extends ShapeList {
  get drawn() {
    return this.shapes.lines;
  }

  tell(line, { problem, buttons }) {
    this.tellWrong(problem, this.shapes.wrongLine(line));
    for (const [key, button] of buttons) button.setAttribute("aria-label", this.words[key].replace("{name}", () => line.name));
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
