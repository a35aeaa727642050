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
    const at = body.querySelector("[data-row].at")?.dataset.row;
    const picked = new Set([...body.querySelectorAll(".pick input:checked")].map((box) => box.value.split(":")[0]));
    body.innerHTML = fresh;
    body.querySelectorAll("[data-row]").forEach((row) => {
      if (row.dataset.row === at) row.classList.add("at");
      const box = row.querySelector(".pick input");
      if (box && picked.has(row.dataset.row)) box.checked = true;
    });
    body.dispatchEvent(new Event("refreshed", { bubbles: true }));
  }, 60000);
})();
