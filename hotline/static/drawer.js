// Beside a list: "o" opens the row at hand, which then follows j and k. A form sent there answers there: the list is
// fetched anew when it was saved; what was refused is shown above the form, with what was typed and what others changed.
(() => {
  "use strict";
  const drawer = document.querySelector("[data-drawer]");
  if (!drawer) return;
  const split = drawer.parentElement, body = drawer.querySelector("[data-body]"), said = drawer.querySelector("[data-said]");
  const kept = "open:" + location.pathname, KEYS = "rgc123";
  const current = () => document.querySelector("[data-row].at");
  const typing = (element) => element.closest("input:not([type=checkbox]), textarea, select, dialog");
  let shown = "", asked = 0, timer = 0;

  const get = (address, more) => fetch(address, { credentials: "same-origin", ...more });
  const fill = (html) => {
    body.innerHTML = html;
    body.querySelectorAll("form").forEach((form) => { form.noValidate = true; }); // what is missing is said beside the field
    body.dispatchEvent(new Event("drawn", { bubbles: true }));
  };

  async function show(row) {
    const mine = ++asked;
    try {
      const answer = await get(row.dataset.open, { redirect: "error" });
      if (mine !== asked) return;
      if (!answer.ok) { location.assign(row.querySelector("a[href]").href); return; }
      fill(await answer.text());
    } catch { return; } // away from the network: what is shown stays
    said.replaceChildren();
    shown = row.dataset.row;
    drawer.scrollTop = 0;
    drawer.hidden = false;
    split.classList.add("open");
    fit();
    sessionStorage.setItem(kept, "1");
    row.scrollIntoView({ block: "nearest" });
  }

  // It ends where the window does, whatever stands above the list.
  const fit = () => drawer.style.setProperty("--from", `${Math.max(56, split.getBoundingClientRect().top)}px`);
  addEventListener("scroll", fit, { passive: true });

  function close() {
    asked += 1;
    drawer.hidden = true;
    shown = "";
    split.classList.remove("open");
    sessionStorage.removeItem(kept);
  }

  const point = (row) => {
    document.querySelectorAll("[data-row].at").forEach((other) => other.classList.remove("at"));
    row.classList.add("at");
  };
  const hurried = () => [...body.querySelectorAll("textarea")].some((area) => area.value !== area.defaultValue);

  // A key of a decision marks its button as the one Ctrl+Enter presses, and goes to where the reason is written. So does
  // writing in a form that has but one button to choose.
  function mark(button) {
    body.querySelectorAll("[data-choose]").forEach((other) => {
      other.toggleAttribute("data-primary", other === button);
      other.classList.toggle("btn-primary", other === button);
      other.classList.toggle("btn-outline-primary", other !== button);
    });
  }

  function choose(button) {
    mark(button);
    const area = button.form.querySelector("textarea");
    area.focus();
    area.scrollIntoView({ block: "nearest" });
  }

  body.addEventListener("focusin", (event) => {
    const own = event.target.matches("textarea") ? event.target.form.querySelectorAll("[data-choose]") : [];
    if (own.length === 1) mark(own[0]);
  });

  async function press(key) {
    if (drawer.hidden && KEYS.includes(key) && current()) await show(current());
    if (drawer.hidden) return;
    const button = body.querySelector(`[data-choose="${key}"]`), guess = body.querySelector(`[data-nth="${key}"]`);
    if (button) choose(button);
    else if (guess) guess.click();
    else if (key === "c") body.querySelector(".finder")?.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (event.key === "Escape" && !drawer.hidden && !event.target.closest("dialog")) {
      if (drawer.contains(event.target) && typing(event.target)) event.target.blur();
      else close();
      return;
    }
    if (typing(event.target)) return;
    const row = current();
    if (event.key === "o" || (event.key === " " && !event.target.closest("a, button, summary, input"))) {
      if (!row) return;
      event.preventDefault();
      if (shown === row.dataset.row) close();
      else show(row);
    } else if ("jk".includes(event.key)) {
      clearTimeout(timer);
      if (!drawer.hidden && !hurried()) timer = setTimeout(() => current() && current().dataset.row !== shown && show(current()), 120);
    } else if (KEYS.includes(event.key)) {
      event.preventDefault(); // the letter must not land in the field it leads to
      press(event.key);
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) { close(); return; }
    const look = event.target.closest("[data-look]");
    if (!look || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const row = look.closest("[data-row]");
    point(row);
    show(row);
  });

  body.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    event.preventDefault();
    const address = new URL(event.submitter?.getAttribute("formaction") || form.getAttribute("action"), location.href).href, given = new FormData(form);
    let answer;
    try {
      answer = await get(address, { method: "POST", body: given, redirect: "manual" });
    } catch { told("note-error", drawer.dataset.away); delete form.dataset.sent; return; }
    if (answer.type === "opaqueredirect") {
      const rows = [...document.querySelectorAll("[data-row]")];
      sessionStorage.setItem("at:" + location.pathname, rows.findIndex((row) => row.dataset.row === shown));
      location.assign(location.pathname + location.search); // the list may be the answer to a form
      return;
    }
    refused(form, new URL(address).pathname, new DOMParser().parseFromString(await answer.text(), "text/html"), given);
  });

  // The page of a refused step holds why, and where the step can still be taken its form with what was typed.
  function refused(form, path, page, given) {
    const why = page.querySelector(".refused") || page.querySelector("main h1");
    said.replaceChildren(...(why ? [document.importNode(why, true)] : []));
    delete form.dataset.sent;
    form.querySelectorAll(".field-error").forEach((old) => old.remove());
    const again = [...page.querySelectorAll("form.act")].find((one) => new URL(one.getAttribute("action"), location.href).pathname === path);
    if (again) form.elements.version.value = again.elements.version.value;
    again?.querySelectorAll(".field-error").forEach((error) => {
      const name = error.id.split("-").slice(1, -1).join("-");
      const field = form.elements[name];
      if (field) field.closest(".field").append(document.importNode(error, true));
    });
    const area = form.querySelector("textarea");
    if (area && given.get(area.name)) area.value = given.get(area.name);
    drawer.scrollTop = 0;
  }

  function told(kind, words) {
    const note = document.createElement("p");
    note.className = "note " + kind;
    note.textContent = words;
    said.replaceChildren(note);
  }

  // The list was fetched anew: whoever has the order open is told when somebody else was there.
  document.addEventListener("refreshed", () => {
    if (drawer.hidden) return;
    const row = document.querySelector(`[data-row="${shown}"]`), read = body.querySelector("[data-version]")?.dataset.version;
    if (!row) told("note-warning", drawer.dataset.gone);
    else if (row.dataset.version !== read) told("note-warning", drawer.dataset.changed);
  });

  if (sessionStorage.getItem(kept) && current() && matchMedia("(min-width: 1000px)").matches) show(current());
})();
