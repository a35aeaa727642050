// While a report is made, says how far it is; when it is made, shows it.
"use strict";
for (const stage of document.querySelectorAll("[data-progress]")) {
  const ask = async () => {
    const answer = await fetch(stage.dataset.progress, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer && answer.ok) {
      const report = await answer.json();
      if (report.state !== "making") {
        location.reload();
        return;
      }
      stage.querySelector("progress").value = report.progress;
      if (report.step) {
        stage.querySelector("span").textContent = `${report.progress}% ${report.step}`;
      }
    }
    setTimeout(ask, 1000);
  };
  setTimeout(ask, 1000);
}
