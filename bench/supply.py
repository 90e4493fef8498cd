"""A register as large as asked, made of nothing but SQL: lots placed inside the real outlines of real communes.

    python bench/supply.py 1000000 --database lots_1m     makes it (drops one of that name first)
    python bench/supply.py --drop lots_1m

Beside the private test server of the checkout, or the server of INTERVALLE_BENCH_SERVER (a `postgresql+psycopg://…`
address whose role may create databases). The schema is the product's own, from its migrations; triggers and foreign
keys rest while rows are poured (what they would write is written by the same statement), indexes are the product's.
The same number gives the same rows: nothing is drawn at random but from the row's own number.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

PER_PREMISES = 1.6  # lots: one, one, one, two, three


def server() -> str:
    from intervalle.setup.cluster import ensure_test_cluster

    return os.environ.get("INTERVALLE_BENCH_SERVER") or ensure_test_cluster()


def url_of(database: str) -> str:
    head, _, tail = server().partition("?")
    return head.rsplit("/", 1)[0] + f"/{database}" + (f"?{tail}" if tail else "")


def plain(url: str) -> str:
    """As psql and psycopg write it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def drop(database: str) -> None:
    with psycopg.connect(plain(server()), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def create(database: str) -> str:
    """An empty database at the head of the migrations, with communes, outlines and perimeters; gives its address."""
    from intervalle import migrate
    from intervalle.db import make_engine, make_sessions
    from intervalle.settings import Settings
    from intervalle.territory import demo

    drop(database)
    with psycopg.connect(plain(server()), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(database)))
    url = url_of(database)
    migrate.upgrade(url)

    async def territory() -> None:
        engine = make_engine(Settings(database_url=url), pool_size=1, statement_timeout=0)
        async with make_sessions(engine)() as db, db.begin():
            await demo.load(db)
        await engine.dispose()

    asyncio.run(territory())
    return url


# One number per row and purpose, spread evenly: `pick(i, salt, n)` is 0 … n-1.
PICK = """
CREATE FUNCTION pg_temp.pick(i bigint, salt int, n int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT ((hashint8extended(i, salt) >> 1 & 4611686018427387903) % n)::int $$
"""

OWNERS = """
INSERT INTO organisations (kind, name)
SELECT (ARRAY['city','social_landlord','developer','land_trust'])[1 + n % 4], 'Propriétaire ' || n FROM generate_series(1, 400) n
"""

# Points fall inside the communes in proportion to their population.
PLACES = """
CREATE TEMP TABLE places AS
WITH shared AS (
  SELECT code, name, split_part(postcodes, ' ', 1) AS postcode, outline,
         ceil(1.02 * :places * coalesce(population, 0) / sum(coalesce(population, 0)) OVER ())::int AS n
  FROM communes WHERE outline IS NOT NULL
), dropped AS (
  SELECT code, name, postcode, (ST_Dump(ST_GeneratePoints(outline, n, 7))).geom AS point FROM shared WHERE n > 0
)
SELECT row_number() OVER (ORDER BY hashtext(ST_AsText(point)), code) AS i, * FROM dropped LIMIT :places
"""

# Where the perimeters of 2015 are the only ones held, they stand for those in force: the bench needs some.
PERIMETERS = "UPDATE qpv_perimeters SET during = daterange(lower(during), NULL)"

