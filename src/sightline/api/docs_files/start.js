"use strict";

// Changes that are tried out with a session bring its token along, as our own pages do.
let csrfToken = null;

fetch("/api/me", { credentials: "same-origin" })
  .then((answer) => (answer.ok ? answer.json() : null))
  .then((me) => { csrfToken = me && me.csrf_token; })
  .catch(() => {});

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  requestInterceptor: (request) => {
    if (csrfToken !== null && new URL(request.url, location.href).origin === location.origin) {
      request.headers["X-CSRF-Token"] = csrfToken;
    }
    return request;
  },
});
