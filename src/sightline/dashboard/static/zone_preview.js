// What the drawn zones would have found in the newest footage, before they are saved.

import { ask } from "./site.js";
import { moment, pause } from "./live_still.js";

const ASKED_EVERY_MS = 1000;
const at = (id) => document.getElementById(id);

export class Preview {
  /** zones, staff: what is drawn now, as the API takes it. */
  constructor(camera, ofCamera, { words, given, zones, staff }) {
    Object.assign(this, { words, given, zones, staff });
    this.address = `${camera}/preview?${ofCamera}`;
    at("try").addEventListener("click", () => this.attempt());
    at("try-stop").addEventListener("click", () => ask("DELETE", this.address).catch(() => undefined));
  }

  async attempt() {
    this.clear();
    this.running(true);
    try {
      const staff = this.staff();
      const begun = await ask("POST", this.address, { zones: this.zones(), ...(staff ? { staff } : {}) });
      this.show(await this.ended(begun));
    } catch (problem) {
      this.say("try_failed", { reason: problem.message });
    } finally {
      this.running(false);
    }
  }

  async ended(begun) {
    let now = begun;
    while (now.state === "running" && now.preview_id === begun.preview_id) {
      if (now.progress === null) at("try-progress").removeAttribute("value");
      else at("try-progress").value = now.progress;
      this.say(now.progress === null ? "try_loading" : "try_progress", { percent: Math.round(100 * (now.progress ?? 0)) });
      await pause(ASKED_EVERY_MS);
      now = await ask("GET", this.address);
    }
    return now.preview_id === begun.preview_id ? now : { state: "other" };
  }

  show({ state, message, result }) {
    if (state === "other") return this.say("try_other");
    if (state === "cancelled") return this.say("try_cancelled");
    if (state === "failed") return this.say("try_failed", { reason: message });
    const differing = result.events.filter((one) => one.change !== "unchanged");
    const minutes = `${Math.floor(result.footage_s / 60)} min ${String(Math.round(result.footage_s % 60)).padStart(2, "0")} s`;
    this.say(differing.length ? "try_found" : "try_none", { footage: minutes, ...result.summary });
    at("try-events").replaceChildren(...differing.map((one) => this.event(one)));
    at("try-notes").replaceChildren(...result.warnings.map((text) => this.made("li", text)));
  }

  event(one) {
    const { words, given } = this;
    const line = this.made("li", "");
    line.append(this.made("span", words[`change_${one.change}`], `badge ${{ new: "good", gone: "bad", changed: "doubt" }[one.change] ?? ""}`));
    const span = one.after ?? one.before;
    const when = moment(new Date(span.start), given.timezone, given.language);
    const text = `${words[`event_${one.kind}`] ?? one.kind}, ${when}, ${this.length(one)}`;
    if (one.event_id) {
      const link = this.made("a", text);
      link.href = `/review/${encodeURIComponent(one.event_id)}`;
      link.target = "_blank";
      line.append(link);
    } else line.append(this.made("span", text));
    if (one.anyway) line.append(this.made("span", words.try_anyway, "soft small"));
    return line;
  }

  /** As long as it would be; of one that changes, as long as it is, too. */
  length({ before, after }) {
    const seconds = (span) => `${Math.round(span.duration_s)} s`;
    return before && after ? `${seconds(before)} → ${seconds(after)}` : seconds(after ?? before);
  }

  made(name, text, className = "") {
    return Object.assign(document.createElement(name), { textContent: text, className });
  }

  say(key, values = {}) {
    at("try-said").textContent = this.words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  clear() {
    for (const id of ["try-events", "try-notes"]) at(id).replaceChildren();
  }

  running(goesOn) {
    at("try").disabled = goesOn;
    at("try-stop").hidden = at("try-progress").hidden = !goesOn;
  }
}