PREMISES = """
WITH named AS (
  SELECT p.*,
    (ARRAY['Ancienne poste','Boutique','Atelier','Halle','Friche','Pied d’immeuble','École désaffectée','Entrepôt','Bureaux','Ancien garage',
           'Chapelle','Kiosque','Ferme','Gare','Caserne','Imprimerie','Menuiserie','Brasserie','Marché couvert','Local commun'])[1 + pg_temp.pick(i, 1, 20)]
      || ' ' || (ARRAY['du Nord','du Midi','des Lilas','de la Gare','des Tanneurs','du Blosne','Jean-Jaurès','Louise-Michel','des Carmes','du Port',
           'Pasteur','Victor-Hugo','de la République','des Tisserands','du Moulin','de l’Église','du Canal','des Écoles','Voltaire','des Acacias'])[1 + pg_temp.pick(i, 2, 20)] AS name_,
    (1 + pg_temp.pick(i, 3, 180)) || ' ' || (ARRAY['rue','avenue','place','chemin','boulevard','allée'])[1 + pg_temp.pick(i, 4, 6)] || ' '
      || (ARRAY['de Bretagne','des Fleurs','du Général-Leclerc','de Verdun','des Marronniers','Émile-Zola','de la Liberté','du Stade','des Vignes','Jules-Ferry'])[1 + pg_temp.pick(i, 5, 10)] AS address_,
    (ARRAY['ground_floor','ground_floor','ground_floor','building','building','land','brownfield'])[1 + pg_temp.pick(i, 6, 7)] AS kind_,
    (SELECT q.code FROM qpv_perimeters q WHERE ST_Covers(q.outline, p.point) LIMIT 1) AS qpv
  FROM places p
)
INSERT INTO premises (id, code, owner_id, owner_masked, name, kind, description, regime, address, postcode, commune_code, point, position_source, position_score,
                      qpv_code, qpv_vintage, created_at, published_at, withdrawn_at, largest, lowest_rent_cents, haystack)
OVERRIDING SYSTEM VALUE
SELECT i, 'B' || lpad(i::text, 8, '0'), (SELECT min(id) FROM organisations) + pg_temp.pick(i, 7, 400), i % 50 = 0, name_, kind_, described, 'private',
       address_, postcode, code, point, 'geocoder', 0.95,
       coalesce(qpv, CASE WHEN i % 5 > 0 THEN '' END), CASE WHEN qpv IS NOT NULL OR i % 5 > 0 THEN 2024 END,
       -- Published over three years, one in twenty still a draft, one in twenty withdrawn.
       born, CASE WHEN i % 20 > 0 THEN born END, CASE WHEN i % 20 = 1 THEN born + interval '1 day' END,
       l.largest, l.rent,
       plain_text(concat_ws(' ', name_, CASE WHEN i % 50 > 0 THEN address_ END, postcode, name, (SELECT q.name FROM qpv_perimeters q WHERE q.code = qpv LIMIT 1), described,
                            l.names))
FROM named JOIN (SELECT premises_id, max(area) AS largest, min(rent_cents_m2_year) AS rent, string_agg(name, ' ' ORDER BY label) AS names
                 FROM lots GROUP BY premises_id) l ON l.premises_id = i, LATERAL (SELECT now() - pg_temp.pick(i, 8, 94608000) * interval '1 second' AS born) b,
  LATERAL (SELECT (ARRAY['Lumineux, vitrine sur rue.','Cour fermée et quai de livraison.','Grande hauteur, charpente métallique.','Deux pièces et une réserve.',''])[1 + pg_temp.pick(i, 9, 5)] AS described) d
"""

LOTS = """
INSERT INTO lots (premises_id, label, name, area, min_area, divisible, shareable, floor, erp_types, erp_category, step_free, water, condition,
                  charges_cents_m2_year, rent_cents_m2_year, titles, available)
SELECT i, (ARRAY['A','B','C'])[k], (ARRAY['boutique','atelier','bureau'])[k], surface,
       CASE WHEN pg_temp.pick(i * 3 + k, 11, 6) = 0 THEN greatest(1, round(surface / 4)) END, pg_temp.pick(i * 3 + k, 11, 6) = 0, pg_temp.pick(i * 3 + k, 12, 8) = 0,
       pg_temp.pick(i * 3 + k, 13, 4), (ARRAY[ARRAY['M','W'],ARRAY['W','L'],ARRAY['R','M']])[1 + pg_temp.pick(i * 3 + k, 14, 3)][1:2], (ARRAY[5,5,5,4,3])[1 + pg_temp.pick(i * 3 + k, 15, 5)],
       (ARRAY[true,true,false,NULL])[1 + pg_temp.pick(i * 3 + k, 16, 4)], true, 'ready',
       500 * pg_temp.pick(i * 3 + k, 17, 12), CASE WHEN pg_temp.pick(i * 3 + k, 18, 10) > 0 THEN 1000 * pg_temp.pick(i * 3 + k, 19, 20) END,
       CASE pg_temp.pick(i * 3 + k, 20, 4) WHEN 0 THEN ARRAY['COP'] WHEN 1 THEN ARRAY['COP','PRET_USAGE'] WHEN 2 THEN ARRAY['BAIL_DEROG'] ELSE ARRAY['BCUS'] END,
       daterange(current_date - 400 + pg_temp.pick(i * 3 + k, 21, 300), CASE WHEN pg_temp.pick(i * 3 + k, 22, 3) > 0 THEN current_date + 200 + pg_temp.pick(i * 3 + k, 23, 1500) END)
FROM places, generate_series(1, (ARRAY[1,1,1,2,3])[1 + i % 5]) k,
  LATERAL (SELECT round(exp(2.7 + pg_temp.pick(i * 3 + k, 10, 4500) / 1000.0)::numeric) AS surface) s
"""

WORDS = "INSERT INTO premises_words (word) SELECT DISTINCT w.lexeme FROM premises, unnest(words) w"

