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
