// Keys of the score sheet: 0-5 and e mark the criterion one is in (or the next one to mark), n and p change file.
// They act only outside text fields, and a check box turns them off (kept in this browser).
const form = document.querySelector("[data-scoring]");
const enabled = document.querySelector("[data-keys]");
if (enabled) {
  enabled.checked = localStorage.getItem("score-keys") !== "off";
  enabled.addEventListener("change", () => localStorage.setItem("score-keys", enabled.checked ? "on" : "off"));
  // The box is a choice of this browser, not part of the sheet.
  enabled.addEventListener("input", (event) => event.stopPropagation());
}

const typing = (node) => node.matches("textarea, select, input:not([type=radio], [type=checkbox])");

function mark(value) {
  const criteria = [...form.querySelectorAll(".criterion")];
  const here = document.activeElement.closest(".criterion");
  const target = here || criteria.find((c) => !c.querySelector(":checked"));
  const radio = target?.querySelector(`input[value="${value}"]`);
  if (!radio) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", {bubbles: true}));
  // On to the sentence this mark asks for, or to the next criterion.
  const next = radio.hasAttribute("data-why") ? target.querySelector(".why input") : criteria[criteria.indexOf(target) + 1]?.querySelector("input:checked, input");
  (next || form.querySelector("#comment")).focus();
}

document.addEventListener("keydown", (event) => {
  if (!(enabled ? enabled.checked : localStorage.getItem("score-keys") !== "off")) return;
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (form && /^[0-5]$/.test(event.key)) { event.preventDefault(); mark(event.key); }
  else if (form && event.key === "e") { event.preventDefault(); mark("ne"); }
  else if (event.key === "n" || event.key === "p") document.querySelector(`[data-key="${event.key}"]`)?.click();
});

// A conflict with another page appears at the top of the sheet: brought into view once, where one was typing.
document.addEventListener("htmx:after:swap", () => {
  const conflict = document.querySelector("#total[role=alert]:not([data-seen])");
  if (conflict) { conflict.dataset.seen = "1"; conflict.scrollIntoView({block: "nearest"}); }
});
