// Keys that work on every page: "/" searches, "?" lists the keys, j/k move in a list, Enter opens, x selects.
(() => {
  "use strict";
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      const form = event.target.closest("form") || document.querySelector("form.picking");
      if (form) { event.preventDefault(); form.requestSubmit(form.querySelector("[data-primary]") || undefined); }
      return;
    }
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      const find = document.getElementById("find");
      if (find) { event.preventDefault(); find.focus(); find.select(); }
    } else if (event.key === "?") {
      document.getElementById("keys").showModal();
    } else if ("jkx".includes(event.key) || event.key === "Enter") {
      moveInList(event);
    }
  });

  // Drafts are kept in this browser for who wrote them: they go with the sign-out.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[action$='/sign-out']")) return;
    try {
      Object.keys(localStorage).filter((name) => name.startsWith("draft:")).forEach((name) => localStorage.removeItem(name));
    } catch { /* a browser that keeps nothing has nothing to forget */ }
  });

  function moveInList(event) {
    const rows = [...document.querySelectorAll("[data-row]")];
    if (!rows.length) return;
    let at = rows.findIndex((row) => row.classList.contains("at"));
    if (event.key === "Enter") {
      const link = rows[at] && rows[at].querySelector("a[href], button[data-open]");
      if (link && event.target.tagName !== "A" && event.target.tagName !== "BUTTON") link.click();
      return;
    }
    if (event.key === "x") {
      const box = rows[at] && rows[at].querySelector("input[type=checkbox]");
      if (box) box.click();
      return;
    }
    if (at >= 0) rows[at].classList.remove("at");
    at = Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)));
    rows[at].classList.add("at");
    rows[at].scrollIntoView({ block: "nearest" });
  }
})();
