// The callback desk by keys: p shows the number, s/n solved, 1-9 how satisfied, Enter saves, 0 nobody answers.
(() => {
  "use strict";
  const form = document.querySelector("form[data-call]");
  const picked = (name) => form.querySelector(`input[name=${name}]:checked`);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("textarea, select, input:not([type=radio]), dialog")) return;
    if (event.key === "p") {
      const button = document.querySelector("[data-reveal]");
      if (button) button.form.requestSubmit();
      return;
    }
    if (event.key === "0") {
      const button = document.querySelector("[data-missed]");
      if (!button || event.repeat) return;
      // The last call closes the order: the key brings there, Enter sends.
      if ("last" in button.form.dataset) button.focus();
      else button.form.requestSubmit(button);
      return;
    }
    if (!form) return;
    const box = form.querySelector(`input[data-key="${CSS.escape(event.key)}"]`);
    if (box) { box.checked = true; box.dispatchEvent(new Event("change", { bubbles: true })); return; }
    if (event.key !== "Enter" || event.target.closest("a, button, summary") || !picked("solved") || !picked("satisfaction")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const reason = form.querySelector("[name=reason]");
    const unhappy = form.querySelector("input[data-low]:checked");
    if (unhappy && form.querySelector("[name=again]:checked").value === "true" && !reason.value.trim()) { reason.focus(); return; }
    form.requestSubmit();
  }, true);
})();
