"""The list and its map count, against the bare SQL through psql on the same database; and how both grow.

    python bench/supply.py 10000 --database lots_10k; python bench/supply.py 1000000 --database lots_1m
    python bench/search.py lots_10k lots_1m

For each question, interleaved, the median of the rounds:

- page: all of /locaux over HTTP from a served process: list of twenty with their lots and bars, number of places, counts
  beside each choice, extent of the map, HTML;
- SQL: by hand, in one psql session on the same database with the same columns and indexes: the twenty places with their
  lots and uses, and the exact number of places with their extent (the map's count);
- bounded: the same, bounded as the page is (it stops counting at 10,000 places and reads the extent of 1,000).

The front page has no SQL to stand beside: its time is printed, and its growth held to the same bound.

Ends with status 1 when a target is missed: over all questions the page takes at most 1.5 times the SQL on the large
database, and at most twice its time on the small one. The ratio to the bounded SQL is printed beside, without a target:
bounded questions take a few milliseconds, and most of what is left is the writing of the page itself.
"""

import http.client
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "src")]

from bench.supply import ROOT, plain, url_of  # noqa: E402 - the path is set above

ROUNDS = 7
ALONE = ("/",)
AGAINST_SQL, GROWTH = 1.5, 2.0
LOT = "EXISTS (SELECT 1 FROM lots l WHERE l.premises_id = p.id AND {})"
FREE = """l.available @> current_date AND NOT l.works @> current_date AND NOT l.taken @> current_date AND NOT EXISTS (SELECT 1 FROM call_lots cl
  JOIN call_versions v ON v.id = cl.version_id JOIN calls c ON c.id = v.call_id
  WHERE cl.lot_id = l.id AND c.closes_at < now() AND c.released_at IS NULL AND c.cancelled_at IS NULL)"""
CALL = """l.id IN (SELECT cl.lot_id FROM call_lots cl JOIN call_versions v ON v.id = cl.version_id JOIN calls c ON c.id = v.call_id
  WHERE c.opened_at <= now() AND c.closes_at > now() AND c.cancelled_at IS NULL)"""
