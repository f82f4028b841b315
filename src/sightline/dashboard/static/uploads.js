// /uploads: the queue, looked at again while somebody looks.

import { given } from "./site.js";
import { keepFresh } from "./jobs_shown.js";

keepFresh(document.getElementById("now"), () => given.address);
