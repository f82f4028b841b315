// The map: moving and zooming by buttons, mouse and keys. Without it, the buttons are links.
import { given } from "./site.js";

const map = document.getElementById("map");
if (map) start();

function start() {
  const across = document.getElementById("across");
  const pins = [...map.querySelectorAll(".pin")];
  const scaled = [...pins, ...map.querySelectorAll(".sum")];
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 0 });
  const STEP = 0.3;
  let box = numbers(map.getAttribute("viewBox"));
  map.classList.add("live");

  function numbers(text) {
    const [x, y, width, height] = text.split(" ").map(Number);
    return { x, y, width, height };
  }

  /** Look elsewhere, within the world. */
  function look(next) {
    const width = Math.min(given.widest, Math.max(given.narrowest, next.width));
    const height = (width * box.height) / box.width;
    const x = Math.min(given.world, Math.max(0, next.x + next.width / 2)) - width / 2;
    const y = Math.min(given.world, Math.max(0, next.y + (next.height ?? height) / 2)) - height / 2;
    box = { x, y, width, height };
    draw();
    const [longitude, latitude] = [((x + width / 2) / given.world) * 360 - 180, latitudeOf(y + height / 2)];
    const query = new URLSearchParams({ lat: latitude.toFixed(5), lon: longitude.toFixed(5), width: String(+width.toFixed(3)) });
    history.replaceState(null, "", `/map?${query}`);
  }

  function latitudeOf(y) {
    const bounded = Math.min(85, Math.max(-85, (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / given.world))) * 180) / Math.PI));
    return bounded;
  }

  function draw() {
    map.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
    const unit = unitsInAPixel();
    const fitting = unit * 1000; // a narrow map shows larger cells of the same stretch of the world
    for (const one of scaled) one.setAttribute("transform", `translate(${one.dataset.x} ${one.dataset.y}) scale(${unit})`);
    for (const level of map.querySelectorAll(".cells")) {
      level.toggleAttribute("hidden", !(level.dataset.narrowest <= fitting && fitting < level.dataset.widest));
    }
    name(unit);
    const km = (box.width / given.world) * 40075 * Math.cos((latitudeOf(box.y + box.height / 2) * Math.PI) / 180);
    across.textContent = across.dataset.said.replace("{km}", number.format(km));
  }

  function unitsInAPixel() {
    const place = map.getBoundingClientRect();
    return Math.max(box.width / (place.width || 1), box.height / (place.height || 1));
  }

  /** Names that would cover each other or a sum: the venue with more visitors keeps its own. */
  function name(unit) {
    const taken = [...map.querySelectorAll(".cells:not([hidden]) .sum")].map((sum) => [sum.dataset.x / unit, sum.dataset.y / unit + 14, 30]);
    for (const pin of [...pins].sort((one, other) => other.dataset.weight - one.dataset.weight)) {
      const label = pin.querySelector("text");
      const half = label.textContent.length * 4 + 4;
      const [place, room] = [(pin.dataset.x - box.x) / unit, box.width / unit];
      const aside = Math.max(half, Math.min(place, room - half)) - place; // so that it stays within the map
      label.setAttribute("text-anchor", "middle");
      label.setAttribute("x", aside);
      const [x, y] = [pin.dataset.x / unit + aside, pin.dataset.y / unit - 17];
      const isFree = taken.every(([ox, oy, other]) => Math.abs(x - ox) > half + other || Math.abs(y - oy) > 20);
      pin.classList.toggle("nameless", !isFree);
      if (isFree) taken.push([x, y, half]);
    }
  }

  /** By a factor, around a point of the map that stays where it is. */
  function zoom(factor, x = box.x + box.width / 2, y = box.y + box.height / 2) {
    const width = Math.min(given.widest, Math.max(given.narrowest, box.width * factor));
    const real = width / box.width;
    look({ x: x - (x - box.x) * real, y: y - (y - box.y) * real, width, height: box.height * real });
  }

  const move = (right, down) => look({ ...box, x: box.x + right * box.width, y: box.y + down * box.height });
  const deeds = {
    in: () => zoom(0.5),
    out: () => zoom(2),
    left: () => move(-STEP, 0),
    right: () => move(STEP, 0),
    up: () => move(0, -STEP),
    down: () => move(0, STEP),
    all: () => look(numbers(given.first)),
  };
  const keys = { "+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down", 0: "all" };

  for (const one of document.querySelectorAll("[data-move]")) {
    one.addEventListener("click", (event) => {
      event.preventDefault();
      deeds[one.dataset.move]();
    });
  }
  for (const one of map.querySelectorAll("[data-box]")) {
    one.addEventListener("click", (event) => {
      event.preventDefault();
      if (!dragged) look(numbers(one.dataset.box));
    });
  }
  map.addEventListener("keydown", (event) => {
    if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    deeds[keys[event.key]]();
  });

  function pointOf(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
    return [at.x, at.y];
  }
  map.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.25 : 0.8, ...pointOf(event));
    },
    { passive: false },
  );

  // Dragging; a link under the hand is followed only when the hand kept still.
  let held = null;
  let dragged = false;
  map.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    held = { x: event.clientX, y: event.clientY, box };
    dragged = false;
  });
  window.addEventListener("pointermove", (event) => {
    if (!held) return;
    const [right, down] = [event.clientX - held.x, event.clientY - held.y];
    if (!dragged && Math.hypot(right, down) < 5) return;
    dragged = true;
    const unit = unitsInAPixel();
    look({ ...held.box, x: held.box.x - right * unit, y: held.box.y - down * unit });
  });
  for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => (held = null));
  map.addEventListener("dragstart", (event) => event.preventDefault());
  map.addEventListener(
    "click",
    (event) => {
      if (dragged) event.preventDefault();
    },
    true,
  );

  new ResizeObserver(draw).observe(map);
  draw();
}
