// Pictures under zones: a zone lies on its picture however wide that is; without one the zones stand alone.

for (const place of document.querySelectorAll(".zone-picture")) {
  const picture = place.querySelector("img");
  if (!picture) continue;
  const settle = () => place.classList.add(picture.naturalWidth ? "shown" : "bare");
  if (picture.complete) settle();
  else {
    picture.addEventListener("load", settle);
    picture.addEventListener("error", settle);
  }
}
