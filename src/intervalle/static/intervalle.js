// The little that htmx does not do. Every page works without this file.

// A refused form: move to the summary, so that a keyboard or a screen reader starts there.
function focusSummary(root) {
  const summary = root.querySelector?.("[data-error-summary]");
  if (summary) summary.focus();
}
document.addEventListener("DOMContentLoaded", () => focusSummary(document));
document.addEventListener("htmx:after:swap", (event) => focusSummary(event.target));

// The network failed while saving: say so where one is typing, and keep the page from closing on unsaved text.
let unsaved = false;
document.addEventListener("htmx:error", (event) => {
  unsaved = true;
  later(event.detail?.ctx?.sourceElement);
  for (const zone of document.querySelectorAll("[data-save-status]")) {
    zone.textContent = zone.dataset.failed;
  }
});
document.addEventListener("htmx:after:request", (event) => {
  if (!event.detail?.ctx?.response?.raw?.ok) return;
  unsaved = false;
  clearTimeout(failed.get(event.detail.ctx.sourceElement)?.timer);
  failed.delete(event.detail.ctx.sourceElement);
});
addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

// An autosave that did not arrive goes again by itself: later and later, and at once when the network is back.
// The server knows its writer: what had arrived without our hearing of it is no conflict.
const failed = new Map();
function again(form) {
  if (form.isConnected) form.dispatchEvent(new Event("input", {bubbles: true})); // what it saves at
}
function later(form) {
  if (!form?.matches("form[hx-trigger*='input']")) return;
  clearTimeout(failed.get(form)?.timer);
  const seconds = Math.min((failed.get(form)?.seconds || 2) * 2, 60);
  failed.set(form, {seconds, timer: setTimeout(again, seconds * 1000, form)});
}
addEventListener("online", () => failed.forEach((_, form) => again(form)));

// One press, one effect: the second click of a double click does not send again (the server would refuse it anyway).
document.addEventListener("submit", (event) => {
  const form = event.target;
  unsaved = false; // sending the form is how the text gets saved: no question on the way out
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 8000);
});

// A refused autosave: the session is over, or the server failed. The text stays in the page.
document.addEventListener("htmx:response:error", (event) => {
  const status = event.detail?.ctx?.response?.status;
  if (status !== 401 && !(status >= 500)) return;
  unsaved = true;
  if (status !== 401) later(event.detail.ctx.sourceElement);
  for (const zone of document.querySelectorAll("[data-save-status]")) {
    zone.textContent = status === 401 ? zone.dataset.expired : zone.dataset.failed;
  }
});

// As one types: words of an answer against its limit, and the running total of a grid's weights.
document.addEventListener("input", ({target}) => {
  const told = target.id && document.querySelector(`[data-words-of="${CSS.escape(target.id)}"]`);
  if (told) {
    const count = target.value.split(/\s+/).filter((run) => /[\p{L}\p{N}]/u.test(run)).length;
    told.firstChild.nodeValue = told.firstChild.nodeValue.replace(/^[\d\s\u00a0]+/, `${count} `);
    told.classList.toggle("error", count > Number(told.dataset.wordsLimit));
  }
  const ledger = target.dataset?.amount && target.closest("[data-ledger]");
  if (ledger) {
    const typed = [...ledger.querySelectorAll(`[data-amount="${target.dataset.amount}"]`)].map((field) => Number(field.value.replace(/[\s€]/g, "").replace(",", ".")) || 0);
    const sum = typed.reduce((all, one) => all + one, 0);
    ledger.querySelector(`[data-sum="${target.dataset.amount}"]`).textContent = sum.toLocaleString(document.documentElement.lang, {style: "currency", currency: "EUR", minimumFractionDigits: sum % 1 ? 2 : 0});
  }
  const table = "weight" in (target.dataset ?? {}) && target.closest("[data-total]");
  if (table) {
    const weights = [...table.querySelectorAll("[data-weight]")].map((field) => parseInt(field.value, 10) || 0);
    document.getElementById(table.dataset.total).textContent = weights.reduce((sum, weight) => sum + weight, 0);
  }
});

// A file too heavy is said before it is sent.
document.addEventListener("change", ({target}) => {
  if (!target.dataset?.most) return;
  const heavy = [...target.files].some((file) => file.size > target.dataset.most * 1048576);
  target.setCustomValidity(heavy ? target.dataset.heavy : "");
  if (heavy) target.reportValidity();
});

// A table wider than its place scrolls: by keyboard too, and a screen reader says what it is.
const scrolled = new ResizeObserver((entries) => {
  for (const {target} of entries) {
    const over = target.scrollWidth > target.clientWidth + 1 || target.scrollHeight > target.clientHeight + 1;
    if (!over) { target.removeAttribute("tabindex"); continue; }
    target.tabIndex = 0;
    const name = target.matches(".table") && target.querySelector("caption")?.textContent.trim();
    if (name) { target.setAttribute("role", "region"); target.setAttribute("aria-label", name); }
  }
});
const watchScrollers = (root) => root.querySelectorAll?.(".table, .steps, .sheet-list, .beside").forEach((one) => scrolled.observe(one));
document.addEventListener("DOMContentLoaded", () => watchScrollers(document));
document.addEventListener("htmx:after:swap", () => watchScrollers(document));
