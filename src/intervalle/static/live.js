// The live room: the server says when something changed, and the page asks for itself again. Without this file the
// page still asks every twenty seconds, and a plain reload always shows everything.
const live = document.querySelector("[data-live]");
if (live && window.EventSource) {
  let known = null;
  const source = new EventSource(live.dataset.live);
  source.addEventListener("version", (event) => {
    if (known !== null && event.data !== known) live.dispatchEvent(new Event("look"));
    known = event.data;
  });
  addEventListener("pagehide", () => source.close());
}

// What is typed and not sent yet is kept in this browser, for a day: a laptop that closes loses nothing. A text comes back
// only where the page still says what it said then; what was sent, or emptied, is forgotten.
const keeper = document.querySelector("[data-keep]");
const DAY = 864e5;
const texts = () => [...keeper.querySelectorAll("form[method=post] textarea, form[method=post] input:not([type]), form[method=post] input[type=text]")];
const place = (field) => `${keeper.dataset.keep} ${field.form.getAttribute("action")} ${field.name}`;
function bringBack() {
  for (const field of texts()) {
    const kept = JSON.parse(localStorage.getItem(place(field)) || "null");
    if (!kept || field.value !== field.defaultValue || kept.text === field.value) continue;
    // A text with a mark (`seen`) comes back even so: the server then shows both instead of writing over.
    if (Date.now() - kept.at > DAY || (kept.before !== field.defaultValue && !kept.seen)) { localStorage.removeItem(place(field)); continue; }
    field.value = kept.text;
    const told = document.createElement("p");
    told.className = "hint";
    told.setAttribute("role", "status");
    told.textContent = keeper.dataset.kept;
    field.after(told);
  }
}
if (keeper) {
  bringBack();
  document.addEventListener("htmx:after:swap", bringBack);
  keeper.addEventListener("input", ({target}) => {
    if (!texts().includes(target)) return;
    if (target.value === target.defaultValue) localStorage.removeItem(place(target));
    else {
      const first = JSON.parse(localStorage.getItem(place(target)) || "{}");
      const seen = first.seen || target.form.elements.seen?.value;
      localStorage.setItem(place(target), JSON.stringify({text: target.value, before: target.defaultValue, at: Date.now(), seen}));
    }
  });
  keeper.addEventListener("submit", ({target}) => {
    for (const field of texts()) {
      if (field.form !== target) continue;
      const kept = JSON.parse(localStorage.getItem(place(field)) || "{}");
      if (kept.seen) target.elements.seen.value = kept.seen; // the page may have looked again since
      if (navigator.onLine) localStorage.removeItem(place(field));
    }
  });
}
