"""The review list and the scoring page with 1,000 submissions, against pretalx on PostgreSQL, on the same machine.

    python -m venv /tmp/pretalx                                     once, beside the project, never inside it
    /tmp/pretalx/bin/pip install pretalx gunicorn psycopg2-binary
    INTERVALLE_BENCH_PRETALX=/tmp/pretalx/bin/python python bench/review.py [submissions [rounds]]

Both hold as many submissions, 8 criteria marked from 0 to 5, 7 reviewers: six have marked everything, the seventh half of it.
Both are run as they are run, one worker each, on a database of their own of the same PostgreSQL; pretalx is set up here with
its own commands and models (migrate, collectstatic, its event with its default review phase), out of debug. One reviewer is
signed in on each side, one connection asks one page after the other, in turns:

- list: what a reviewer who has finished sees: ours has every submission on the page, pretalx shows 250 of them;
- scoring: the page of a submission still to mark, with its form (ours has the reviewer's whole list beside).

Ends with status 1 when a page is not five times quicker (requests/s), over the list and the scoring page together and apart.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter, sleep

import psycopg
from psycopg import sql

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "src")]

from bench.panels import panel  # noqa: E402 - the path is set above
from bench.search import free_port, served  # noqa: E402
from bench.supply import drop, plain, server, url_of  # noqa: E402

TARGET, ROUNDS = 5.0, 20
CRITERIA, REVIEWERS = 8, 7
# Run by the Python of pretalx: an event in review, its submissions, reviewers and marks; prints what to ask.
FILL = """
import datetime as dt, json, os, sys
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "pretalx.settings"
django.setup()
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils.timezone import now
from django_scopes import scope, scopes_disabled
from pretalx.event.models import Event, Team
from pretalx.event.utils import create_organiser_with_team
from pretalx.person.models import User
from pretalx.submission.models import Review, ReviewScore, ReviewScoreCategory, Submission
count, criteria, reviewers = map(int, sys.argv[1:])
boss = User.objects.create_user(name="Boss", email="boss@example.org", password="bench")
organiser, team = create_organiser_with_team(name="Bench", slug="bench", users=[boss])
with scopes_disabled():
    day = now().date() + dt.timedelta(days=25)
    event = Event.objects.create(name="Bench", slug="bench", organiser=organiser, is_public=True, date_from=day, date_to=day,
                                 timezone="Europe/Paris", email="bench@example.org", locale_array="fr", locale="fr")
with scope(event=event):
    event.build_initial_data()
    event.cfp.deadline = now() - dt.timedelta(days=20)
    event.cfp.save()
    event.review_phases.filter(position=0).update(is_active=True, start=event.cfp.deadline)
    event.score_categories.all().delete()
    scores = []
    for n in range(criteria):
        category = ReviewScoreCategory.objects.create(event=event, name=f"Critere {n}", weight=1, required=True)
        scores.append([ReviewScore.objects.create(category=category, value=v, label=str(v)) for v in range(6)])
    crew = Team.objects.create(organiser=organiser, name="Reviewers", is_reviewer=True)
    crew.limit_events.add(event)
    people = [User.objects.create_user(name=f"Reviewer {n}", email=f"r{n}@example.org", password="bench", locale="fr") for n in range(reviewers)]
    crew.members.add(*people)
    kind = event.cfp.default_type
    made = []
    for n in range(count):
        made.append(Submission.objects.create(event=event, title=f"Projet {n}", submission_type=kind, content_locale="fr", abstract="Un projet.", state="submitted"))
    speakers = User.objects.bulk_create([User(name=f"Structure {n}", email=f"s{n}@example.org", password="!") for n in range(count)])
    through = Submission.speakers.through
    names = {f.related_model: f.name for f in through._meta.get_fields() if f.is_relation}
    if User in names:
        through.objects.bulk_create([through(**{names[Submission]: s, names[User]: u}) for s, u in zip(made, speakers)])
    half = count // 2
    reviews, marks = [], []
    for r, person in enumerate(people):
        for n, submission in enumerate(made[: half if r == 0 else count]):
            picked = [scores[c][(n * 7 + r * 3 + c * 5) % 6] for c in range(criteria)]
            reviews.append(Review(submission=submission, user=person, score=sum(s.value for s in picked), text="Ce que dit le dossier."))
            marks.append(picked)
    reviews = Review.objects.bulk_create(reviews, batch_size=1000)
    link = Review.scores.through
    link.objects.bulk_create([link(review=r, reviewscore=s) for r, picked in zip(reviews, marks) for s in picked], batch_size=5000)

def cookie(user):
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user.pk), next(b for b in settings.AUTHENTICATION_BACKENDS if b.endswith("ModelBackend"))
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"

