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

// The places are asked for with the filters of the page, whatever its area, order and number.
function placesTiles() {
  const asked = new URLSearchParams(panel.dataset.query);  // as understood: a name or an address typed has become a place
  for (const name of ["zone", "tri", "page"]) asked.delete(name);
  if (!asked.has("distance")) for (const name of ["pres", "pour", "autour"]) asked.delete(name);
  const query = asked.size ? `?${asked}` : "";
  return `${location.origin}/tuiles/locaux/{z}/{x}/{y}.mvt${query}`;
}

const outline = (id, layer, width, more = {}) => ({
  id, type: "line", source: "communes", "source-layer": layer, paint: { "line-color": token("--line"), "line-width": width }, ...more,
});

const style = () => ({
  version: 8,
  sources: {
    communes: { type: "vector", tiles: [`${location.origin}/tuiles/communes/{z}/{x}/{y}.mvt`], minzoom: 4, maxzoom: 14 },
    qpv: { type: "vector", tiles: [`${location.origin}/tuiles/qpv/{z}/{x}/{y}.mvt`], minzoom: 9, maxzoom: 15 },
    locaux: { type: "vector", tiles: [placesTiles()], maxzoom: 16 },
  },
  layers: [
    { id: "fond", type: "background", paint: { "background-color": token("--sunken") } },
    outline("communes", "communes", 1.5),
    outline("departements", "departements", 3, { maxzoom: 11 }),
    { id: "qpv", type: "fill", source: "qpv", "source-layer": "qpv", paint: { "fill-color": token("--plum"), "fill-opacity": 0.16 } },
    { id: "qpv-bord", type: "line", source: "qpv", "source-layer": "qpv", paint: { "line-color": token("--plum"), "line-width": 2.5, "line-dasharray": [3, 2] } },
    { id: "contours", type: "fill", source: "locaux", "source-layer": "contours", paint: { "fill-color": token("--green"), "fill-opacity": 0.18 } },
    { id: "contours-bord", type: "line", source: "locaux", "source-layer": "contours", paint: { "line-color": token("--green"), "line-width": 2 } },
    { id: "contours-choisi", type: "line", source: "locaux", "source-layer": "contours", filter: ["==", ["get", "id"], 0], paint: { "line-color": token("--ink"), "line-width": 4 } },
    // Says which places are in view; the pins are links drawn in HTML, unless they are too many to be read.
    { id: "locaux", type: "circle", source: "locaux", "source-layer": "locaux", paint: { "circle-radius": 5, "circle-color": token("--green"), "circle-opacity": 0 } },
  ],
});

const STATES = JSON.parse(panel?.dataset.states ?? "{}");
const MOST_PINS = 80;
const PIN = { width: 76, height: 30, until: 15.5 };  // pixels; nearer than this zoom, two pins may stand one above the other
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

// Pins of what is in view: a place is a link in its state, several places too close to be told apart are one count.
class Pins {
  constructor(maplibre, map) {
    Object.assign(this, { maplibre, map, shown: new Map(), current: null });
    for (const moment of ["idle", "moveend"]) map.on(moment, () => this.draw());
    map.on("style.load", () => { this.outlined = null; });  // light to dark: the layers are new
    const list = document.getElementById("resultats");
    const chosen = (event) => event.target.closest?.("[data-premises]")?.dataset.premises ?? null;
    for (const moment of ["mouseover", "focusin"]) list?.addEventListener(moment, (event) => this.choose(chosen(event)));
    list?.addEventListener("mouseleave", () => this.choose(null));
  }

  // What is in view, each once; pins that would cover one another are one count, for the eye and for the keyboard.
  apart() {
    const features = new Map(this.map.queryRenderedFeatures({ layers: ["locaux"] }).map((f) => [f.properties.id, f]));
    const kept = [];
    for (const { geometry: { coordinates }, properties } of [...features.values()].sort((a, b) => b.properties.places - a.properties.places)) {
      const at = this.map.project(coordinates);
      const near = this.map.getZoom() < PIN.until && kept.find((one) => Math.abs(one.at.x - at.x) < PIN.width && Math.abs(one.at.y - at.y) < PIN.height);
      if (near) near.properties.places += properties.places;
      else kept.push({ at, coordinates, properties: { ...properties } });
    }
    return new Map(kept.map((one) => [one.properties.places > 1 ? `${one.properties.id}×${one.properties.places}` : `${one.properties.id}`, one]));
  }

  // Land is outlined where it has a pin of its own: what a pointer reaches, the keyboard reaches.
  outline(pins) {
    const alone = [...pins.values()].filter((one) => one.properties.places === 1).map((one) => one.properties.id).sort();
    if (String(alone) === this.outlined) return;
    this.outlined = String(alone);
    for (const layer of ["contours", "contours-bord"]) this.map.setFilter(layer, ["in", ["get", "id"], ["literal", alone]]);
  }

  draw() {
    const seen = this.apart();
    const many = seen.size > MOST_PINS;
    this.map.setPaintProperty("locaux", "circle-opacity", many ? 0.7 : 0);
    if (many) seen.clear();
    this.outline(seen);
    for (const [key, marker] of this.shown) if (!seen.has(key)) { marker.remove(); this.shown.delete(key); }
    for (const [key, feature] of seen) if (!this.shown.has(key)) this.shown.set(key, this.add(feature));
    this.mark();
  }

  add(feature) {
    const element = feature.properties.places > 1 ? this.group(feature) : this.place(feature.properties);
    const name = element.getAttribute("aria-label");
    const marker = new this.maplibre.Marker({ element, anchor: "bottom" }).setLngLat(feature.coordinates).addTo(this.map);
    element.removeAttribute("role");  // the library says « img »: ours is a link or a button, with its own name
    element.setAttribute("aria-label", name);
    return marker;
  }

