// What the citizen is to read: begun from a template, checked while it is typed, its hits marked where they stand.
(() => {
  "use strict";
  const BLANK = /【(?!(?:19|20)\d{2}】)[^【】\n]{0,40}】/g; // as the server's check has it

  document.querySelectorAll("[data-check]").forEach((place) => {
    const area = document.getElementById(place.dataset.of);
    const mirror = mirrored(area);
    const left = document.querySelector(`[data-unfilled="${area.id}"]`);
    let timer = 0, asked = 0;

    const show = () => {
      draw(mirror, area.value, [...place.querySelectorAll("[data-hit]")].map((hit) => ({ words: hit.dataset.hit, blocks: Boolean(hit.closest(".blocks")) })));
      mirror.scrollTop = area.scrollTop;
      const places = area.value.match(BLANK) || [];
      left.hidden = !places.length;
      const words = left.querySelector("[data-words]");
      words.textContent = words.dataset.words.replace("{n}", places.length);
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
      if (event.code === "KeyN") { event.preventDefault(); toBlank(area); }
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

  // The same text behind the field, of which only the marks are seen.
  function mirrored(area) {
    const around = document.createElement("div"), mirror = document.createElement("div");
    around.className = "mirrored-reply";
    mirror.className = "reply-mirror";
    mirror.setAttribute("aria-hidden", "true");
    area.before(around);
    around.append(mirror, area);
    return mirror;
  }

  function draw(mirror, text, hits) {
    const marks = [];
    const add = (start, words, kind) => {
      if (start >= 0 && !marks.some((one) => start < one.end && start + words.length > one.start)) marks.push({ start, end: start + words.length, kind });
    };
    for (const place of text.matchAll(BLANK)) add(place.index, place[0], "blank");
    for (const hit of hits) for (let at = text.indexOf(hit.words); at >= 0; at = text.indexOf(hit.words, at + hit.words.length)) add(at, hit.words, hit.blocks ? "danger" : "");
    marks.sort((one, other) => one.start - other.start);
    let at = 0;
    mirror.replaceChildren();
    for (const one of marks) {
      const marked = document.createElement("mark");
      marked.className = one.kind;
      marked.textContent = text.slice(one.start, one.end);
      mirror.append(text.slice(at, one.start), marked);
      at = one.end;
    }
    mirror.append(text.slice(at) + "\n");
  }
})();
