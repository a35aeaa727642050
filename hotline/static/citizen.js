// The citizen's pages work without this. With it: photos are made smaller and can be looked at, a lost connection loses nothing.
(function () {
  "use strict";
  var LONGEST = 1600, THUMB = 240, QUALITY = 0.82;
  var draft = "citizen-draft";
  if (document.getElementById("placed")) try { localStorage.removeItem(draft); } catch (e) { /* none was kept */ }

  function start() {
    document.querySelectorAll("input[type=file][data-most]").forEach(photos);
    document.querySelectorAll("form[data-send]").forEach(sending);
    var errors = document.getElementById("errors");
    if (errors) errors.focus();
  }

  // Photos: chosen one after another; each is drawn anew, which leaves out what the camera noted of place and owner.
  function photos(input) {
    if (!window.DataTransfer || !HTMLCanvasElement.prototype.toBlob) return;
    try { new DataTransfer(); } catch (e) { return; }
    var place = document.getElementById("photos-chosen"), most = Number(input.dataset.most), chosen = [];
    var button = document.createElement("button");
    button.type = "button";
    button.className = "button plain-button";
    button.textContent = input.dataset.pick;
    button.addEventListener("click", function () { input.click(); });
    input.before(button);
    input.classList.add("visually-hidden");
    input.tabIndex = -1;
    input.takeOver = function (files) { add(files); };
    input.addEventListener("change", function () { add(input.files); });

    function add(files) {
      var waiting = Array.prototype.slice.call(files), left = most - chosen.length;
      keep();
      Promise.all(waiting.slice(0, left).map(smaller)).then(function (ready) {
        var faults = ready.filter(function (one) { return !one.thumb; }).map(function (one) { return input.dataset.noPicture.replace("{name}", one.file.name); });
        if (waiting.length > left) faults.push(input.dataset.tooMany);
        chosen = chosen.concat(ready.filter(function (one) { return one.thumb; }));
        keep();
        show(faults);
      });
    }
    function keep() {
      var kept = new DataTransfer();
      chosen.forEach(function (one) { kept.items.add(one.file); });
      input.files = kept.files;
    }
    function show(faults) {
      place.textContent = "";
      chosen.forEach(function (one) {
        var figure = document.createElement("figure"), img = document.createElement("img"), remove = document.createElement("button");
        img.src = one.thumb;
        img.alt = one.file.name;
        remove.type = "button";
        remove.textContent = input.dataset.remove;
        remove.setAttribute("aria-label", input.dataset.remove + " " + one.file.name);
        remove.addEventListener("click", function () {
          chosen = chosen.filter(function (other) { return other !== one; });
          keep(); show([]); button.focus();
        });
        figure.appendChild(img);
        figure.appendChild(remove);
        place.appendChild(figure);
      });
      faults.forEach(function (said) { var p = document.createElement("p"); p.className = "fault"; p.textContent = said; place.appendChild(p); });
      button.disabled = chosen.length >= most;
      input.dispatchEvent(new CustomEvent("chosen", { bubbles: true, detail: chosen.length }));
    }
  }

  function smaller(file) {
    return new Promise(function (done) {
      var reader = new FileReader(), img = new Image();
      img.onerror = reader.onerror = function () { done({ file: file, thumb: "" }); };  // no picture
      img.onload = function () {
        var drawn = draw(img, LONGEST);
        drawn.toBlob(function (blob) {
          var name = file.name.replace(/\.\w+$/, "") + ".jpg";
          done({ file: blob ? new File([blob], name, { type: "image/jpeg" }) : file, thumb: draw(drawn, THUMB).toDataURL("image/jpeg", QUALITY) });
        }, "image/jpeg", QUALITY);
      };
      reader.onload = function () { img.src = reader.result; };
      reader.readAsDataURL(file);
    });
  }
  function draw(source, longest) {
    var scale = Math.min(1, longest / Math.max(source.width, source.height)), canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(source.width * scale));
    canvas.height = Math.max(1, Math.round(source.height * scale));
    var pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(source, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  // Sending: the page stays until the answer is there. What is refused comes back as a page, and takes this one's place.
  function sending(form) {
    if (!window.fetch || !window.DOMParser) return;
    var busy = false;
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      if (busy) return;
      if (navigator.onLine === false) { offline(); return; }
      busy = true;
      tell(form.dataset.sending, "note");
      fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, credentials: "same-origin" }).then(answered).catch(offline).then(function () { busy = false; });
    });
    addEventListener("online", function () { if (document.contains(form) && form.dataset.lost) { form.dataset.lost = ""; tell(form.dataset.online, "note note-done"); } });

    function offline() { form.dataset.lost = "1"; tell(form.dataset.offline, "note note-error"); }
    function answered(answer) {
      if ((answer.headers.get("Content-Type") || "").indexOf("application/json") === 0) return answer.json().then(function (told) { location.assign(told.to); });
      if (answer.status === 413) { tell(form.dataset.large, "note note-error"); return null; }
      return answer.text().then(function (html) {
        var page = new DOMParser().parseFromString(html, "text/html"), fresh = page.querySelector("form[data-send]");
        if (fresh) replace(page); else tell(form.dataset.failed, "note note-error");
      });
    }
    function replace(page) {
      var had = form.elements.photos ? form.elements.photos.files : [], main = document.getElementById("content");
      main.innerHTML = page.getElementById("content").innerHTML;
      start();
      document.dispatchEvent(new Event("replaced"));
      var input = main.querySelector("input[type=file]");
      if (input && input.takeOver && had.length) input.takeOver(had);
      scrollTo(0, 0);
    }
  }
  function tell(words, kind) {
    var told = document.getElementById("told"), box = document.createElement("div");
    box.className = kind;
    box.textContent = words;
    told.textContent = "";
    told.appendChild(box);
    told.scrollIntoView({ block: "center" });
  }
  start();
})();
