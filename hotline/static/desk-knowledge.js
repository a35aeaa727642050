// The knowledge base beside the call: Alt+K looks in it for the words selected, else for what the citizen says, until
// something is typed there; the arrows choose, Enter opens an article, Enter again takes it as the answer, Esc returns to the call.
(() => {
  "use strict";
  const asked = document.getElementById("look_for"), place = document.getElementById("knowledge"), text = document.getElementById("text");
  if (!asked) return;
  const panes = document.querySelector(".panes");
  let timer = 0, asking = null, back = text, given = "";

  function ask(wait = 250) {
    clearTimeout(timer);
    timer = setTimeout(look, wait);
  }
  async function look() {
    if (asking) asking.abort();
    const mine = asking = new AbortController(), body = new FormData();
    body.append("look_for", asked.value);
    try {
      const answer = await window.desk.send(asked.dataset.knowledge, body, mine.signal);
      if (!answer.ok) return;
      const html = await answer.text();
      if (!mine.signal.aborted) place.innerHTML = html;
    } catch { /* no connection: what is shown stays */ }
  }
  function open() {
    const selected = text.value.slice(text.selectionStart, text.selectionEnd).trim();
    back = document.activeElement && document.activeElement !== document.body ? document.activeElement : text;
    panes.classList.add("looking");
    asked.focus();
    const words = selected || (asked.value === given ? text.value.trim() : "");
    if (words) { asked.value = given = words.slice(0, asked.maxLength); ask(0); }
    asked.select();
  }
  function close() {
    panes.classList.remove("looking");
    (back.isConnected ? back : text).focus();
  }
  function move(step) {
    const titles = [...place.querySelectorAll("summary")];
    const at = titles.findIndex((one) => one.closest("li").contains(document.activeElement));
    const next = titles[at + step];
    if (next) next.focus();
    else if (step < 0) asked.focus();
  }
  function show(details) {
    if (!details) return;
    clearTimeout(timer);  // what is still looked for must not take away what is being read
    if (asking) asking.abort();
    details.open = true;
    details.querySelector("[data-article]").focus();
    details.scrollIntoView({ block: "nearest" });
  }

  asked.addEventListener("input", () => ask());
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const inside = event.target.closest(".pane-knowledge");
    if (event.altKey && !event.ctrlKey && event.code === "KeyK") {
      if (inside) close();
      else open();
    } else if (inside && event.key === "Escape") {
      close();
    } else if (inside && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && !event.ctrlKey && event.target === asked) {
      show(place.querySelector("details"));
    } else if (event.key === "Enter" && !event.ctrlKey && inside && event.target.matches("summary")) {
      show(event.target.parentElement);
    } else {
      return;
    }
    event.preventDefault();
  });
  // An article taken as the answer: the pane makes room for the suggestion again.
  place.addEventListener("click", (event) => { if (event.target.closest("[data-article]")) panes.classList.remove("looking"); });
})();