  place({ id, name, state, area, lots }) {
    const size = `${new Intl.NumberFormat(document.documentElement.lang).format(area)}\u00a0m²`;
    const pin = document.createElement("a");
    pin.className = "pin";
    pin.href = `/locaux/${id}`;
    pin.dataset.state = state;
    pin.dataset.pin = id;
    const several = lots > 1 ? panel.dataset.textLots.replace("%(n)s", lots) : "";
    pin.textContent = several || size;
    pin.setAttribute("aria-label", [several || size, name, several && size, STATES[state]].filter(Boolean).join(", "));
    for (const [moment, chosen] of [["mouseenter", String(id)], ["focus", String(id)], ["mouseleave", null], ["blur", null]]) {
      pin.addEventListener(moment, () => this.choose(chosen, true));
    }
    return pin;
  }

  group(feature) {
    const pin = document.createElement("button");
    pin.type = "button";
    pin.className = "pin";
    pin.dataset.state = "none";
    pin.textContent = panel.dataset.textPlaces.replace("%(n)s", feature.properties.places);
    pin.setAttribute("aria-label", pin.textContent);
    pin.addEventListener("click", () => {
      this.map.easeTo({ center: feature.coordinates, zoom: this.map.getZoom() + 2.5, duration: still ? 0 : 400 });
    });
    return pin;
  }

  // One place at a time is the current one, in the list and on the map.
  choose(id, fromMap = false) {
    if (id === this.current) return;
    this.current = id;
    this.mark();
    for (const card of document.querySelectorAll("[data-premises]")) {
      const here = card.dataset.premises === id;
      card.classList.toggle("current", here);
      if (here && fromMap) card.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
    }
  }

  mark() {
    for (const marker of this.shown.values()) {
      const pin = marker.getElement();
      if (pin.dataset.pin === this.current) pin.setAttribute("aria-current", "true");
      else pin.removeAttribute("aria-current");
    }
    this.map.setFilter("contours-choisi", ["==", ["get", "id"], Number(this.current ?? 0)]);
  }
}

// The names of the perimeters in view, where they are wide enough to carry one. The cards say them too.
class Names {
  constructor(maplibre, map) {
    Object.assign(this, { maplibre, map, shown: new Map() });
    for (const moment of ["idle", "moveend"]) map.on(moment, () => this.draw());
  }

  boxes() {
    const found = new Map();
    for (const { geometry, properties } of this.map.queryRenderedFeatures({ layers: ["qpv"] })) {
      const box = found.get(properties.name) ?? [180, 90, -180, -90];
      for (let points = geometry.coordinates.flat(geometry.type === "MultiPolygon" ? 2 : 1), n = 0; n < points.length; n++) {
        const [lon, lat] = points[n];
        box.splice(0, 4, Math.min(box[0], lon), Math.min(box[1], lat), Math.max(box[2], lon), Math.max(box[3], lat));
      }
      found.set(properties.name, box);
    }
    return found;
  }

  // At the height of the perimeter where no pin stands; nowhere when pins stand at all.
  free(name, [west, south, east, north], pins) {
    const left = this.map.project([west, south]).x, right = this.map.project([east, south]).x, half = name.length * 5 + 30;
    if (right - left < 2 * half) return null;
    return [0.72, 0.5, 0.28, 0.88, 0.12].map((part) => [(west + east) / 2, south + (north - south) * part]).find((place) => {
      const { x, y } = this.map.project(place);
      return y > 20 && !pins.some((pin) => Math.abs(pin.x - x) < half + PIN.width / 2 && pin.y > y - 16 && pin.y - PIN.height < y + 16);
    });
  }

  draw() {
    const pins = this.map.queryRenderedFeatures({ layers: ["locaux"] }).map((feature) => this.map.project(feature.geometry.coordinates));
    const wanted = new Map();
    for (const [name, box] of this.boxes()) {
      const at = this.free(name, box, pins);
      if (at) wanted.set(name, at);
    }
    for (const [name, marker] of this.shown) if (!wanted.has(name)) { marker.remove(); this.shown.delete(name); }
    for (const [name, at] of wanted) (this.shown.get(name) ?? this.add(name)).setLngLat(at).addTo(this.map);
  }

  add(name) {
    const element = document.createElement("span");
    element.className = "qpv-name";
    element.textContent = `QPV ${name}`;
    const marker = new this.maplibre.Marker({ element }).setLngLat([0, 0]).addTo(this.map);
    for (const given of ["role", "aria-label", "tabindex"]) element.removeAttribute(given);  // a name on a map, not a thing to press
    this.shown.set(name, marker);
    return marker;
  }
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
    const map = new maplibre.Map({ container: box, style: style(), center: [2.4, 46.8], zoom: 5, attributionControl: { compact: true, customAttribution: "© IGN, Insee, ANCT" }, dragRotate: false, locale: JSON.parse(panel.dataset.words) });
    map.addControl(new maplibre.NavigationControl({ showCompass: false }));
    const asked = new URLSearchParams(location.search).get("zone") || panel.dataset.box;
    const [west, south, east, north] = asked.split(",").map(Number);
    if (Number.isFinite(north)) map.fitBounds([[west, south], [east, north]], { padding: 60, maxZoom: 15, animate: false });
    searchHere(map);
    map.on("click", "contours", (event) => { location.assign(`/locaux/${event.features[0].properties.id}`); });
    map.on("mouseenter", "contours", () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", "contours", () => { map.getCanvas().style.cursor = ""; });
    map.once("load", () => { new Names(maplibre, map); new Pins(maplibre, map); panel.dataset.ready = "1"; basemap(map); });
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
