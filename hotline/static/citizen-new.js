// A complaint: one question a screen on a phone, places that may be meant, the position, a summary, a draft until it is sent.
(function () {
  "use strict";
  var DRAFT = "citizen-draft", KEPT = ["text", "address", "district", "latitude", "longitude", "phone", "name", "requester", "secret", "nature", "key"];
  var DAYS = 7 * 24 * 3600 * 1000;
  var form, asks, turn, again;  // again: the box that says a draft is here again

  function start() {
    form = document.querySelector("form[data-complaint]");
    if (!form) return;
    asks = Array.prototype.slice.call(form.querySelectorAll(".ask"));
    restore();
    steps();
    hints();
    places();
    position();
    form.addEventListener("input", remember);
    form.addEventListener("change", remember);
  }
  function later(what, wait) {
    var timer = 0;
    return function () { clearTimeout(timer); timer = setTimeout(what, wait); };
  }
  function ask(url, fields) {
    var body = new FormData();
    Object.keys(fields).forEach(function (name) { body.append(name, fields[name]); });
    return fetch(url, { method: "POST", body: body, headers: { "X-CSRFToken": form.elements.csrf_token.value }, credentials: "same-origin" });
  }

  // One question a screen.
  function steps() {
    if (form.hasAttribute("data-whole") || !matchMedia("(max-width: 720px)").matches) return;
    form.classList.add("stepwise");
    form.querySelectorAll("[data-next]").forEach(function (one) { one.addEventListener("click", next); });
    form.querySelectorAll("[data-back]").forEach(function (one) { one.addEventListener("click", function () { history.back(); }); });
    form.addEventListener("keydown", function (event) {
      if (event.key === "Enter" && event.target.tagName === "INPUT" && turn < asks.length - 1) { event.preventDefault(); next(); }
    });
    addEventListener("popstate", function (event) { if (document.contains(form)) show(event.state && event.state.turn || 0, true); });
    history.replaceState({ turn: 0 }, "");
    show(0, false);
  }
  function next() {
    var field = asks[turn].querySelector("[required]"), wrong = field ? lacking(field) : "";
    if (field) fault(field, wrong);
    if (!wrong) go(turn + 1);
  }
  function lacking(field) {
    var given = field.value.trim();
    if (!given) return form.dataset.required;
    if (!field.dataset.fits) return "";
    return new RegExp("^(?:" + field.dataset.fits + ")$").test(dialled(given)) ? "" : field.dataset.unfit;
  }
  function dialled(written) {  // as the server reads it
    return (written.normalize ? written.normalize("NFKC") : written).replace(/[\s().\u00b7\u2010-\u2015-]/g, "");
  }
  function go(to) {
    history.pushState({ turn: to }, "");
    show(to, true);
  }
  function show(to, moved) {
    turn = to;
    asks.forEach(function (one, n) { one.hidden = n !== to; });
    if (again) again.hidden = to > 0;
    var said = form.querySelector(".steps-said");
    said.textContent = said.dataset.stepWords.replace("{n}", to + 1).replace("{all}", asks.length);
    if (to === asks.length - 1) summary();
    if (!moved) return;
    scrollTo(0, 0);
    var first = asks[to].querySelector("h2[tabindex], .field, .button");
    if (first) first.focus();
  }
  function fault(field, words) {
    var id = field.id + "-error", old = document.getElementById(id);
    if (old) old.remove();
    field.removeAttribute("aria-invalid");
    if (!words) return;
    var p = document.createElement("p");
    p.className = "fault";
    p.id = id;
    p.setAttribute("role", "alert");
    p.textContent = words;
    field.after(p);
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", id + " " + field.id + "-help");
    field.focus();
  }

  // What is about to be sent, each with the way back to its question.
  function summary() {
    var list = document.getElementById("summary");
    list.textContent = "";
    asks.slice(0, -1).forEach(function (one, n) {
      var words = said(one);
      if (!words) return;
      var dt = document.createElement("dt"), dd = document.createElement("dd"), change = document.createElement("button");
      dt.textContent = one.querySelector("label").textContent;
      dd.textContent = words;
      change.type = "button";
      change.textContent = form.dataset.change;
      change.setAttribute("aria-label", form.dataset.change + " " + dt.textContent);
      change.addEventListener("click", function () { go(n); });
      dt.appendChild(change);
      list.appendChild(dt);
      list.appendChild(dd);
    });
  }
  function said(one) {
    var parts = [];
    one.querySelectorAll("textarea, input").forEach(function (field) {
      if (field.type === "file") { if (field.files.length) parts.push(form.dataset.photos.replace("{n}", field.files.length)); }
      else if (field.type === "radio" || field.type === "checkbox") { if (field.checked && field.value && field.value !== "person") parts.push(field.parentNode.querySelector("span").firstChild.textContent); }
      else if (field.type !== "hidden" && field.value.trim()) parts.push(field.value.trim());
    });
    if (one.querySelector("#position") && form.elements.latitude.value) parts.push(one.querySelector("#position").dataset.words);
    return parts.join("\n");
  }

  // What is not said yet stands below the text. It holds nothing back.
  function hints() {
    var place = document.getElementById("hints"), asked = 0;
    function look() {
      var mine = ++asked, given = {};
      ["text", "address", "nature"].forEach(function (name) { given[name] = form.elements[name].value; });
      ask(place.dataset.hints, given).then(function (answer) { return answer.ok ? answer.text() : ""; })
        .then(function (html) { if (mine === asked) place.innerHTML = html; }).catch(function () { /* no connection: sending will say so */ });
    }
    var soon = later(look, 1000);
    form.addEventListener("input", function (event) { if (["text", "address", "nature"].indexOf(event.target.name) >= 0) soon(); });
    if (form.elements.text.value) look();
  }

  // Places of the gazetteer; one that is taken also says its district.
  function places() {
    var field = form.elements.address, place = document.getElementById("places"), asked = 0;
    function look() {
      var mine = ++asked;
      if (field.value.trim().length < 2) { place.textContent = ""; return; }
      ask(field.dataset.places, { q: field.value }).then(function (answer) { return answer.ok ? answer.json() : []; })
        .then(function (found) { if (mine === asked) offer(found); }).catch(function () { /* typing goes on without */ });
    }
    function offer(found) {
      place.textContent = "";
      found.forEach(function (one) {
        var button = document.createElement("button"), district = document.createElement("small");
        button.type = "button";
        button.textContent = one.name;
        district.textContent = one["in"];
        button.appendChild(district);
        button.addEventListener("click", function () {
          field.value = one["in"] + one.name;
          form.querySelectorAll("input[name=district]").forEach(function (radio) { radio.checked = radio.value === one.district; });
          place.textContent = "";
          field.focus();
          remember();
        });
        place.appendChild(button);
      });
    }
    field.addEventListener("input", later(look, 500));
  }

  function position() {
    var place = document.getElementById("position");
    if (!navigator.geolocation || !window.isSecureContext) return;
    var button = place.querySelector("button"), words = place.querySelector("p"), ask_words = button.textContent;
    place.hidden = false;
    function set(latitude, longitude) {
      form.elements.latitude.value = latitude;
      form.elements.longitude.value = longitude;
      words.textContent = latitude ? place.dataset.words : "";
      button.textContent = latitude ? place.dataset.remove : ask_words;
      remember();
    }
    button.addEventListener("click", function () {
      if (form.elements.latitude.value) { set("", ""); return; }
      navigator.geolocation.getCurrentPosition(
        function (found) { set(found.coords.latitude.toFixed(6), found.coords.longitude.toFixed(6)); },
        function () { words.textContent = place.dataset.none; },
        { enableHighAccuracy: true, timeout: 15000 });
    });
    if (form.elements.latitude.value) set(form.elements.latitude.value, form.elements.longitude.value);
  }

  // A draft stays in this browser until the complaint is placed; its key with it, so that a retry is not a second one.
  function remember() {
    var kept = { at: Date.now() };
    KEPT.forEach(function (name) {
      var field = form.elements[name];
      kept[name] = field.type === "checkbox" ? (field.checked ? field.value : "") : field.value;
    });
    try {
      if (kept.text.trim() || kept.address.trim()) localStorage.setItem(DRAFT, JSON.stringify(kept));
      else localStorage.removeItem(DRAFT);
    } catch (e) { /* no room, or not allowed: the form works without */ }
  }
  function restore() {
    var kept = null;
    try { kept = JSON.parse(localStorage.getItem(DRAFT)); } catch (e) { return; }
    if (!kept || Date.now() - kept.at > DAYS || form.elements.text.value || form.hasAttribute("data-whole")) return;
    KEPT.forEach(function (name) {
      var field = form.elements[name];
      if (field.type === "checkbox") field.checked = Boolean(kept[name]);
      else field.value = kept[name] || "";
    });
    var told = document.getElementById("told"), box = document.createElement("div"), afresh = document.createElement("button");
    box.className = "note note-done";
    box.textContent = form.dataset.kept + " ";
    afresh.type = "button";
    afresh.textContent = form.dataset.afresh;
    afresh.addEventListener("click", function () {
      try { localStorage.removeItem(DRAFT); } catch (e) { /* it was read, so it can be removed */ }
      location.reload();
    });
    box.appendChild(afresh);
    told.appendChild(box);
    again = box;
  }
  document.addEventListener("replaced", start);
  start();
})();