# Four lots in ten are used today, whole or in half; one in twenty is under works.
OCCUPANCIES = """
INSERT INTO occupancies (lot_id, during, part, kind, label)
SELECT id, daterange(current_date - 30 - pg_temp.pick(id, 31, 300), current_date + 20 + pg_temp.pick(id, 32, 700)),
       int4range(0, (CASE WHEN pg_temp.pick(id, 33, 8) = 0 THEN area * 50 ELSE area * 100 END)::int),
       CASE WHEN pg_temp.pick(id, 30, 20) = 0 THEN 'works' ELSE 'lease' END, 'Atelier'
FROM lots WHERE pg_temp.pick(id, 30, 20) < 9
"""

# What triggers keep when rows come one by one: days of works and of full use, metres to a perimeter, places per cell.
DAYS = """
UPDATE lots l SET (works, taken) = (SELECT d.works, d.taken FROM lot_days(l.id, l.area) d) WHERE l.id IN (SELECT lot_id FROM occupancies)
"""
NEAR = """
UPDATE premises p SET qpv_metres = n.metres FROM (SELECT id, metres_to_qpv(point, owner_masked) AS metres FROM premises) n
WHERE n.id = p.id AND n.metres IS NOT NULL
"""
CELLS = """
INSERT INTO premises_cells (cell, places, x, y) SELECT coalesce(cell >> 18, -1), count(*), sum(ST_X(shown)), sum(ST_Y(shown))
FROM premises WHERE published_at IS NOT NULL AND withdrawn_at IS NULL GROUP BY 1
"""

CALLS = """
WITH made AS (
  INSERT INTO calls (organiser_id, title, opened_at, closes_at)
  SELECT (SELECT min(id) FROM organisations), 'Appel ' || n, now() - interval '20 days', now() + (n % 40 - 10) * interval '1 day' + interval '1 hour'
  FROM generate_series(1, greatest(1, :places / 500)) n RETURNING id
), versions AS (INSERT INTO call_versions (call_id, number, frozen_at) SELECT id, 1, now() FROM made RETURNING id)
INSERT INTO call_lots (version_id, lot_id)
SELECT v.id, l.id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM versions) v
JOIN lots l ON l.premises_id BETWEEN v.n * 500 - 3 AND v.n * 500
"""


def _put_off(db: psycopg.Connection[Any]) -> list[str]:
    """Drop the indexes that are slow to feed row by row; gives the statements that make them again."""
    found = db.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('premises', 'premises_words') AND indexdef ~ 'USING gi[ns]'"
    ).fetchall()
    for name, _definition in found:
        db.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    return [definition for _name, definition in found]


def fill(url: str, lots: int) -> list[tuple[str, float]]:
    """Pour the rows; gives what was made and how long (s) it took."""
    places = str(round(lots / PER_PREMISES / 5) * 5)
    told = []
    with psycopg.connect(plain(url)) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("SET synchronous_commit = off")
        db.execute(PICK)
        late = _put_off(db)
        steps: dict[str, Any] = {
            "owners": OWNERS, "perimeters": PERIMETERS, "places": PLACES, "lots": LOTS,
            "premises": PREMISES, "words": WORDS, "occupancies": OCCUPANCIES, "calls": CALLS,
            "days": DAYS, "near": NEAR, "cells": CELLS,
        }  # fmt: skip
        for name, statement in steps.items():
            begun = perf_counter()
            db.execute(statement.replace(":places", places).encode())
            told.append((name, perf_counter() - begun))
        begun = perf_counter()
        for index in late:
            db.execute(index.encode())
        told.append(("indexes", perf_counter() - begun))
        db.execute("SELECT setval(pg_get_serial_sequence('premises', 'id'), (SELECT max(id) FROM premises))")
    begun = perf_counter()
    with psycopg.connect(plain(url), autocommit=True) as db:
        db.execute("VACUUM ANALYZE")
    return [*told, ("vacuum analyze", perf_counter() - begun)]


def size(url: str) -> dict[str, Any]:
    with psycopg.connect(plain(url)) as db:
        row = db.execute(
            "SELECT (SELECT count(*) FROM premises), (SELECT count(*) FROM lots), (SELECT count(DISTINCT commune_code) FROM premises), "
            "pg_size_pretty(pg_database_size(current_database()))"
        ).fetchone()
    return dict(zip(("premises", "lots", "communes", "size"), row or (), strict=True))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("lots", type=int, nargs="?")
    options.add_argument("--database")
    options.add_argument("--drop")
    given = options.parse_args()
    if given.drop:
        drop(given.drop)
        return 0
    if not given.lots:
        options.error("how many lots?")
    url = create(given.database or f"lots_{given.lots}")
    for name, seconds in fill(url, given.lots):
        print(f"{name:>16} {seconds:7.1f} s")
    print(size(url), url)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
