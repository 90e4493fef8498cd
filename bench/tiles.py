"""Vector tiles and features against tipg (a PostGIS tile and feature server), on the same database, tiles and columns.

    python -m venv /tmp/tipg && /tmp/tipg/bin/pip install tipg uvicorn      once, beside the project, never inside it
    python bench/supply.py 1000000 --database lots_1m
    INTERVALLE_BENCH_TIPG=/tmp/tipg/bin/python python bench/tiles.py lots_1m

The tiles are those a person opens who goes from the country to a street, in four towns. Both servers run as they are
run, one worker each; tipg reads a view with the columns of our tiles (id, name, state, area, lots) and may send as many
features a tile as it does by default (10,000). Each tile is asked once to warm up, once to be measured, in turns. Ours
are made anew each time: nothing is kept between two requests. Ends with status 1 when a target is missed: three times
the throughput over all tiles, no tile above 100 kB; three times for a page of GeoJSON features.
"""

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter, sleep
from urllib.parse import quote

import psycopg

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "src")]

from bench.search import free_port, served  # noqa: E402 - the path is set above
from bench.supply import plain, url_of  # noqa: E402

TOWNS = {"Rennes": (-1.677, 48.117), "Toulouse": (1.444, 43.604), "Lille": (3.057, 50.629), "Paris": (2.352, 48.857)}
ZOOMS = range(4, 18)
TIMES, LARGEST = 3.0, 100_000
VIEW = """
CREATE OR REPLACE VIEW bench_places AS
SELECT p.id, p.name, l.area, l.lots, p.shown,
  CASE min_ WHEN 1 THEN 'call' WHEN 2 THEN 'selection' WHEN 4 THEN 'vacant' WHEN 5 THEN 'occupied' WHEN 6 THEN 'works' ELSE 'none' END AS state
FROM premises p, LATERAL (
  SELECT sum(area)::float8 AS area, count(*) AS lots, min(CASE
    WHEN l.works @> current_date THEN 6 WHEN l.taken @> current_date THEN 5
    WHEN EXISTS (SELECT 1 FROM call_lots cl JOIN call_versions v ON v.id = cl.version_id JOIN calls c ON c.id = v.call_id
                 WHERE cl.lot_id = l.id AND c.closes_at <= now() AND c.released_at IS NULL AND c.cancelled_at IS NULL) THEN 2
    WHEN EXISTS (SELECT 1 FROM call_lots cl JOIN call_versions v ON v.id = cl.version_id JOIN calls c ON c.id = v.call_id
                 WHERE cl.lot_id = l.id AND c.opened_at <= now() AND c.closes_at > now() AND c.cancelled_at IS NULL) THEN 1
    WHEN l.available @> current_date THEN 4 ELSE 7 END) AS min_
  FROM lots l WHERE l.premises_id = p.id) l
WHERE p.published_at IS NOT NULL AND p.withdrawn_at IS NULL;
CREATE OR REPLACE VIEW bench_lots AS
SELECT l.id, p.code AS local, p.name AS nom, l.area AS surface, l.rent_cents_m2_year / 100.0 AS loyer_m2_an, p.shown
FROM premises p JOIN lots l ON l.premises_id = p.id WHERE p.published_at IS NOT NULL AND p.withdrawn_at IS NULL
"""


def tiles() -> list[tuple[int, int, int]]:
    found = []
    for lon, lat in TOWNS.values():
        for z in ZOOMS:
            x = (lon + 180) / 360 * 2**z
            y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z
            found += [(z, int(x), int(y)), (z, int(x) + 1, int(y))]
    return list(dict.fromkeys(found))


