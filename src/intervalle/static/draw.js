// Draw an outline by clicking its corners. The text field beside it is the form: this only fills it.
const token = (name) => {
  const probe = document.createElement("span");
  document.body.append(probe);
  probe.style.color = `var(${name})`;
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
};

function button(box, text, action, kind = "") {
  const made = document.createElement("button");
  made.type = "button"; made.className = `button ${kind}`; made.textContent = text;
  made.addEventListener("click", action);
  box.append(made);
  return made;
}

// The corners already in the field, when it holds one polygon.
function corners(field) {
  try {
    const shape = JSON.parse(field.value);
    const ring = shape.type === "Polygon" ? shape.coordinates[0] : shape.type === "MultiPolygon" && shape.coordinates.length === 1 ? shape.coordinates[0][0] : [];
    return ring.slice(0, -1);
  } catch { return []; }
}

const line = (id, source, colour, width) => ({ id, type: "line", source, "source-layer": id, paint: { "line-color": token(colour), "line-width": width } });

function style(points) {
  const origin = location.origin;
  return {
    version: 8,
    sources: {
      communes: { type: "vector", tiles: [`${origin}/tuiles/communes/{z}/{x}/{y}.mvt`], minzoom: 4, maxzoom: 14 },
      qpv: { type: "vector", tiles: [`${origin}/tuiles/qpv/{z}/{x}/{y}.mvt`], minzoom: 9, maxzoom: 15 },
      drawn: { type: "geojson", data: shape(points) },
    },
    layers: [
      { id: "fond", type: "background", paint: { "background-color": token("--sunken") } },
      line("communes", "communes", "--line", 1.5), line("qpv", "qpv", "--plum", 2),
      { id: "aire", type: "fill", source: "drawn", paint: { "fill-color": token("--green"), "fill-opacity": 0.25 } },
      { id: "bord", type: "line", source: "drawn", paint: { "line-color": token("--green"), "line-width": 2.5 } },
      { id: "coins", type: "circle", source: "drawn", paint: { "circle-radius": 5, "circle-color": token("--green") } },
    ],
  };
}

function shape(points) {
  const geometry = points.length > 2 ? { type: "Polygon", coordinates: [[...points, points[0]]] }
    : points.length ? { type: "MultiPoint", coordinates: points } : { type: "MultiPoint", coordinates: [] };
  return { type: "Feature", properties: {}, geometry };
}

async function open(box, field) {
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet"; sheet.href = box.dataset.style;
  document.head.append(sheet);
  const maplibre = await import(box.dataset.module);
  maplibre.setWorkerUrl(box.dataset.worker);
  let points = corners(field);
  const frame = document.createElement("div");
  frame.className = "draw-map"; frame.setAttribute("role", "region"); frame.setAttribute("aria-label", box.dataset.textMap);
  const help = document.createElement("p");
  help.className = "small muted"; help.textContent = box.dataset.textHelp;
  const tools = document.createElement("div");
  tools.className = "row";
  box.append(help, frame, tools);
  const centre = points[0] ?? (box.dataset.lon ? [Number(box.dataset.lon), Number(box.dataset.lat)] : [2.4, 46.8]);
  const map = new maplibre.Map({ container: frame, style: style(points), center: centre, zoom: box.dataset.lon || points.length ? Number(box.dataset.zoom ?? 16) : 5, dragRotate: false, attributionControl: { compact: true, customAttribution: "© IGN, Insee, ANCT" }, locale: JSON.parse(box.dataset.words) });
  map.addControl(new maplibre.NavigationControl({ showCompass: false }));
  const show = () => {
    map.getSource("drawn")?.setData(shape(points));
    field.value = points.length > 2 ? JSON.stringify(shape(points).geometry) : "";
  };
  map.on("click", (event) => { points = [...points, event.lngLat.toArray().map((n) => Number(n.toFixed(6)))]; show(); });
  map.once("load", () => { box.dataset.ready = "1"; });
  button(tools, box.dataset.textUndo, () => { points = points.slice(0, -1); show(); });
  button(tools, box.dataset.textClear, () => { points = []; show(); }, "quiet");
}

for (const box of document.querySelectorAll("[data-draw]")) {
  const field = document.getElementById(box.dataset.draw);
  box.hidden = false;
  const start = button(box, box.dataset.textOpen, () => { start.remove(); open(box, field).catch((error) => { console.warn(error); box.hidden = true; }); });
}
