// The citizen's form works without this; with it, what is not said yet stands above “Send”. It holds nothing back.
(() => {
  "use strict";
  const place = document.getElementById("hints");
  if (!place) return;
  const form = place.closest("form");
  let timer = 0, asked = 0;
  async function ask() {
    const mine = ++asked, body = new FormData();
    for (const name of ["text", "address", "nature"]) body.append(name, form.elements[name].value);
    try {
      const answer = await fetch(place.dataset.hints, { method: "POST", body, headers: { "X-CSRFToken": form.elements.csrf_token.value }, credentials: "same-origin" });
      const html = answer.ok ? await answer.text() : "";
      if (mine === asked) place.innerHTML = html;
    } catch { /* no connection: sending will say so */ }
  }
  form.addEventListener("input", (event) => {
    if (!["text", "address", "nature"].includes(event.target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(ask, 1000);
  });
  if (form.elements.text.value) ask();
})();
