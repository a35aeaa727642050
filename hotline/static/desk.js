// The agent's desk. The page works without this; with it nothing typed is lost, suggestions come while typing, and
// saving keeps the page. Texts come from the template, panes from the server.
(() => {
  "use strict";
  const form = document.getElementById("call");
  if (!form) return;
  const said = form.dataset;
  const names = said.fields.split(" ").concat("public_reply", "article", "anyway");
  const drafts = window.deskDrafts(said.user);
  const byId = (id) => document.getElementById(id);
  const text = byId("text"), mirror = byId("mirror"), bar = byId("bar"), answering = byId("answering");
  const PATIENCE = 20000, DRAFT_WAIT = 2000;
  const STANDARD = { nature: "", urgency: "normal", requester: "person" };
  let composing = false, popped = null, aside = null;

  // What is in the form, by field name; only what differs from the empty form.
  const isChoice = (field) => field.type === "radio" || field.type === "checkbox";
  function filled() {
    const values = {};
    for (const name of names) {
      for (const field of form.querySelectorAll(`[name="${name}"]`)) {
        if (isChoice(field) ? field.checked && field.value !== STANDARD[name] : field.value) values[name] = field.value;
      }
    }
    if (answering.open) values.do = "answer";
    return values;
  }
  function fill(values) {
    for (const [name, value] of Object.entries(values)) {
      for (const field of form.querySelectorAll(`[name="${name}"]`)) {
        if (isChoice(field)) field.checked = field.value === value;
        else if (names.includes(name)) field.value = value;
      }
    }
    openAnswer(values.do === "answer");
    hideFace();
  }
  // Who stays anonymous leaves neither name nor number, and is not called back.
  function hideFace() {
    const hidden = byId("anonymous").checked;
    byId("faceless").hidden = !hidden;
    for (const field of [byId("phone"), byId("name")]) {
      field.readOnly = hidden;
      if (hidden) field.value = "";
    }
  }
  function wipe() {
    for (const name of names) {
      for (const field of form.querySelectorAll(`[name="${name}"]`)) {
        if (!isChoice(field)) field.value = "";
        else field.checked = field.value === STANDARD[name];
      }
    }
  }
  // The form turns to a new call, or to one that was laid aside; nothing of the one before stays in it.
  function turnTo(other) {
    forget();
    wipe();
    popped = null;
    form.elements.key.value = other ? other.key : newKey();
    fill(other ? other.values : {});
    if (other) remember();
    showErrors({});
    refresh();
    (other ? text : byId("phone")).focus();
    document.dispatchEvent(new Event("desk:turned"));
  }
  // A call puts its number into an empty form; as long as nothing else is in it, the form counts as empty still.
  function untouched() {
    const { call, phone, ...more } = filled();
    return !Object.keys(more).length && (phone || "") === (popped ? popped.phone : "");
  }
  function takeCall(call, phone) {
    form.elements.call.value = call;
    byId("phone").value = phone;
    popped = { call, phone };
    refresh();
    if ([document.body, byId("phone")].includes(document.activeElement)) text.focus();
  }
  function releaseCall() {
    if (!popped || !untouched()) return;
    takeCall("", "");
    popped = null;
    if (document.activeElement === text) byId("phone").focus();
  }
  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // The draft: for this user, in this browser at once and on the server a moment later, until the save is confirmed.
  // Its key makes a retry the same order. The newer of both is taken up; it is told by the server's clock, because
  // those of two machines differ.
  const ahead = Number(said.now) - Date.now();
  const content = (one) => JSON.stringify(one && [one.key, one.values]);
  let draft = null, sent = said.draft ? JSON.parse(said.draft) : null, waiting = 0, sending = Promise.resolve();
  function current() {
    return untouched() ? null : { key: form.elements.key.value, values: filled() };
  }
  function remember() {
    const next = current();
    if (content(next) !== content(draft)) {
      draft = next && { ...next, at: Date.now() + ahead };
      keep();
    }
    if (!draft) return forget();
    drafts.put(draft);
    drafts.holds(draft.key);
  }
  function forget() {
    drafts.drop(draft ? draft.key : form.elements.key.value);
    draft = null;
  }
  function restore() {
    const found = drafts.found(sent);
    if (!found || !sent || found.key !== sent.key) sent = null;  // another call's, of another tab or machine: it stays there
    if (!found) return;
    fill(found.values);
    form.elements.key.value = found.key;
    draft = current() && { ...current(), at: found.at };
    if (found === sent) sent = draft;
    tell("plain", said.restored);
    if ([document.body, byId("phone")].includes(document.activeElement)) text.focus();
    keep(0);
  }
  // One after the other, so that an older one never arrives last.
  function keep(wait = DRAFT_WAIT) {
    clearTimeout(waiting);
    waiting = setTimeout(() => { sending = sending.then(upload); }, wait);
  }
  async function upload() {
    const mine = draft, body = new FormData();
    if (form.inert || content(mine) === content(sent)) return;
    const { key, at, values } = mine || { key: sent.key, at: Date.now() + ahead, values: {} };
    for (const [name, value] of Object.entries({ ...values, key, at })) body.append(name, value);
    try {
      const answer = await send(said.keep, body, undefined, "application/json");
      if (answer.ok) sent = mine;
      else if (answer.status === 409 && mine === draft) hear({ status: 409, said: await answer.json() });
    } catch { /* no connection: it is kept here, and goes with the next change */ }
  }

  // The bar: what became of the last save.
  function tell(kind, words, link) {
    const line = document.createElement("span");
    line.className = `said said-${kind}`;
    line.textContent = words;
    if (link) line.append(" ", link);
    bar.replaceChildren(line, ...offerBack());
  }
  function showError(place, words) {
    const field = byId(place.dataset.error);
    place.textContent = words.join(said.between);
    field.classList.toggle("is-wrong", words.length > 0);
    if (words.length) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
  function showErrors(errors) {
    for (const place of form.querySelectorAll("[data-error]")) showError(place, errors[place.dataset.error] || []);
    const first = form.querySelector(".is-wrong");
    if (first) first.focus();
  }

  // Panes: asked for a moment after the last key; an answer that was overtaken is dropped.
  function pane(id, url, after) {
    let timer = 0, asking = null;
    const place = byId(id);
    const ask = async () => {
      if (asking) asking.abort();
      const mine = asking = new AbortController();
      try {
        const answer = await send(url, new FormData(form), mine.signal);
        if (!answer.ok) return;
        const html = await answer.text();
        if (mine.signal.aborted) return;
        const held = place.contains(document.activeElement) ? document.activeElement.dataset : null;
        place.innerHTML = html;
        if (held) {
          const same = [...place.querySelectorAll("button")].find((one) => ["take", "district", "same", "how", "article"].every((name) => one.dataset[name] === held[name]));
          (same || text).focus();
        }
        if (after) after(place);
      } catch { /* no connection: what is shown stays, saving will say so */ }
    };
    return (wait = 250) => { clearTimeout(timer); timer = setTimeout(ask, wait); };
  }
  function send(url, body, signal, accept = "text/html") {
    const headers = { Accept: accept, "X-CSRFToken": form.elements.csrf_token.value };
    return fetch(url, { method: "POST", body, headers, signal, redirect: "manual", credentials: "same-origin" });
  }
  const askCaller = pane("caller", said.caller);
  const askSuggestion = pane("suggestion", said.suggestion, show);
  // What cannot wait stands by the text, and what saving will do by its button.
  function show(place) {
    for (const name of ["dangers", "then"]) byId(name).replaceChildren(...place.querySelectorAll(`.${name}`));
    mark();
  }
  function refresh() {
    askCaller(0);
    askSuggestion(0);
    mark();
  }

  // The words found are marked behind the text, in a copy that scrolls with it.
  function mark() {
    const found = document.querySelector("#suggestion .found");
    const [words, places, dangers] = ["words", "places", "dangers"].map((kind) => found ? JSON.parse(found.dataset[kind]) : []);
    const told = byId("nature-told");
    told.textContent = found && found.dataset.nature ? told.dataset.between + found.dataset.nature : "";
    window.markWords(mirror, text.value, [["danger", dangers], ["word", words], ["at", places]]);
    mirror.scrollTop = text.scrollTop;
  }

  // Saving: the page stays; whatever goes wrong, the form stays filled and its key the same.
  async function save(doing) {
    if (form.inert) return;
    const body = new FormData(form), at = document.activeElement, patience = new AbortController();
    body.set("do", doing);
    remember();
    tell("plain", said.saving);
    form.inert = true;  // from here on no draft is sent: the save says it all
    const timer = setTimeout(() => patience.abort(), PATIENCE);
    let outcome;
    try {
      const answer = await send(form.action, body, patience.signal, "application/json");
      outcome = { status: answer.type === "opaqueredirect" ? 401 : answer.status };
      if ([201, 409, 422].includes(outcome.status)) outcome.said = await answer.json();
    } catch {
      outcome = { status: 0 };
    }
    clearTimeout(timer);
    form.inert = false;
    if (form.contains(at)) at.focus();
    hear(outcome);
    keep();
  }
  function hear({ status, said: answer }) {
    if (status === 201) {
      sent = null;
      document.dispatchEvent(new CustomEvent("desk:saved", { detail: form.elements.call.value }));
      turnTo(null);
    }
    if (status === 201 || status === 409) {
      bar.innerHTML = answer.bar;
      bar.append(...offerBack());
      byId("saved").innerHTML = answer.saved;
    } else if (status === 422) {
      tell("error", (answer.errors.key || answer.errors._ || [said.wrong]).join(said.between));
      showErrors(answer.errors);
    } else if ([400, 401].includes(status)) {
      const link = document.createElement("a");
      link.href = said.signIn;
      link.textContent = said.in;
      tell("error", said.out, link);
    } else {
      tell("error", status ? said.failed : said.cut);
    }
  }

  function take(button) {
    if (!button) return;
    const field = button.dataset.take ? byId("category") : byId("district");
    field.value = button.dataset.take || button.dataset.district;
    remember();
    askSuggestion(0);
  }
  // What is to be made of a call about a matter that is known: chosen here, done on saving.
  function join(number, how) {
    form.elements.same.value = number;
    form.elements.how.value = how;
  }
  function chooseOffer(button) {
    const off = button.getAttribute("aria-pressed") === "true";
    join(off ? "" : button.dataset.same, off ? "" : button.dataset.how);
    remember();
    text.focus();
    askSuggestion(0);
  }
  function answerFrom(button) {
    const reply = byId("public_reply");
    openAnswer(true);
    reply.value = button.dataset.body;
    form.elements.article.value = button.dataset.article;
    byId("anyway").checked = false;
    remember();
    reply.focus();
  }
  function nextOffer() {
    const firsts = [...document.querySelectorAll("#suggestion .alike li button:first-child")];
    const at = firsts.findIndex((one) => one.closest("li").contains(document.activeElement));
    const next = firsts[(at + 1) % firsts.length];
    if (next) { next.focus(); next.closest("li").scrollIntoView({ block: "nearest" }); }
  }
  // What is in the form is laid aside, for an empty one or for what was laid aside before. Until it is brought back, or
  // another is laid aside, the bar offers it, whatever becomes of the call between.
  function layAside(other = null) {
    if (form.inert) return;
    const mine = untouched() ? null : { key: form.elements.key.value, values: filled() };
    turnTo(other);
    aside = mine;
    if (mine && other) drafts.put({ ...mine, at: Date.now() + ahead });  // an exchange is no emptying: it outlives the page
    keep(0);
    if (mine) tell("plain", other ? said.aside : said.emptied);
    else bar.replaceChildren();
  }
  function offerBack() {
    if (!aside) return [];
    const back = document.createElement("button"), brief = (aside.values.text || "").slice(0, 8);
    back.type = "button";
    back.className = "said back";
    back.textContent = brief ? `${said.back} “${brief}…”` : said.back;
    back.addEventListener("click", () => layAside(aside));
    return [back];
  }
  function primary() {
    return form.querySelector(answering.open ? "[value=answer]" : "[value=save]");
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save((event.submitter || primary()).value);
  });
  form.addEventListener("compositionstart", () => { composing = true; });
  form.addEventListener("compositionend", (event) => { composing = false; typed(event); });
  form.addEventListener("input", typed);
  function typed(event) {
    const fault = byId(`${event.target.name}-error`);
    if (fault && fault.textContent) {
      showError(fault, []);
      if (!form.querySelector(".is-wrong")) bar.replaceChildren(...offerBack());
    }
    if (event.target === text) mark();
    if (event.target.name === "anonymous") { hideFace(); askCaller(); }
    if (event.target.name === "public_reply") {
      byId("anyway").checked = false;  // said of another wording
      if (!event.target.value.trim()) form.elements.article.value = "";
    }
    remember();
    if (composing) return;
    if (event.target.name === "phone") { askCaller(); askSuggestion(); }
    else if (["text", "title", "address", "category", "district", "nature", "name", "anonymous"].includes(event.target.name)) askSuggestion();
  }
  text.addEventListener("scroll", () => { mirror.scrollTop = text.scrollTop; });
  answering.addEventListener("toggle", () => {
    choosePrimary();
    remember();
  });
  // The button follows at once: "toggle" comes later, and whoever types fast would save the order unanswered.
  function openAnswer(open) {
    answering.open = open;
    choosePrimary();
  }
  function choosePrimary() {
    for (const button of form.querySelectorAll("[name=do]")) {
      const first = button === primary();
      button.toggleAttribute("data-primary", first);
      button.classList.toggle("btn-primary", first);
      button.classList.toggle("btn-outline-secondary", !first);
      const key = button.querySelector("kbd");
      if (key) key.hidden = !first;
    }
  }
  document.querySelector(".call-grid").addEventListener("click", (event) => {
    const button = event.target.closest("[data-take], [data-district], [data-urgent], [data-how], [data-article]");
    if (!button) return;
    if ("how" in button.dataset) chooseOffer(button);
    else if ("article" in button.dataset) answerFrom(button);
    else if ("urgent" in button.dataset) byId("urgency-urgent").click();
    else take(button);
  });

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || event.metaKey) return;
    const field = event.target;
    if (event.key === "F1" || (event.key === "?" && field.id === "phone")) {  // where the cursor waits; no number has one
      event.preventDefault();
      byId("keys").showModal();
    } else if (event.ctrlKey && event.key === "Enter" && !form.contains(field)) {
      event.preventDefault();
      form.requestSubmit(primary());
    } else if (event.altKey && !event.ctrlKey) {
      if (withAlt(event.code)) event.preventDefault();
    } else if (event.key === "Enter" && form.contains(field) && field.matches("input, select")) {
      event.preventDefault();
      const fields = [...form.querySelectorAll("input:not([type=hidden]):not([data-aside]), select, textarea")].filter((one) => one.offsetParent && (one.type !== "radio" || one.checked));
      const next = fields[fields.findIndex((one) => one === field || (one.type === "radio" && one.name === field.name)) + 1];
      if (next) next.focus();
    } else if (field.name === "nature" && /^[0-7]$/.test(event.key)) {
      const choice = form.querySelectorAll("[name=nature]")[event.key];
      if (choice) { choice.click(); choice.focus(); }
    }
  });
  function withAlt(code) {
    const digit = /^(?:Digit|Numpad)([0-9])$/.exec(code);
    if (digit) {
      const at = Number(digit[1]);
      if (at === 0) { byId("category").value = ""; remember(); askSuggestion(0); }
      else if (at <= 5) take(document.querySelectorAll("#suggestion [data-take]")[at - 1]);
      else take(document.querySelectorAll("#suggestion [data-district]")[at - 6]);
    } else if (code === "KeyA") {
      openAnswer(!answering.open);
      (answering.open ? byId("public_reply") : text).focus();
    } else if (code === "KeyE") {
      form.querySelector("[name=requester]:not(:checked)").click();
    } else if (code === "KeyS") {
      nextOffer();
    } else if (code === "KeyD") {
      const offer = document.querySelector(form.elements.same.value ? "#then .undo" : "#suggestion .alike .offers button");
      if (offer) chooseOffer(offer);
    } else if (code === "KeyU") {
      form.querySelector("[name=urgency]:not(:checked)").click();
    } else if (code === "KeyN") {
      if (!untouched()) layAside();
    } else {
      return false;
    }
    return true;
  }

  if (!("kept" in said)) restore();
  drafts.holds(form.elements.key.value);
  hideFace();
  choosePrimary();
  refresh();
  // For the calls beside the form (desk-calls.js).
  window.desk = { untouched, takeCall, releaseCall, current: () => form.elements.call.value, tell, send };
  said.ready = "";
})();
