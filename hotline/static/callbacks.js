// The callback desk by keys: p shows the number, s/n solved, 1-9 how satisfied, Enter saves (in a text Ctrl+Enter), 0 nobody answers. What is missing is said beside it.
(() => {
  "use strict";
  const form = document.querySelector("form[data-call]");
  const picked = (name) => form.querySelector(`input[name=${name}]:checked`);
  const goesBack = () => form.querySelector("input[data-low]:checked") && picked("again").value === "true";
  const missing = () => [
    ...["solved", "satisfaction"].filter((name) => !picked(name)),
    ...(goesBack() && !form.elements.reason.value.trim() ? ["reason"] : []),
  ];
  const say = (names) => form.querySelectorAll("[data-need]").forEach((one) => { one.hidden = !names.includes(one.dataset.need); });

  if (form) {
    form.noValidate = true; // it is said here, in the page's language, and stays until it is mended
    document.addEventListener("submit", (event) => {
      const names = event.target === form ? missing() : [];
      if (!names.length) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      say(names);
      form.querySelector(`[name=${names[0]}]`).focus();
    }, true);
    const left = () => say([...form.querySelectorAll("[data-need]:not([hidden])")].map((one) => one.dataset.need).filter((name) => missing().includes(name)));
    form.addEventListener("input", left);
    form.addEventListener("change", left);
    const key = form.querySelector("[data-save]");
    const show = (event) => { key.textContent = event.type === "focusin" && event.target.matches("textarea") ? "Ctrl+Enter" : "Enter"; };
    form.addEventListener("focusin", show);
    form.addEventListener("focusout", show);
  }

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
    if (event.key !== "Enter" || event.target.closest("a, button, summary") || !(picked("solved") || picked("satisfaction"))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    form.requestSubmit();
  }, true);
})();
