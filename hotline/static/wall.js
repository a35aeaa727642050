// The board on the wall: fetches its numbers again and again, and says plainly when it cannot.
(() => {
  "use strict";
  const place = document.querySelector("[data-every]");
  const lost = document.querySelector("[data-lost]");
  const every = Number(place.dataset.every) * 1000;
  const PATIENCE = 20000;
  const say = (gone) => { lost.hidden = !gone; document.body.classList.toggle("is-lost", gone); };

  async function refresh() {
    try {
      // Signed out is lost too: the board must not follow to the sign-in page.
      const answer = await fetch(place.dataset.refresh, { credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(PATIENCE) });
      if (!answer.ok) throw new Error(answer.statusText);
      place.innerHTML = await answer.text();
      say(false);
    } catch { say(true); }
    setTimeout(refresh, every);
  }
  setTimeout(refresh, every);
  addEventListener("offline", () => say(true));
})();
