// Calls at the agent's desk: asked for every two seconds while the page is seen. A call fills an empty form; while
// something is typed it waits in its line. Nothing typed is ever touched.
(() => {
  "use strict";
  const place = document.getElementById("calls");
  if (!place) return;
  const EVERY = 2000, AFTER_FAILURE = 8000;
  const done = new Set();  // saved or put away here: an answer that was under way must not bring them back
  let tag = "", timer = 0, asking = false;

  const calls = () => [...place.querySelectorAll("[data-call]")];
  const isTaken = (one) => one.dataset.call === window.desk.current();
  const isNoted = (one) => "noted" in one.dataset;

  async function ask() {
    clearTimeout(timer);
    if (asking || document.visibilityState !== "visible") return;
    asking = true;
    let wait = EVERY;
    try {
      const answer = await fetch(place.dataset.calls, { headers: { "If-None-Match": tag }, cache: "no-store", redirect: "manual", credentials: "same-origin" });
      if (answer.status === 200) {
        const html = await answer.text();
        tag = answer.headers.get("ETag") || "";
        if (!place.contains(document.activeElement)) place.innerHTML = html;
        else tag = "";  // whoever is at a button of it keeps it
        settle();
      } else if (answer.status !== 304) {
        wait = AFTER_FAILURE;
      }
    } catch {
      wait = AFTER_FAILURE;  // no connection: the telephone rings all the same
    }
    asking = false;
    timer = setTimeout(ask, wait);
  }
  // An empty form takes the first call that waits; one whose caller has hung up before the answer gives it back.
  function settle() {
    if (window.desk.current() && !calls().some(isTaken)) window.desk.releaseCall();
    const next = calls().find((one) => !isNoted(one) && !done.has(one.dataset.call));
    if (next && window.desk.untouched() && !window.desk.current()) take(next);
    for (const one of calls()) one.classList.toggle("taken", isTaken(one));
  }
  function take(one) {
    window.desk.takeCall(one.dataset.call, one.dataset.phone);
    for (const each of calls()) each.classList.toggle("taken", each === one);
  }
  function takeIfEmpty(one) {
    if (!one) return;
    if (!window.desk.untouched()) return window.desk.tell("warning", place.dataset.busy);
    take(one);
    document.getElementById("text").focus();
  }
  async function putAway(form) {
    if (!form) return;
    const one = form.closest("[data-call]");
    try {
      const answer = await window.desk.send(form.action, new FormData(form), undefined, "application/json");
      if (!answer.ok) return;
      if (form.contains(document.activeElement)) document.getElementById("phone").focus();
      done.add(one.dataset.call);
      one.remove();
      settle();
      ask();
    } catch { /* no connection: it stays in the line */ }
  }

  place.addEventListener("click", (event) => {
    const link = event.target.closest("[data-take-call]");
    if (!link) return;
    event.preventDefault();
    takeIfEmpty(link.closest("[data-call]"));
  });
  place.addEventListener("submit", (event) => {
    event.preventDefault();
    putAway(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (event.code === "KeyC") takeIfEmpty(calls().find((one) => !isTaken(one)));
    else if (event.code === "KeyX") putAway(place.querySelector("form"));
    else return;
    event.preventDefault();
  });
  document.addEventListener("desk:saved", (event) => done.add(event.detail));
  document.addEventListener("desk:turned", () => { tag = ""; settle(); ask(); });
  document.addEventListener("visibilitychange", ask);
  settle();
  ask();
})();
