// What all scripts of the pages share: asking the API with this session's token, and what the page was given.

/** What the page was given: `page_data` of `show`. */
export const given = JSON.parse(document.getElementById("page-data")?.dataset.values ?? "{}");

/** A refusal in words. */
export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

/**
 * Ask the API; an object or list is sent as JSON, a FormData as it is.
 * Leads to /login when the session has ended; throws Refused with the API's own sentence otherwise.
 */
export async function ask(method, path, body) {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  const headers = token ? { "X-CSRF-Token": token } : {};
  const isForm = body instanceof FormData;
  if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, {
    method,
    headers,
    body: body === undefined ? undefined : isForm ? body : JSON.stringify(body),
  });
  if (answer.status === 401) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
    throw new Refused(401, "");
  }
  const text = await answer.text();
  const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
  const told = isJson && text ? JSON.parse(text) : text;
  if (!answer.ok) throw new Refused(answer.status, sentence(told));
  return told;
}

/** The sentence of problem details, or of the fields that were refused. */
export function sentence(told) {
  if (typeof told === "string") return told.slice(0, 300);
  if (Array.isArray(told.detail)) return told.detail.map((one) => `${one.loc.at(-1)}: ${one.msg}`).join("; ");
  return told.detail ?? told.title ?? "";
}

/** Say something where the page has room for it; politely read out. */
export function say(place, text, kind = "") {
  place.className = `notice ${kind}`;
  place.setAttribute("role", kind === "bad" ? "alert" : "status");
  place.textContent = text;
  place.hidden = !text;
}
