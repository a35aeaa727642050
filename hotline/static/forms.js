// Forms of an order: type to find in a long list of choices, drafts kept in this browser until they are saved, no double sending.
(() => {
  "use strict";
  document.querySelectorAll("select[data-find]").forEach(addFinder);
  document.addEventListener("drawn", (event) => {
    event.target.querySelectorAll("select[data-find]").forEach(addFinder);
    event.target.querySelectorAll("form[data-draft]").forEach(keepDraft);
  });

  function addFinder(select) {
    const box = document.createElement("input");
    box.type = "search";
    box.className = "form-control finder";
    box.placeholder = select.dataset.find;
    box.setAttribute("aria-label", select.dataset.find);
    box.setAttribute("aria-controls", select.id);
    box.autocomplete = "off";
    const chosen = document.createElement("div");
    chosen.className = "chosen";
    select.before(box);
    if (select.multiple) select.after(chosen);
    const options = [...select.querySelectorAll("option")].filter((option) => option.value);
    const say = () => { chosen.textContent = [...select.selectedOptions].map((option) => option.text.trim()).join(" · "); };
    box.addEventListener("input", () => {
      const wanted = box.value.trim().toLowerCase();
      const holds = (option) => option.text.toLowerCase().includes(wanted) || option.value.startsWith(wanted);
      let fits = options.filter(holds);
      if (!fits.length) fits = options.filter((option) => inOrder(wanted, option.text.toLowerCase()));
      options.forEach((option) => { option.hidden = !fits.includes(option); });
      box.classList.toggle("is-wrong", !fits.length);
      if (wanted && fits.length && !select.multiple) {
        select.value = fits[0].value;
        select.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.ctrlKey && !event.isComposing) { event.preventDefault(); select.focus(); }
      if (event.key === "Escape") { box.value = ""; box.dispatchEvent(new Event("input")); }
    });
    select.addEventListener("change", say);
    say();
  }

  // As people shorten names: 城管 finds 城市管理局.
  function inOrder(wanted, text) {
    let at = -1;
    return [...wanted].every((letter) => (at = text.indexOf(letter, at + 1)) >= 0);
  }

  // A draft belongs to whoever wrote it, an order and a form. One that was sent goes once the page after it says that it was saved.
  const saved = document.querySelector(".note-done");
  const key = (form) => `draft:/${document.body.dataset.user}` + form.action.replace(location.origin, "");
  const read = (name) => { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } };
  const write = (name, draft) => {
    try {
      if (draft) localStorage.setItem(name, JSON.stringify(draft));
      else localStorage.removeItem(name);
    } catch { /* no room, or not allowed: the form works without drafts */ }
  };
  let names = [];
  try { names = Object.keys(localStorage); } catch { /* as above */ }
  names.filter((name) => name.startsWith(`draft:/${document.body.dataset.user}/`) && saved && read(name)?.sent).forEach((name) => write(name, null));
  document.querySelectorAll("form[data-draft]").forEach(keepDraft);
  function keepDraft(form) {
    const areas = [...form.querySelectorAll("textarea")], choices = [...form.querySelectorAll("input[type=radio]")];
    const draft = read(key(form));
    if (draft) {
      areas.forEach((area) => { if (!area.value && draft.texts[area.name]) area.value = draft.texts[area.name]; });
      choices.filter((choice) => draft.chosen?.[choice.name] === choice.value && !choices.some((other) => other.name === choice.name && other.checked)).forEach((choice) => { choice.checked = true; });
    }
    const keep = (sent) => {
      const texts = Object.fromEntries(areas.filter((area) => area.value.trim()).map((area) => [area.name, area.value]));
      const chosen = Object.fromEntries(choices.filter((choice) => choice.checked).map((choice) => [choice.name, choice.value]));
      write(key(form), Object.keys(texts).length ? { texts, chosen, sent } : null);
    };
    form.addEventListener("input", () => keep(false));
    form.addEventListener("submit", (event) => {
      keep(true);
      if (form.dataset.sent) { event.preventDefault(); return; }
      if (!navigator.onLine) { event.preventDefault(); sayOffline(form); return; }
      form.dataset.sent = "1";
    });
  }
  // Without a network the browser would show its own page in place of this one, and the files chosen be gone.
  function sayOffline(form) {
    const said = form.querySelector(".offline") || document.createElement("p");
    said.className = "note note-warning offline";
    said.setAttribute("role", "alert");
    said.textContent = form.dataset.offline;
    form.querySelector(".act-end").before(said);
    said.scrollIntoView({ block: "nearest" });
    addEventListener("online", () => said.remove(), { once: true });
  }
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; }));

  // Another category that was suggested, with the unit it comes to; and a word where unit and category may part.
  document.addEventListener("click", (event) => {
    const guess = event.target.closest("[data-guess]"), category = guess && document.querySelector("form.act select[name=category]");
    if (!category) return;
    const { unit } = category.form.elements;
    unit.value = guess.dataset.unit;
    category.value = guess.dataset.guess;
    unit.dispatchEvent(new Event("change", { bubbles: true }));
    category.form.querySelector("[data-primary]").focus();
  });
  document.addEventListener("change", (event) => {
    const form = event.target.form, doubt = form && form.querySelector("[data-suggested]");
    if (!doubt) return;
    const { unit, category } = form.elements;
    doubt.hidden = !unit.value || unit.value === doubt.dataset.suggested || category.value !== doubt.dataset.category;
  });

  // An article fills the answer; what is emptied is no longer from it.
  document.querySelectorAll("form.act [data-article]").forEach((button) => button.addEventListener("click", () => {
    const { public_reply: area, article } = button.form.elements;
    area.value = button.dataset.body;
    article.value = button.dataset.article;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  }));
  document.addEventListener("input", (event) => {
    if (event.target.name === "public_reply" && !event.target.value.trim() && event.target.form.elements.article) event.target.form.elements.article.value = "";
  });

  document.querySelectorAll("details.action").forEach((one) => one.addEventListener("toggle", () => {
    if (!one.open) return;
    document.querySelectorAll("details.action[open]").forEach((other) => { if (other !== one) other.open = false; });
  }));

  document.addEventListener("keydown", (event) => {
    if (event.key !== "u" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    const back = document.querySelector("a[data-back]");
    if (back) back.click();
  });
})();