print("ASK " + json.dumps({
    "list": ["/orga/event/bench/reviews/", cookie(people[1])],
    "scoring": [f"/orga/event/bench/submissions/{made[count * 3 // 4].code}/reviews/", cookie(people[0])],
}))
"""
Asked = dict[str, tuple[str, str]]  # page -> (path, cookie)


@contextmanager
def pretalx(python: str, submissions: int) -> Iterator[tuple[HTTPConnection, Asked]]:
    """pretalx on a database of its own, filled, served by one gunicorn worker."""
    name = f"bench_pretalx_{os.getpid()}"
    port = free_port()
    with psycopg.connect(plain(server()), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    with tempfile.TemporaryDirectory() as folder:
        environment = _environment(name, folder, port)
        log = Path(folder) / "log"
        try:
            for command in (
                ["-m", "pretalx", "migrate", "-v0"],
                ["-m", "pretalx", "collectstatic", "--noinput", "-v0"],
            ):
                subprocess.run([python, *command], env=environment, cwd=folder, check=True, capture_output=True)
            sizes = [str(submissions), str(CRITERIA), str(REVIEWERS)]
            filled = subprocess.run(
                [python, "-c", FILL, *sizes], env=environment, cwd=folder, check=True, stdout=subprocess.PIPE, text=True
            )
            told = next(line for line in filled.stdout.splitlines() if line.startswith("ASK "))
            with psycopg.connect(plain(url_of(name)), autocommit=True) as db:
                db.execute("VACUUM ANALYZE")
            with log.open("w") as out:
                process = subprocess.Popen(
                    [python, "-m", "gunicorn", "pretalx.wsgi", "-w", "1", "--timeout", "300", "-b", f"127.0.0.1:{port}"],
                    env=environment, cwd=folder, stdout=out, stderr=out,
                )  # fmt: skip
            try:
                connection = _reached(port)
                yield connection, {page: (path, cookie) for page, (path, cookie) in json.loads(told[4:]).items()}
            finally:
                process.terminate()
                process.wait(20)
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"pretalx could not be set up: {error.stderr or error}") from None
        finally:
            drop(name)


def _environment(database: str, folder: str, port: int) -> dict[str, str]:
    parts = psycopg.conninfo.conninfo_to_dict(plain(url_of(database)))
    environment = os.environ | {
        "PRETALX_DB_TYPE": "postgresql", "PRETALX_DB_NAME": database, "PRETALX_DB_USER": str(parts.get("user") or ""),
        "PRETALX_DB_PASS": str(parts.get("password") or ""), "PRETALX_DB_HOST": str(parts.get("host") or ""),
        "PRETALX_DB_PORT": str(parts.get("port") or ""), "PRETALX_SITE_URL": f"http://127.0.0.1:{port}",
        "PRETALX_DATA_DIR": folder, "PRETALX_FILESYSTEM_DATA": folder, "PRETALX_FILESYSTEM_LOGS": folder,
        "PRETALX_FILESYSTEM_MEDIA": folder, "PRETALX_FILESYSTEM_STATIC": f"{folder}/static", "PRETALX_DEBUG": "False",
    }  # fmt: skip
    environment.pop("PYTHONPATH", None)
    return environment


def _reached(port: int) -> HTTPConnection:
    for _wait in range(300):
        connection = HTTPConnection("127.0.0.1", port, timeout=300)
        try:
            connection.request("GET", "/healthcheck/")
            connection.getresponse().read()
            connection.close()
            return connection
        except OSError:
            sleep(0.2)
    raise SystemExit("pretalx did not answer.")


def fetch(connection: HTTPConnection, path: str, cookie: str) -> tuple[float, bytes]:
    begun = perf_counter()
    connection.close()  # gunicorn's plain worker keeps no connection open: neither side gains by it
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status} {answer.getheader('Location')}: {body[:300]!r}")
    return perf_counter() - begun, body


async def our_pages(database: str, submissions: int) -> Asked:
    """What to ask of ours, with a session for the juror who has finished and one for the juror half-way."""
    from intervalle import models  # noqa: F401 - every table is known
    from intervalle.accounts import sessions as browser_sessions
    from intervalle.db import make_engine, make_sessions
    from intervalle.settings import Settings

    engine = make_engine(Settings(database_url=url_of(database)), pool_size=1, statement_timeout=0)
    name = browser_sessions.cookie_name()
    async with make_sessions(engine)() as db, db.begin():
        half, done = [await browser_sessions.open_session(db, user_id=user, second_factor=True) for user in (2, 3)]
    await engine.dispose()
    scoring = f"/commissions/1/notation/{submissions * 3 // 4}"
    return {"list": ("/commissions/1/notation", f"{name}={done}"), "scoring": (scoring, f"{name}={half}")}


def main(submissions: int, rounds: int) -> int:
    python = os.environ.get("INTERVALLE_BENCH_PRETALX")
    if not python:
        print("pretalx is not at hand: install it beside the project and name its Python in INTERVALLE_BENCH_PRETALX (see above). Ours alone is measured.")  # fmt: skip
    with panel(submissions, CRITERIA, REVIEWERS, closed=False, reading=1) as database:
        own = asyncio.run(our_pages(database, submissions))
        with served(database) as ours:
            if not python:
                _measure(ours, own, None, own, rounds)
                return 0
            with pretalx(python, submissions) as (theirs, asked):
                return _measure(ours, own, theirs, asked, rounds)


def _measure(ours: HTTPConnection, own: Asked, theirs: HTTPConnection | None, asked: Asked, rounds: int) -> int:
    spent = {page: [0.0, 0.0] for page in own}
    sizes = {page: [0, 0] for page in own}
    for turn in range(rounds + 2):
        for page in own:
            sides = [(ours, own[page])] + ([(theirs, asked[page])] if theirs else [])
            for side, (connection, (path, cookie)) in enumerate(sides):
                seconds, body = fetch(connection, path, cookie)
                sizes[page][side] = len(body)
                if turn > 1:
                    spent[page][side] += seconds
    print(f"load {os.getloadavg()[0]:.1f}, {rounds} rounds")
    for page, (mine, its) in [*spent.items(), ("both", [sum(s) for s in zip(*spent.values(), strict=True)])]:
        weight = sizes.get(page, ["", ""])
        print(f"{page:>8}   ours {rounds / mine:6.1f} requests/s ({weight[0]} bytes)", end="")
        print(f"   pretalx {rounds / its:6.2f} requests/s ({weight[1]} bytes)   {its / mine:5.1f} times" if its else "")
    return 0 if all(its >= TARGET * mine for mine, its in spent.values() if its) else 1


if __name__ == "__main__":
    sizes = [int(size) for size in sys.argv[1:]]
    raise SystemExit(main(*sizes, *(1000, ROUNDS)[len(sizes) :]))
