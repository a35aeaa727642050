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

  document.querySelectorAll("form[data-bulk]").forEach((form) => {
    const words = form.querySelector("[data-picked]");
    const hint = words.textContent;
    const boxes = () => [...form.querySelectorAll(".pick input[name]")];
    const count = () => {
      const picked = boxes().filter((box) => box.checked).length;
      words.textContent = picked ? words.dataset.picked.replace("{n}", picked) : hint;
      form.classList.toggle("picking", picked > 0);
    };
    form.addEventListener("change", (event) => {
      if (event.target.matches("[data-all]")) boxes().forEach((box) => { box.checked = event.target.checked; });
      count();
    });
    form.addEventListener("refreshed", count);
    count();
  });
})();
