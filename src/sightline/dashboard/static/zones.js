// /cameras/VENUE/CAMERA/zones: zones and lines are drawn, tried and saved.

import { ask, given, say } from "./site.js";
import { Drawing } from "./zone_drawing.js";
import { LineList } from "./zone_lines.js";
import { ZoneList } from "./zone_list.js";
import { Preview } from "./zone_preview.js";
import { Shapes } from "./zone_shapes.js";

const { words, limits } = given;
const at = (id) => document.getElementById(id);
const ofCamera = `venue_id=${encodeURIComponent(given.venue)}`;
const camera = `/api/cameras/${encodeURIComponent(given.camera)}`;
const zonesAddress = `/venues/${encodeURIComponent(given.venue)}/zones?camera_id=${encodeURIComponent(given.camera)}`;

const shapes = new Shapes(given.zones, given.staff, given.lines, limits);
const drawing = new Drawing(at("overlay"), at("picture"), shapes, {
  words,
  readOnly: given.read_only,
  on: { changed, selected, drawn, stopped, refused, removeZone },
});
const list = new ZoneList(at("zone-list"), shapes, {
  words,
  given,
  on: { changed: () => (drawing.render(), changed()), chosen: (key) => drawing.select(key), removed: removeZone },
});
const lines = new LineList(at("line-list"), shapes, {
  words,
  readOnly: given.read_only,
  on: { changed: () => (drawing.render(), changed()), chosen: (key) => drawing.select(key) },
});

function changed() {
  list.show(drawing.selected);
  lines.show(drawing.selected);
  at("no-lines").hidden = shapes.lines.length > 0;
  at("count").textContent = `${shapes.zones.length} / ${limits.zones}`;
  at("none").hidden = shapes.zones.length > 0;
  selected();
  if (given.read_only) return;
  at("undo").disabled = shapes.steps.length === 0;
  at("new-zone").disabled = shapes.zones.length >= limits.zones;
  at("new-zone").title = at("new-zone").disabled ? fill("most_zones", limits.zones) : "";
  at("save").disabled = !shapes.isChanged || shapes.isWrong;
  at("state").textContent = shapes.isChanged ? words.unsaved : "";
  if (shapes.isChanged) at("said").hidden = at("next").hidden = true;
  if (!given.can_have_line) return;
  at("new-count").disabled = shapes.lines.length >= limits.lines;
  at("new-count").title = at("new-count").disabled ? fill("most_lines", limits.lines) : "";
  at("new-line").textContent = shapes.line ? words.redraw_line : words.new_line;
  at("swap-side").hidden = at("remove-line").hidden = !shapes.line;
  at("line-problem").hidden = !shapes.lineIsWrong;
  at("line-problem").textContent = shapes.lineIsWrong ? words.wrong_line : "";
}

function selected() {
  list.mark(drawing.selected);
  lines.mark(drawing.selected);
  if (given.read_only) return;
  at("add-point").disabled = !shapes.zone(drawing.selected);
  at("remove-point").disabled = !shapes.zone(drawing.selected) || drawing.point < 0;
}

const fill = (key, n) => words[key].replace("{n}", n);

function hint(text, kind = "") {
  at("hint").textContent = text;
  at("hint").className = `small drawing-hint ${kind}`;
  at("hint").hidden = !text;
}

function begin(kind) {
  drawing.begin(kind);
  hint(kind === "zone" ? words.drawing_zone : words.drawing_line);
  at("canvas").scrollIntoView({ block: "nearest" }); // on a phone the button for the line lies below it
  at("done").hidden = kind !== "zone";
  at("give-up").hidden = false;
}

function drawn(kind, points) {
  if (kind === "line") {
    shapes.remember();
    shapes.line = points;
    drawing.select("line", 1);
    drawing.focus("l:line:1");
  } else if (kind === "count") {
    const key = shapes.addLine(points, shapes.freeName(words.new_count_name, shapes.lines));
    drawing.select(key, 1);
    changed();
    return lines.focusName(key);
  } else {
    const key = shapes.addZone(points, "area", given.colors.area, shapes.freeName(words.new_name));
    drawing.select(key);
    changed();
    return list.focusName(key);
  }
  changed();
}

function stopped() {
  hint("");
  at("done").hidden = at("give-up").hidden = true;
}

function refused(key) {
  hint(fill(key, key === "fewest" ? limits.fewest : limits.points), "bad-text");
}

function removeZone(key) {
  shapes.removeZone(key);
  drawing.select("");
  changed();
}

function undo() {
  if (!shapes.undo()) return;
  drawing.select(shapes.zone(drawing.selected) ? drawing.selected : "");
  list.rebuild();
  lines.rebuild();
  changed();
}

/** Zones that the staff group names must be there before and after; so it goes first and last. */
async function save() {
  at("save").disabled = true;
  at("state").textContent = words.saving;
  try {
    const staff = shapes.staffToSend();
    const named = given.staff.zones ?? [];
    const remaining = named.filter((name) => shapes.zones.some((one) => one.was === name && one.name.trim() === name));
    if (remaining.length < named.length) {
      await ask("PATCH", `${camera}?${ofCamera}`, { staff: { ...given.staff, zones: remaining } });
    }
    const stored = await ask("PUT", zonesAddress, { zones: shapes.zonesToSend() });
    if (given.can_have_line) {
      const told = await ask("PATCH", `${camera}?${ofCamera}`, { staff, lines: shapes.linesToSend() });
      given.staff = told.rules.staff ?? {};
      given.lines = told.rules.lines ?? [];
    }
    const place = shapes.zones.findIndex((one) => one.key === drawing.selected);
    shapes.take(stored.zones, given.staff, given.lines);
    drawing.select(shapes.zones[place]?.key ?? "");
    list.rebuild();
    lines.rebuild();
    changed();
    say(at("said"), words.saved, "good");
    at("next").hidden = false;
  } catch (problem) {
    changed();
    say(at("said"), problem.message, "bad");
  }
}

function listen() {
  at("new-zone").addEventListener("click", () => begin("zone"));
  at("new-line")?.addEventListener("click", () => begin("line"));
  at("new-count")?.addEventListener("click", () => begin("count"));
  at("done").addEventListener("click", () => drawing.close());
  at("give-up").addEventListener("click", () => drawing.stop());
  at("add-point").addEventListener("click", () => drawing.addPoint());
  at("remove-point").addEventListener("click", () => drawing.removePoint());
  at("undo").addEventListener("click", undo);
  at("save").addEventListener("click", save);
  at("swap-side")?.addEventListener("click", () => {
    shapes.remember();
    shapes.side = shapes.side === "left" ? "right" : "left";
    drawing.render();
    changed();
  });
  at("remove-line")?.addEventListener("click", () => {
    shapes.remember();
    shapes.line = null;
    drawing.select("");
    changed();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !typing) {
      event.preventDefault();
      undo();
    }
  });
  addEventListener("beforeunload", (event) => {
    if (shapes.isChanged) event.preventDefault();
  });
  new Preview(camera, ofCamera, { words, given, zones: () => shapes.zonesToSend(), staff: () => (given.can_have_line ? shapes.staffToSend() : null) });
}

function noPicture() {
  at("no-picture").hidden = false;
  at("picture").src = given.blank;
}

at("picture").addEventListener("error", noPicture, { once: true });
if (at("picture").complete && !at("picture").naturalWidth) noPicture();
if (!given.read_only) listen();
changed();
