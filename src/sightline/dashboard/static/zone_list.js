// The zones beside the picture: their names, kinds and colours, and what is wrong with each.

export function made(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** One row for each of some shapes. Made by whoever knows how: drawn (the shapes), row(shape), tell(shape, row). */
export class ShapeList {
  constructor(place, shapes, means) {
    Object.assign(this, { place, shapes, ...means });
    this.rows = new Map();
  }

  /** The rows anew, from what is drawn. */
  rebuild() {
    this.rows.clear();
    this.place.replaceChildren();
  }

  show(selected) {
    if (this.drawn.map((one) => one.key).join() !== [...this.rows.keys()].join()) {
      this.rebuild();
      for (const shape of this.drawn) {
        const row = this.row(shape);
        this.rows.set(shape.key, row);
        this.place.append(row.element);
      }
    }
    for (const shape of this.drawn) this.tell(shape, this.rows.get(shape.key));
    this.mark(selected);
  }

  tellWrong(problem, keys) {
    problem.textContent = keys.map((key) => this.words[key].replace("{n}", this.shapes.limits.name)).join(" ");
    problem.hidden = keys.length === 0;
  }

  mark(selected) {
    for (const [key, { element }] of this.rows) element.classList.toggle("selected", key === selected);
  }

  focusName(key) {
    this.rows.get(key)?.name.focus();
    this.rows.get(key)?.name.select();
  }
}

/** means: words, given, on: changed(), chosen(key), removed(key). */
export class ZoneList extends ShapeList {
  get drawn() {
    return this.shapes.zones;
  }

  tell(zone, { problem, about, remove }) {
    this.tellWrong(problem, this.shapes.wrong(zone));
    about.textContent = this.words[`about_${zone.kind}`];
    if (remove) remove.setAttribute("aria-label", this.words.remove_zone.replace("{name}", () => zone.name));
  }

  row({ key }) {
    const { words, given } = this;
    const zone = () => this.shapes.zone(key);
    const off = given.read_only;
    const change = (kind, apply) => {
      this.shapes.remember(`${kind} ${key}`);
      apply(zone());
      this.on.changed();
    };
    const name = made("input", { value: zone().name, required: true, disabled: off });
    name.addEventListener("input", () => change("name", (one) => (one.name = name.value)));
    const color = made("input", { type: "color", value: zone().color, disabled: off });
    color.addEventListener("input", () => change("color", (one) => (one.color = color.value)));
    const kind = made("select", { disabled: off });
    for (const one of given.kinds) kind.append(new Option(words[`kind_${one}`], one, false, one === zone().kind));
    kind.addEventListener("change", () =>
      change("kind", (one) => {
        // A colour that nobody chose goes with the kind.
        if (one.color === given.colors[one.kind]) color.value = one.color = given.colors[kind.value];
        one.kind = kind.value;
      }),
    );
    const zoom = made("input", { type: "checkbox", checked: Boolean(zone().zoom), disabled: off });
    zoom.addEventListener("change", () => change("zoom", (one) => (one.zoom = zoom.checked)));
    zoom.title = words.zoom_hint;
    const label = (text, field, className = "") => made("label", { className }, ...(className ? [field, text] : [text, field]));
    const problem = made("p", { className: "bad-text small", hidden: true });
    problem.setAttribute("role", "alert");
    const about = made("p", { className: "soft small" });
    const kindRow = made("div", { className: "kind-row" }, label(words.kind, kind));
    const element = made(
      "li",
      {},
      made("div", { className: "zone-row" }, label(words.color, color), label(words.name, name)),
      kindRow,
      about,
      problem,
    );
    let remove = null;
    if (!off) {
      remove = made("button", { type: "button", className: "danger slim", textContent: "✕" });
      remove.addEventListener("click", () => this.on.removed(key));
      kindRow.append(remove);
    }
    element.append(label(words.zoom, zoom, "check"));
    element.addEventListener("focusin", () => this.on.chosen(key));
    return { element, name, problem, about, remove };
  }
}
