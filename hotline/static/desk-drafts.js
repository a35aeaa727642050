// Drafts of the agent's desk in this browser, one for each key of a form. Each tab has its own call and finds that one
// again after a reload; a new tab takes up the newest that was left.
(() => {
  "use strict";
  const TAB = "desk:key";

  window.deskDrafts = (user) => {
    const prefix = `draft:desk:${user}:`;
    const read = (key) => {
      try { return JSON.parse(localStorage.getItem(prefix + key)); } catch { return null; /* unreadable: as if there were none */ }
    };
    function put(draft) {
      try { localStorage.setItem(prefix + draft.key, JSON.stringify(draft)); } catch { /* storage is full or shut: the form itself still holds the text */ }
    }
    function drop(key) {
      try { localStorage.removeItem(prefix + key); } catch { /* as above */ }
    }
    // This tab writes down the call of this key from now on.
    function holds(key) {
      try { sessionStorage.setItem(TAB, key); } catch { /* as above */ }
    }
    function newest() {
      const keys = Object.keys(localStorage).filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
      return keys.map(read).filter((one) => one && one.values).sort((one, other) => other.at - one.at)[0] || null;
    }
    // The draft to go on with: this tab's own, or the one the server has, where this browser does not know it yet.
    function found(sent) {
      let mine = null, here = null;
      try {
        mine = sessionStorage.getItem(TAB);
        here = mine ? read(mine) : newest();
      } catch { /* as above */ }
      const copy = sent && read(sent.key);
      if (!sent || (copy && copy.at >= sent.at)) return here;
      return !here || here.key === sent.key || (!mine && sent.at > here.at) ? sent : here;
    }
    return { put, drop, holds, found };
  };
})();
