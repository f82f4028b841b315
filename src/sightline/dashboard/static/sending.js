// Sending large files: with progress, one call after another, and not more often than the site takes them.

import { given } from "./site.js";

const MINUTE_MS = 60_000;
const calls = [];

/**
 * POST a form or a document. Answers `{status, told, wait_s}`; status 0 where the connection broke off.
 * `onBytes(sent, all)` hears how much has gone; `signal` ends it.
 */
export function post(path, body, { onBytes = () => undefined, signal } = {}) {
  const isForm = body instanceof FormData;
  return new Promise((answer) => {
    const call = new XMLHttpRequest();
    call.open("POST", path);
    const token = document.querySelector('meta[name="csrf-token"]')?.content;
    if (token) call.setRequestHeader("X-CSRF-Token", token);
    if (!isForm) call.setRequestHeader("Content-Type", "application/json");
    call.upload.addEventListener("progress", (event) => onBytes(event.loaded, event.total));
    call.addEventListener("loadend", () => {
      if (call.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      answer({ status: call.status, told: document_of(call), wait_s: Number(call.getResponseHeader("Retry-After")) || 0 });
    });
    signal?.addEventListener("abort", () => call.abort());
    call.send(isForm ? body : JSON.stringify(body));
    calls.push(Date.now());
  });
}

function document_of(call) {
  try {
    return JSON.parse(call.responseText);
  } catch {
    return call.responseText;
  }
}

/** Seconds until the site takes another call: a large body that is refused for that would break off unsaid. */
export function waitBefore() {
  while (calls.length && calls[0] <= Date.now() - MINUTE_MS) calls.shift();
  return calls.length < given.most_calls ? 0 : Math.ceil((calls[calls.length - given.most_calls] + MINUTE_MS - Date.now()) / 1000);
}
