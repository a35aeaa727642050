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
        const words = stage.querySelector("span");
        const said = `${report.progress}% ${report.step}`;
        if (words.textContent !== said) {
          words.textContent = said; // only what is new is read aloud
        }
      }
    }
    setTimeout(ask, 1000);
  };
  setTimeout(ask, 1000);
}
