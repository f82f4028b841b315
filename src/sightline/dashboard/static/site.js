// What all scripts of the pages share: asking the API with this session's token, and what the page was given.

/** What the page was given: `page_data` of `show`. */
export const given = JSON.parse(document.getElementById("page-data")?.dataset.values ?? "{}");

const NO_ANSWER = {
  en: "The site does not answer. Check the connection, then try again.",
  fr: "Le site ne répond pas. Vérifiez la connexion, puis réessayez.",
};
/** The API speaks English: what it says is told behind the reason only where the reason alone says too little. */
const IN_FRENCH = {
  400: "Le site n’a pas accepté ces valeurs",
  403: "Votre compte n’y a pas droit.",
  404: "Cela n’existe plus. Rechargez la page.",
  409: "Ce n’est pas possible en l’état",
  413: "C’est trop volumineux pour ce site.",
  422: "Le site n’a pas accepté ces valeurs",
  429: "Trop de demandes à la fois. Attendez une minute, puis réessayez.",
  500: "Une erreur s’est produite sur le site. Réessayez dans une minute.",
  502: "Le destinataire n’a pas répondu comme prévu",
  503: "Le site ne peut pas répondre pour l’instant. Réessayez dans une minute.",
  507: "Le disque du site est plein : rien n’a été enregistré.",
};

/** A refusal in words. */
export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

/**
 * Ask the API; an object or list is sent as JSON, a FormData as it is.
 * Leads to /login when the session has ended; throws Refused with a sentence in the page's language otherwise.
 */
export async function ask(method, path, body) {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  const headers = token ? { "X-CSRF-Token": token } : {};
  const isForm = body instanceof FormData;
  if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
  const sent = body === undefined ? undefined : isForm ? body : JSON.stringify(body);
  const answer = await fetch(path, { method, headers, body: sent }).catch(() => {
    throw new Refused(0, NO_ANSWER[document.documentElement.lang] ?? NO_ANSWER.en);
  });
  if (answer.status === 401) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
    throw new Refused(401, "");
  }
  const text = await answer.text();
  const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
  const told = isJson && text ? JSON.parse(text) : text;
  if (!answer.ok) throw new Refused(answer.status, reason(answer.status, told));
  return told;
}

/** Why, in the language of the page. */
function reason(status, told) {
  const said = document.documentElement.lang === "fr" ? IN_FRENCH[status] : undefined;
  if (!said) return sentence(told);
  return said.endsWith(".") ? said : `${said} : ${sentence(told)}`;
}

/** The sentence of problem details, or of the fields that were refused. */
export function sentence(told) {
  if (typeof told === "string") return told.slice(0, 300);
  if (Array.isArray(told.detail)) return told.detail.map((one) => `${one.loc.at(-1)}: ${one.msg}`).join("; ");
  return told.detail ?? told.title ?? "";
}

/** What a camera answers, or what keeps it from answering, in the language of the page as far as that is known. */
export function answerOf(detail) {
  let said = detail;
  for (const [told, french] of Object.entries(given.troubles ?? {})) said = said.replace(`: ${told}`, `\u00a0: ${french}`).replace(told, french);
  return given.troubles?.[" pictures/s"] ? said.replace(/(\d)\.(\d+ images)/, "$1,$2") : said;
}

/** Say something where the page has room for it; politely read out. */
export function say(place, text, kind = "") {
  place.className = `notice ${kind}`;
  place.setAttribute("role", kind === "bad" ? "alert" : "status");
  place.textContent = text;
  place.hidden = !text;
}
