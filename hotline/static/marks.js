// Marks the words found in a text, in a copy that lies behind its field.
(() => {
  "use strict";
  // A copy of a field's text behind it, of which only the marks are seen.
  window.mirrorOf = (area) => {
    const around = document.createElement("div"), copy = document.createElement("div");
    around.className = "mirrored";
    copy.className = "mirror";
    copy.setAttribute("aria-hidden", "true");
    area.before(around);
    around.append(copy, area);
    return copy;
  };

  // kinds: the class of a mark and its words; those that come first are marked before what shares characters with them.
  window.markWords = (copy, text, kinds) => {
    const at = [];
    for (const [kind, words] of kinds) {
      for (const word of words.filter(Boolean)) {
        for (let start = text.indexOf(word); start >= 0; start = text.indexOf(word, start + word.length)) {
          for (let i = start; i < start + word.length; i++) at[i] = at[i] || kind;
        }
      }
    }
    copy.replaceChildren();
    for (let from = 0, to = 0; from < text.length; from = to) {
      while (to < text.length && at[to] === at[from]) to++;
      const piece = document.createElement(at[from] ? "mark" : "span");
      piece.textContent = text.slice(from, to);
      if (at[from]) piece.className = at[from];
      copy.append(piece);
    }
    copy.append("\n");
  };
})();
