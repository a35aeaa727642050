// A part of a page that can be folded away; this browser remembers it.
(() => {
  "use strict";
  const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  document.querySelectorAll("[data-fold]").forEach((part) => {
    const name = "fold:" + part.dataset.fold, title = part.querySelector("h2"), body = title.nextElementSibling;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "fold";
    button.textContent = title.textContent;
    button.setAttribute("aria-controls", body.id);
    title.replaceChildren(button);
    const show = (open) => {
      body.hidden = !open;
      button.setAttribute("aria-expanded", open);
    };
    button.addEventListener("click", () => {
      show(body.hidden);
      try { localStorage.setItem(name, body.hidden ? "shut" : "open"); } catch { /* it stays as it is for now */ }
    });
    show(kept(name) !== "shut");
  });
})();
