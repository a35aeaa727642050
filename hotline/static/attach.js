// Files of a form: chosen, dropped or pasted; listed before they are sent, and what cannot be sent is said beside each.
(() => {
  "use strict";
  const MB = 1024 * 1024;
  document.querySelectorAll("[data-files]").forEach((field) => {
    const input = field.querySelector("input[type=file]"), said = field.dataset, form = input.form;
    const types = said.types.split(" ");
    const list = document.createElement("ul"), hint = document.createElement("span");
    list.className = "to-send";
    list.setAttribute("aria-live", "polite");
    hint.className = "drop-here";
    hint.textContent = said.here;
    field.querySelector(".help").append(" · ", hint);
    input.after(list);
    let files = [];

    const wrongWith = (file) => {
      if (!types.some((ending) => file.name.toLowerCase().endsWith(ending))) return said.type;
      if (!file.size) return said.empty;
      return "";
    };
    const tooMuch = () => files.filter((file) => !wrongWith(file)).reduce((sum, file) => sum + file.size, 0) > said.most * MB;

    // Only what can be sent is left in the field, so that the form as it is sent is the list as it is seen.
    function show() {
      const heavy = tooMuch() ? said.heavy.replace("{mb}", said.most) : "";
      const sent = new DataTransfer();
      files.filter((file) => !wrongWith(file)).forEach((file) => sent.items.add(file));
      input.files = sent.files;
      input.setCustomValidity(heavy);
      list.replaceChildren(...files.map(row));
      if (heavy) list.append(line("li", "field-error", heavy));
    }
    function row(file) {
      const item = document.createElement("li"), wrong = wrongWith(file), button = line("button", "btn btn-link btn-sm", said.remove);
      button.type = "button";
      button.setAttribute("aria-label", `${said.remove} ${file.name}`);
      button.addEventListener("click", () => {
        files = files.filter((one) => one !== file);
        show();
        input.focus();
      });
      item.append(line("span", "name", file.name), line("small", "", size(file.size)), button);
      if (wrong) item.append(line("span", "field-error", wrong));
      return item;
    }
    function line(kind, name, text) {
      const made = document.createElement(kind);
      made.className = name;
      made.textContent = text;
      return made;
    }
    const size = (bytes) => (bytes < MB ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / MB).toFixed(1)} MB`);
    const add = (more) => {
      const known = (file) => files.some((one) => one.name === file.name && one.size === file.size && one.lastModified === file.lastModified);
      files = files.concat([...more].filter((file) => !known(file)));
      show();
      const folded = field.closest("details.more");
      if (folded) folded.open = true;
    };

    input.addEventListener("change", () => add(input.files));
    const carries = (event) => [...event.dataTransfer.types].includes("Files");
    form.addEventListener("dragover", (event) => { if (carries(event)) { event.preventDefault(); field.classList.add("over"); } });
    form.addEventListener("dragleave", (event) => { if (!form.contains(event.relatedTarget)) field.classList.remove("over"); });
    form.addEventListener("drop", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      field.classList.remove("over");
      add(event.dataTransfer.files);
    });
    form.addEventListener("paste", (event) => {
      const pictures = [...event.clipboardData.files];
      if (!pictures.length) return;
      event.preventDefault();
      add(pictures);
    });
  });
  // A file dropped beside a form would be opened in place of the page, and what was typed be gone.
  for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => { if (event.dataTransfer && [...event.dataTransfer.types].includes("Files")) event.preventDefault(); });
})();
