// The map beside the list. The list is the product: everything here can be missing and nothing is lost.
const panel = document.getElementById("carte");
const wide = matchMedia("(min-width: 62rem)");
// A light-dark() token read through an element, so that MapLibre gets a plain colour.
function token(name) {
  const probe = document.createElement("span");
  panel.append(probe);
  probe.style.color = `var(${name})`;
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function note(text) {
  let line = panel.querySelector(".map-note");
  if (!line) { line = document.createElement("p"); line.className = "map-note"; panel.append(line); }
  line.textContent = text;
  line.hidden = !text;
}

const style = () => ({
  version: 8,
  sources: {
    communes: { type: "vector", tiles: [`${location.origin}/tuiles/communes/{z}/{x}/{y}.mvt`], minzoom: 7, maxzoom: 14 },
    qpv: { type: "vector", tiles: [`${location.origin}/tuiles/qpv/{z}/{x}/{y}.mvt`], minzoom: 9, maxzoom: 15 },
    locaux: { type: "vector", tiles: [`${location.origin}/tuiles/locaux/{z}/{x}/{y}.mvt`], maxzoom: 16 },
  },
  layers: [
    { id: "fond", type: "background", paint: { "background-color": token("--sunken") } },
    { id: "communes", type: "line", source: "communes", "source-layer": "communes", paint: { "line-color": token("--line"), "line-width": 2 } },
    { id: "qpv", type: "fill", source: "qpv", "source-layer": "qpv", paint: { "fill-color": token("--plum"), "fill-opacity": 0.16 } },
    { id: "qpv-bord", type: "line", source: "qpv", "source-layer": "qpv", paint: { "line-color": token("--plum"), "line-width": 2.5, "line-dasharray": [3, 2] } },
    { id: "autres", type: "circle", source: "locaux", "source-layer": "locaux", paint: {
      "circle-radius": ["min", 18, ["+", 5, ["sqrt", ["get", "places"]]]], "circle-color": token("--green"), "circle-opacity": 0.35,
      "circle-stroke-color": token("--green"), "circle-stroke-width": 1.5 } },
  ],
});

// One pin per card of the list: same state, same words.
function pins(maplibre, map) {
  const made = [];
  for (const card of document.querySelectorAll("[data-lon]")) {
    const link = card.querySelector("a");
    const pin = document.createElement("a");
    pin.className = "pin";
    pin.dataset.state = card.dataset.state;
    pin.href = link.href;
    pin.textContent = Number(card.dataset.lots) > 1 ? `${card.dataset.lots} lots` : card.dataset.area;
    pin.setAttribute("aria-label", `${link.textContent}, ${card.dataset.area}`);
    const at = [Number(card.dataset.lon), Number(card.dataset.lat)];
    new maplibre.Marker({ element: pin, anchor: "bottom" }).setLngLat(at).addTo(map);
    const light = (on) => () => { pin.toggleAttribute("aria-current", on); card.classList.toggle("current", on); };
    for (const [one, other] of [[card, pin], [pin, card]]) {
      one.addEventListener("mouseenter", light(true)); one.addEventListener("mouseleave", light(false));
      one.addEventListener("focusin", light(true)); one.addEventListener("focusout", light(false));
    }
    pin.addEventListener("focus", () => card.scrollIntoView({ block: "nearest" }));
    made.push(at);
  }
  return made;
}

function searchHere(map) {
  const button = document.createElement("button");
  button.type = "button"; button.className = "button map-search"; button.hidden = true;
  button.textContent = panel.dataset.textSearch;
  panel.append(button);
  map.on("moveend", (event) => { if (event.originalEvent) button.hidden = false; });
  button.addEventListener("click", () => {
    const address = new URL(location.href);
    address.searchParams.set("zone", map.getBounds().toArray().flat().map((n) => n.toFixed(5)).join(","));
    address.searchParams.delete("page");
    location.assign(address);
  });
}

// The national basemap, when it answers: it goes under our own layers. Otherwise our outlines stay, and it is said.
async function basemap(map) {
  try {
    if (!panel.dataset.basemap) throw new Error("none");
    const answer = await fetch(panel.dataset.basemap, { signal: AbortSignal.timeout(4000) });
    if (!answer.ok) throw new Error(String(answer.status));
    const plan = await answer.json();
    if (plan.glyphs) map.setGlyphs(plan.glyphs);
    for (const [name, source] of Object.entries(plan.sources)) map.addSource(name, source);
    for (const layer of plan.layers) if (layer.type !== "symbol") map.addLayer(layer, "communes");
  } catch { note(panel.dataset.textOff); }
}

async function start() {
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet"; sheet.href = panel.dataset.style;
  document.head.append(sheet);
  try {
    const maplibre = await import(panel.dataset.module);
    maplibre.setWorkerUrl(panel.dataset.worker);
    note("");
    const box = document.createElement("div");
    box.className = "map-box";
    panel.prepend(box);
    const map = new maplibre.Map({ container: box, style: style(), center: [2.4, 46.8], zoom: 5, attributionControl: { compact: false, customAttribution: "© IGN, Insee, ANCT" }, dragRotate: false });
    map.addControl(new maplibre.NavigationControl({ showCompass: false }));
    const points = pins(maplibre, map);
    const zone = new URLSearchParams(location.search).get("zone")?.split(",").map(Number);
    if (zone?.length === 4 && zone.every(Number.isFinite)) map.fitBounds([[zone[0], zone[1]], [zone[2], zone[3]]], { animate: false });
    else if (points.length) map.fitBounds(points.reduce((b, p) => b.extend(p), new maplibre.LngLatBounds()), { padding: 70, maxZoom: 14, animate: false });
    searchHere(map);
    map.once("load", () => { panel.dataset.ready = "1"; basemap(map); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => map.setStyle(style()));
  } catch (error) {
    console.warn(error);
    note(panel.dataset.textFail);
  }
}

if (panel) {
  const begin = () => { if (!panel.dataset.started) { panel.dataset.started = "1"; start(); } };
  if (wide.matches) begin();
  else {
    note("");
    const button = document.createElement("button");
    button.type = "button"; button.className = "button"; button.textContent = panel.dataset.textShow;
    button.addEventListener("click", () => { button.remove(); begin(); });
    panel.append(button);
    wide.addEventListener("change", () => { if (wide.matches) { button.remove(); begin(); } });
  }
}