# (what is asked, the address, the same in SQL, its order)
NEWEST = "p.published_at DESC, p.id DESC"
QUESTIONS = [
    ("everything", "", "true", NEWEST),
    ("Toulouse, 30 to 120 m²", "ou=c31555&surface=30-120", "p.commune_code = '31555' AND " + LOT.format("l.area >= 30 AND (l.area <= 120 OR l.divisible AND coalesce(l.min_area, l.area) <= 120)"), NEWEST),
    ("in a QPV of Haute-Garonne", "qpv=oui&ou=d31", "p.qpv_code <> '' AND p.commune_code IN (SELECT code FROM communes WHERE department_code = '31')", NEWEST),
    ("land in Bretagne", "nature=land&ou=r53", "p.kind = 'land' AND p.commune_code IN (SELECT c.code FROM communes c JOIN departments d ON d.code = c.department_code WHERE d.region_code = '53')", NEWEST),
    ("words", "q=menuiserie+rennes", "p.words @@ '''menuiserie'':* & ''rennes'':*'::tsquery", NEWEST),
    ("words with a typo", "q=menuiseire+pasteru", "p.words @@ '''menuiserie'' & ''pasteur'''::tsquery", NEWEST),
    ("on the map, free, step-free", "zone=-1.75,48.05,-1.60,48.15&pmr=oui&libre=oui", "p.shown && ST_MakeEnvelope(-1.75,48.05,-1.60,48.15,4326) AND " + LOT.format("l.step_free AND " + FREE), NEWEST),
    ("Rennes Métropole, rent, area, free", "libre=oui&loyer=60&surface=50-100&ou=e243500139", "p.commune_code IN (SELECT code FROM communes WHERE epci_code = '243500139') AND " + LOT.format("l.rent_cents_m2_year <= 6000 AND l.area >= 50 AND (l.area <= 100 OR l.divisible AND coalesce(l.min_area, l.area) <= 100) AND " + FREE), NEWEST),
    ("near a QPV", "quartier=proche", "p.qpv_metres <= 500", NEWEST),
    ("open calls", "appel=oui", LOT.format(CALL), NEWEST),
    ("largest of Nord", "tri=surface&ou=d59", "p.commune_code IN (SELECT code FROM communes WHERE department_code = '59')", "p.largest DESC, p.published_at DESC, p.id DESC"),
]  # fmt: skip
PUBLIC = "p.published_at IS NOT NULL AND p.withdrawn_at IS NULL"
LIST = """
SELECT p.id, p.name, p.address, p.postcode, c.name, ST_X(p.shown), ST_Y(p.shown),
  (SELECT json_agg(l) FROM (SELECT l.*, (SELECT json_agg(o) FROM occupancies o WHERE o.lot_id = l.id) FROM lots l WHERE l.premises_id = p.id) l)
FROM premises p LEFT JOIN communes c ON c.code = p.commune_code WHERE {public} AND {where} ORDER BY {order} LIMIT 20;
"""
EXACT = "SELECT ST_Extent(p.shown), count(*) FROM premises p WHERE {public} AND {where};"
BOUNDED = """SELECT ST_Extent(shown) FROM (SELECT p.shown FROM premises p WHERE {public} AND {where} LIMIT 1001) s;
SELECT count(*) FROM (SELECT 1 FROM premises p WHERE {public} AND {where} LIMIT 10001) s;"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def served(database: str) -> Iterator[http.client.HTTPConnection]:
    """The product itself on this database, as it is run: one worker."""
    port = free_port()
    environment = os.environ | {
        "INTERVALLE_DATABASE_URL": url_of(database), "INTERVALLE_SECRET": "bench " * 8, "INTERVALLE_GEOCODER_URL": "",
        "INTERVALLE_BASE_URL": f"http://127.0.0.1:{port}", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }  # fmt: skip
    command = [sys.executable, "-m", "intervalle.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _wait in range(300):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            try:
                connection.request("GET", "/sante")
                connection.getresponse().read()
                break
            except OSError:
                sleep(0.2)
        yield connection
    finally:
        process.terminate()
        process.wait(20)


def fetch(connection: http.client.HTTPConnection, path: str) -> tuple[float, bytes]:
    """Seconds, body. Raises when the answer is not a page."""
    begun = perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status}")
    return perf_counter() - begun, body


class Psql:
    """One psql session; each question is sent whole and timed until its last row was printed."""

    def __init__(self, database: str) -> None:
        command = ["psql", "-X", "-q", "-A", "-t", plain(url_of(database))]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, statements: str) -> tuple[float, list[str]]:
        assert self.process.stdin
        assert self.process.stdout
        begun = perf_counter()
        self.process.stdin.write(statements + "\n\\echo end-of-answer\n")
        self.process.stdin.flush()
        lines = []
        while (line := self.process.stdout.readline().rstrip("\n")) != "end-of-answer":
            lines.append(line)
        return perf_counter() - begun, lines


def number(html: bytes) -> str:
    """The number of places the page says."""
    title = re.search(r'id="titre">([^<]*)<', html.decode())
    return re.sub(r"\D", "", title[1].partition("loca")[0]) if title else "?"


def measure(database: str, alone: dict[str, float]) -> dict[str, tuple[float, float, float]]:
    """What is asked -> (page, SQL, bounded SQL) in seconds."""
    found = {}
    bare = Psql(database)
    with served(database) as connection:
        for what, query, where, order in QUESTIONS:
            said = {"public": PUBLIC, "where": where, "order": order}
            ways = [LIST.format(**said) + count.format(**said) for count in (EXACT, BOUNDED)]
            times: list[list[float]] = [[], [], []]
            for _round in range(ROUNDS):
                seconds, html = fetch(connection, f"/locaux?{query}")
                times[0].append(seconds)
                answers = [bare.ask(statements) for statements in ways]
                for column, (seconds, _lines) in enumerate(answers, 1):
                    times[column].append(seconds)
            page, exact, bounded = found[what] = (median(times[0]), median(times[1]), median(times[2]))
            print(
                f"  {what:<36} page {page * 1000:6.0f} ms   SQL {exact * 1000:6.0f} ms   bounded {bounded * 1000:6.0f} ms   "
                f"says {number(html):>6}, exactly {answers[0][1][-1].rpartition('|')[2]}",
                flush=True,
            )
        for path in ALONE:
            alone[path] = median(fetch(connection, path)[0] for _round in range(ROUNDS))
            print(f"  {path:<36} page {alone[path] * 1000:6.0f} ms   (whole page)", flush=True)
    return found


def total(measured: dict[str, tuple[float, float, float]], column: int) -> float:
    return sum(times[column] for times in measured.values())


def main(databases: list[str]) -> int:
    measured = {}
    alone: dict[str, dict[str, float]] = {}
    for database in databases:
        print(database)
        measured[database] = measure(database, alone.setdefault(database, {}))
    small, large = measured[databases[0]], measured[databases[-1]]
    against, bounded = total(large, 0) / total(large, 1), total(large, 0) / total(large, 2)
    growth = total(large, 0) / total(small, 0)
    print(f"page against the bare SQL on {databases[-1]}: {against:.2f} times (target: at most {AGAINST_SQL})")
    print(f"page against the same SQL bounded as the page is: {bounded:.2f} times")
    print(f"growth of the page from {databases[0]} to {databases[-1]}: {growth:.2f} times (target: at most {GROWTH})")
    home = alone[databases[-1]]["/"] / alone[databases[0]]["/"]
    print(f"growth of the front page: {home:.2f} times (target: at most {GROWTH})")
    return 1 if against > AGAINST_SQL or max(growth, home) > GROWTH else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:] or ["lots_10k", "lots_1m"]))
