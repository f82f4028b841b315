// Why a file or an address is not taken, in words: before it is sent, and as the site answered.

import { given, sentence } from "./site.js";

const NOT_A_VIDEO = "this is not a video that can be read: ";
const { words } = given;

const size = (bytes) => `${new Intl.NumberFormat(given.language, { maximumFractionDigits: 0 }).format(bytes / 1e6)}\u00a0${given.unit}`;
const tooLarge = (file) => words.refused_size.replace("{size}", size(file.size)).replace("{most}", given.most);

/** Why it would be of no use to send this file; empty when it may be a video. */
export async function hopeless(file) {
  if (file.size > given.longest_bytes) return tooLarge(file);
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    return words.unreadable; // a folder, or a file that is gone
  }
  return file.size ? "" : words.refused_empty;
}

/** Why it was not taken: a refusal of the API; `before` asking it, what can be told of an address. */
export function refusal(row, answer, { before = false } = {}) {
  if (row.url) {
    const said = refusalOfAddress(row.url);
    if (said || before) return said;
  }
  const told = sentence(answer.told);
  if (answer.status === 0) return words.broke_off;
  if (answer.status === 403) return words.refused_venue;
  if (answer.status === 404) return words.refused_gone;
  if (answer.status === 413 && row.file) return tooLarge(row.file);
  if (answer.status === 507) return words.refused_room;
  if (answer.status === 400 && told.includes("inside this network")) return words.refused_inside;
  return answer.status === 415 ? refusalInText(row, told) : told;
}

/** The same for one file of several, of which only a sentence is known. */
export function refusalInText(row, told) {
  if (told.startsWith("the file is larger")) return tooLarge(row.file);
  if (told.startsWith("there is no room")) return words.refused_room;
  const more = told.startsWith(NOT_A_VIDEO) ? told.slice(NOT_A_VIDEO.length) : "";
  const reason = more === "is not a video" ? "" : more; // which says nothing more
  const said = given.language === "en" ? reason : (given.reasons[reason] ?? "");
  return said ? `${words.refused_kind.replace(/\.$/, "")}${words.colon}${said}.` : words.refused_kind;
}

function refusalOfAddress(text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    return words.refused_address;
  }
  if (!/^https?:$/.test(url.protocol)) return words.refused_address;
  const host = url.hostname.replace(/\.$/, "");
  if (given.hosts.includes(host)) return "";
  return words.refused_host.replace("{host}", () => host).replace("{hosts}", given.hosts.join(", "));
}
