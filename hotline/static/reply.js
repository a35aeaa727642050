// What the citizen is to read: begun from a template, checked while it is typed, its hits marked where they stand.
(() => {
  "use strict";
  const BLANK = /【(?!(?:19|20)\d{2}】)[^【】\n]{0,40}】/g; // as the server's check has it

  document.querySelectorAll("[data-check]").forEach((place) => {
    const area = document.getElementById(place.dataset.of);
    const mirror = window.mirrorOf(area);
    const left = document.querySelector(`[data-unfilled="${area.id}"]`);
    let timer = 0, asked = 0;

    const show = () => {
      const places = area.value.match(BLANK) || [], hits = [...place.querySelectorAll("[data-hit]")];
      const words = (blocking) => hits.filter((hit) => Boolean(hit.closest(".blocks")) === blocking).map((hit) => hit.dataset.hit);
      window.markWords(mirror, area.value, [["blank", places], ["danger", words(true)], ["hit", words(false)]]);
      mirror.scrollTop = area.scrollTop;
      left.hidden = !places.length;
      const told = left.querySelector("[data-words]");
      told.textContent = told.dataset.words.replace("{n}", places.length);
    };
    // An answer that was overtaken is dropped.
    const ask = async () => {
      const mine = ++asked, body = new FormData();
      body.append("public_reply", area.value);
      try {
        const answer = await fetch(place.dataset.check, { method: "POST", body, headers: { "X-CSRFToken": area.form.elements.csrf_token.value }, redirect: "manual", credentials: "same-origin" });
        const html = answer.ok ? await answer.text() : "";
        if (mine !== asked) return;
        place.innerHTML = html;
        show();
      } catch { /* no connection: it is checked when it is sent */ }
    };
    area.addEventListener("input", () => { show(); clearTimeout(timer); timer = setTimeout(ask, 800); });
    area.addEventListener("scroll", () => { mirror.scrollTop = area.scrollTop; });
    left.querySelector("button").addEventListener("click", () => toBlank(area));
    area.form.addEventListener("keydown", (event) => {
      if (!event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.code === "KeyB") { event.preventDefault(); toBlank(area); }
      const choice = event.code === "KeyT" && area.form.querySelector("[data-templates] select");
      if (choice) { event.preventDefault(); choice.focus(); }
    });
    show();
    if (area.value) ask();
  });

  // A template is put in at the end of what is written already; the first place to fill is at hand.
  document.querySelectorAll("[data-templates]").forEach((place) => {
    const area = document.getElementById(place.dataset.templates), choice = place.querySelector("select");
    choice.addEventListener("change", () => {
      const body = choice.selectedOptions[0].dataset.body;
      if (!body) return;
      const written = area.value.trimEnd();
      area.value = written ? `${written}\n${body}` : body;
      choice.value = "";
      area.dispatchEvent(new Event("input", { bubbles: true }));
      area.setSelectionRange(written.length, written.length);
      toBlank(area);
    });
  });

  function toBlank(area) {
    const places = [...area.value.matchAll(BLANK)];
    const next = places.find((place) => place.index >= area.selectionEnd) || places[0];
    area.focus();
    if (next) area.setSelectionRange(next.index, next.index + next[0].length);
  }
})();
