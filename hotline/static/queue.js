// Lists: the first row is at hand, "a" takes the suggestion of the row at hand, filters search at once, bulk says how many.
(() => {
  "use strict";
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const current = () => document.querySelector("[data-row].at");
  const kept = "at:" + location.pathname;

  const body = document.querySelector("[data-first]");
  if (body && rows().length && !current()) {
    // After a step the list is one shorter: the row that followed stands where the finished one was.
    const at = Math.min(Number(sessionStorage.getItem(kept)) || 0, rows().length - 1);
    rows()[at].classList.add("at");
    rows()[at].scrollIntoView({ block: "nearest" });
    sessionStorage.removeItem(kept);
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "a" || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest("input, textarea, select, dialog")) return;
    const form = current() && current().querySelector("form[data-accept]");
    if (form) form.requestSubmit();
  });

  document.addEventListener("submit", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) sessionStorage.setItem(kept, rows().indexOf(row));
    if (event.target.matches("[data-accept]")) {
      if (event.target.dataset.sent) event.preventDefault();
      event.target.dataset.sent = "1";
    }
  });

  document.querySelectorAll("form[data-auto] :is(select, input)").forEach((field) => {
    field.addEventListener("change", () => field.form.requestSubmit());
  });
  // On a phone the filters stand above the list: folded away unless some are set.
  const fold = document.querySelector("details[data-fold='0']");
  if (fold && matchMedia("(max-width: 720px)").matches) fold.open = false;

  // What is picked may stand outside of the form it is sent with.
  document.querySelectorAll("form[data-bulk]").forEach((form) => {
    const words = form.querySelector("[data-picked]"), what = form.querySelector("[data-what]");
    const hint = words.textContent;
    const boxes = () => [...form.elements].filter((field) => field.closest(".pick") && field.name);
    const count = () => {
      const picked = boxes().filter((box) => box.checked);
      words.textContent = picked.length ? words.dataset.picked.replace("{n}", picked.length) : hint;
      form.classList.toggle("picking", picked.length > 0);
      if (what) what.textContent = sums(form.elements.unit?.value ? [] : picked.map((box) => box.dataset.to || what.dataset.what));
    };
    document.addEventListener("change", (event) => {
      if (event.target.form !== form) return;
      if (event.target.matches("[data-all]")) boxes().forEach((box) => { box.checked = event.target.checked; });
      count();
    });
    document.addEventListener("refreshed", count);
    count();
  });

  // How many go where, the most first.
  function sums(names) {
    const counts = new Map();
    names.forEach((name) => counts.set(name, (counts.get(name) || 0) + 1));
    return [...counts].sort((one, other) => other[1] - one[1]).map(([name, n]) => `${name} ${n}`).join(" · ");
  }
})();