@contextmanager
def tipg(python: str, database: str) -> Iterator[HTTPConnection]:
    port = free_port()
    # Its address must name a host: the folder of the socket, written as one.
    head, _, folder = plain(url_of(database)).partition("?host=")
    environment = os.environ | {
        "DATABASE_URL": head.replace("@/", f"@{quote(folder, safe='')}/") if folder else head,
        "TIPG_DB_SCHEMAS": '["public"]', "TIPG_DB_TABLES": '["public.bench_places", "public.bench_lots"]', "TIPG_CATALOG_TTL": "3600",
        "TIPG_DB_SPATIAL_EXTENT": "false", "TIPG_DB_DATETIME_EXTENT": "false",
    }  # fmt: skip
    environment.pop("PYTHONPATH", None)
    log = Path("/tmp") / f"tipg-{port}.log"
    with log.open("w") as out:
        command = [python, "-m", "uvicorn", "tipg.main:app", "--port", str(port), "--log-level", "warning"]
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    try:
        for _wait in range(300):
            connection = HTTPConnection("127.0.0.1", port, timeout=120)
            try:
                connection.request("GET", "/collections?f=json")
                answer = connection.getresponse()
                answer.read()
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit(f"tipg did not start: {log.read_text()[-2000:]}") from None
                sleep(0.2)
        yield connection
    finally:
        process.terminate()
        process.wait(20)


def ask(connection: HTTPConnection, path: str) -> tuple[float, bytes]:
    begun = perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status not in (200, 204):
        raise SystemExit(f"{path} answered {answer.status}: {body[:300]!r}")
    return perf_counter() - begun, body


def main(database: str) -> int:
    python = os.environ.get("INTERVALLE_BENCH_TIPG")
    if not python:
        print("tipg is not at hand: install it beside the project and name its Python in INTERVALLE_BENCH_TIPG (see above). Nothing was measured.")  # fmt: skip
        return 0
    with psycopg.connect(plain(url_of(database)), autocommit=True) as db:
        db.execute(VIEW.encode())
    asked = tiles()
    times: dict[int, tuple[float, float]] = dict.fromkeys(ZOOMS, (0.0, 0.0))
    sizes: dict[int, tuple[int, int]] = dict.fromkeys(ZOOMS, (0, 0))
    with served(database) as ours, tipg(python, database) as theirs:
        for measured in (False, True):
            for z, x, y in asked:
                own, body = ask(ours, f"/tuiles/locaux/{z}/{x}/{y}.mvt")
                other, their_body = ask(theirs, f"/collections/public.bench_places/tiles/WebMercatorQuad/{z}/{x}/{y}")
                if measured:
                    times[z] = times[z][0] + own, times[z][1] + other
                    sizes[z] = max(sizes[z][0], len(body)), max(sizes[z][1], len(their_body))
        print(f"{database}: {len(asked)} tiles")
        for z in ZOOMS:
            (own, other), (size, their_size) = times[z], sizes[z]
            print(f"  zoom {z:>2}   ours {own * 1000:7.0f} ms, largest {size:>7} bytes   tipg {other * 1000:7.0f} ms, largest {their_size:>7} bytes   {other / own:5.1f} times")  # fmt: skip
        features = _features(ours, theirs)
    throughput = sum(t for _, t in times.values()) / sum(t for t, _ in times.values())
    largest = max(size for size, _ in sizes.values())
    print(f"tiles: {throughput:.1f} times the throughput of tipg (target: {TIMES}); largest {largest} bytes (target: {LARGEST})")  # fmt: skip
    print(f"features: {features:.1f} times (target: {TIMES})")
    return 0 if throughput >= TIMES and largest <= LARGEST and features >= TIMES else 1


def _features(ours: HTTPConnection, theirs: HTTPConnection) -> float:
    """The lots of a square of each town as GeoJSON, the same columns; as many features from both."""
    own = other = 0.0
    for lon, lat in TOWNS.values():
        box = f"{lon - 0.02:.3f},{lat - 0.02:.3f},{lon + 0.02:.3f},{lat + 0.02:.3f}"
        paths = (
            f"/locaux.geojson?zone={box}&colonnes=local,nom,surface,loyer_m2_an",
            f"/collections/public.bench_lots/items?bbox={box}&limit=10000&f=geojson&properties=local,nom,surface,loyer_m2_an",
        )
        for connection, path in zip((ours, theirs), paths, strict=True):
            ask(connection, path)
        took, body = ask(ours, paths[0])
        their_took, their_body = ask(theirs, paths[1])
        own, other = own + took, other + their_took
        counts = body.count(b'"Feature"'), their_body.count(b'"Feature"')
        print(f"  features {counts[0]} and {counts[1]}   ours {took * 1000:6.0f} ms   tipg {their_took * 1000:6.0f} ms")
    return other / own


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else "lots_1m"))
