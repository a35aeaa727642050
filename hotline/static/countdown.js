// Countdowns count by the city's working calendar, so the server counts: every minute the rows are fetched afresh.
// What is selected, the row at hand, and what is opened to be read stay.
(() => {
  "use strict";
  const body = document.querySelector("[data-refresh]");
  if (!body) return;
  setInterval(async () => {
    if (document.hidden || body.querySelector("details[open]")) return; // somebody reads
    let fresh;
    try {
      const answer = await fetch(body.dataset.refresh, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) return;
      fresh = await answer.text();
    } catch { return; } // away from the network: the next minute tries again
    if (body.contains(document.activeElement) && document.activeElement.matches("input:not([type=checkbox]), textarea, select")) return;
    const before = body.querySelector("[data-row].at"), at = before?.dataset.row;
    const height = before?.getBoundingClientRect().top, place = before ? [...body.querySelectorAll("[data-row]")].indexOf(before) : 0;
    const picked = new Set([...body.querySelectorAll(".pick input:checked")].map((box) => box.value.split(":")[0]));
    body.innerHTML = fresh;
    body.querySelectorAll("[data-row]").forEach((row) => {
      if (row.dataset.row === at) row.classList.add("at");
      const box = row.querySelector(".pick input");
      if (box && picked.has(row.dataset.row)) box.checked = true;
    });
    const rows = [...body.querySelectorAll("[data-row]")], after = rows.find((row) => row.dataset.row === at);
    if (after) scrollBy(0, after.getBoundingClientRect().top - height); // new rows above do not push it away
    else if (before && rows.length) rows[Math.min(place, rows.length - 1)].classList.add("at");
    body.dispatchEvent(new Event("refreshed", { bubbles: true }));
  }, 60000);
})();
