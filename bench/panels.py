"""A call in the midst of its selection, as large as asked: files received and admissible, jurors seated, sheets in.

The schema is the product's own, from its migrations; triggers and foreign keys rest while rows are poured. Nothing is
drawn at random but from the row's own number: the same sizes give the same marks.
"""

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "src")]

from bench.supply import drop, plain, server, url_of  # noqa: E402 - the path is set above

CALL, STAFF = 1, 1  # identifiers of the call and of the person who runs it; jurors are 2, 3, …
FILL = """
CREATE FUNCTION pg_temp.pick(i bigint, salt int, n int) RETURNS int LANGUAGE sql IMMUTABLE AS
  'SELECT ((hashint8extended(i, salt) & 9223372036854775807) % n)::int';
INSERT INTO organisations (id, kind, name, created_at)
  SELECT i, CASE WHEN i = 1 THEN 'city' ELSE 'ess_structure' END, CASE WHEN i = 1 THEN 'Ville' ELSE 'Structure ' || i END, now()
  FROM generate_series(1, :files + 1) i;
INSERT INTO users (id, email, name, created_at, email_confirmed_at)
  SELECT i, 'p' || i || '@example.org', 'Personne ' || lpad(i::text, 2, '0'), now(), now() FROM generate_series(1, :jurors + 1) i;
INSERT INTO memberships (user_id, organisation_id, role, created_at) SELECT 1, 1, 'admin', now();
INSERT INTO calls (id, organiser_id, title, created_by_id, created_at, opened_at, closes_at)
  VALUES (1, 1, 'Appel de mesure', 1, now() - interval '90 days', now() - interval '80 days', now() - interval '20 days');
INSERT INTO call_versions (id, call_id, number, frozen_at, closes_at, score_rule, tie_break, content_sha256)
  VALUES (1, 1, 1, now() - interval '80 days', now() - interval '20 days', ':rule', 'earliest', repeat('0', 64));
INSERT INTO criteria (id, version_id, position, label, weight)
  SELECT i, 1, i, 'Critère ' || i, 100 / :criteria + CASE WHEN i = 1 THEN 100 % :criteria ELSE 0 END FROM generate_series(1, :criteria) i;
INSERT INTO panels (id, call_id, quorum, readers_per_file, created_at, opened_at, scoring_closed_at)
  VALUES (1, 1, 3, 2, now() - interval '30 days', now() - interval '19 days', :closed);
INSERT INTO seats (id, panel_id, user_id, college, chair, declared_at, created_at)
  SELECT i, 1, i + 1, (ARRAY['city_ess', 'urban_policy', 'landlord', 'residents', 'expert'])[1 + i % 5], i = 1, now() - interval '18 days', now() - interval '30 days'
  FROM generate_series(1, :jurors) i;
INSERT INTO applications (id, call_id, call_version_id, organisation_id, number, project_name, created_at, submitted_at, content_sha256, content, answers)
  SELECT i, 1, 1, i + 1, i, 'Projet ' || i, now() - interval '40 days', now() - interval '30 days' + i * interval '1 second', md5(i::text) || md5(i::text),
         '{}', '{}' FROM generate_series(1, :files) i;
INSERT INTO admissibilities (application_id, admissible, checklist, decided_at, decided_by_id)
  SELECT i, true, '{}', now() - interval '15 days', 1 FROM generate_series(1, :files) i;
INSERT INTO score_sheets (id, seat_id, application_id, comment, created_at, saved_at, submitted_at)
  SELECT (a - 1) * :jurors + s, s, a, 'Ce que dit le dossier.', now(), now(), now() FROM generate_series(1, :files) a, generate_series(1, :jurors) s
  WHERE s > :reading OR a <= :files / 2;
INSERT INTO marks (sheet_id, criterion_id, value, reason)
  SELECT s.id, c, pg_temp.pick(s.id * 100 + c, 7, 6), '' FROM score_sheets s, generate_series(1, :criteria) c ORDER BY s.id, c;
"""


@contextmanager
def panel(
    files: int, criteria: int = 8, jurors: int = 7, *, rule: str = "mean", closed: bool = True, reading: int = 0
) -> Iterator[str]:
    """The name of a database of its own, dropped at the end. `reading` jurors are half-way through their files."""
    from intervalle import migrate

    name = f"bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(plain(server()), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        migrate.upgrade(url_of(name))
        values = {"files": files, "criteria": criteria, "jurors": jurors, "rule": rule, "reading": reading,
                  "closed": "now() - interval '1 day'" if closed else "NULL"}  # fmt: skip
        statement = FILL
        for key, value in values.items():
            statement = statement.replace(f":{key}", str(value))
        with psycopg.connect(plain(url_of(name))) as db:
            db.execute("SET session_replication_role = replica")
            db.execute("SET synchronous_commit = off")
            db.execute(statement.encode())
        with psycopg.connect(plain(url_of(name)), autocommit=True) as db:
            db.execute("VACUUM ANALYZE")
        yield name
    finally:
        drop(name)
