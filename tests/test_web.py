"""The door: what is refused before any handler, what every response carries, and a GET that cannot write."""

import re
from typing import Any

import httpx
import pytest
from litestar import Litestar, get, post
from litestar.di import Provide
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from intervalle import clock, errors, web
from intervalle.accounts import throttle
from intervalle.accounts.throttle import is_ours
from intervalle.app import create_app
from intervalle.db import make_sessions
from intervalle.request_db import provide_db
from intervalle.settings import Settings, settings
from tests import make

HUGE = 10**30


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/locaux/%00", "/%00", "/locaux?q=%00", "/locaux?%00=1", "/connexion?suite=a%00b"])
async def test_nul_in_an_address_is_a_bad_request(client: Any, address: str) -> None:
    answer = await (await client()).get(address)
    assert (answer.status_code, answer.text) == (400, "Cette adresse contient un caractère interdit.")


async def test_nul_in_a_form_is_a_bad_request_in_words(client: Any) -> None:
    answer = await (await client()).post("/connexion", data={"email": "a\x00@exemple.fr", "password": "x"})
    assert answer.status_code == 400
    assert "caractère invisible" in answer.text


@pytest.mark.parametrize("address", [
    f"/locaux/{HUGE}", f"/appels/{HUGE}", f"/fichiers/{HUGE}", "/locaux/0", "/locaux/-1", f"/appels/{2**63}", "/appels/douze",
    f"/locaux/{2**63 - 1}", "/nulle-part", "/statique/..%2fintervalle.css", "/statique/inconnu.css", "/locaux/1/", "/appels/１２",
])  # fmt: skip
async def test_what_does_not_exist_is_a_page_in_french(client: Any, address: str) -> None:
    answer = await (await client()).get(address)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert '<html lang="fr">' in answer.text
    assert "<h1>Page introuvable</h1>" in answer.text


@pytest.mark.parametrize("query", ["page=0", "page=-1", f"page={HUGE}", "page=nan", "page=1e3"])
async def test_a_page_number_that_means_nothing_breaks_nothing(client: Any, query: str) -> None:
    answer = await (await client()).get(f"/locaux?{query}")
    assert answer.status_code in {200, 404}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "", "Origin": "https://ailleurs.example"}, 403),
        ({"Sec-Fetch-Site": "", "Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "", "Origin": "http://testserver.local"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
    ],
)
async def test_a_write_from_another_site_is_refused(client: Any, headers: dict[str, str], status: int) -> None:
    answer = await (await client()).post("/langue", data={"langue": "en"}, headers=headers)
    assert answer.status_code == status


async def test_a_page_may_be_read_from_another_site(client: Any) -> None:
    answer = await (await client()).get("/", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200


# --- what every response carries -----------------------------------------------------------------------------------

EVERYWHERE = [
    "/",
    "/locaux",
    "/connexion",
    "/sante",
    "/pret",
    "/statique/intervalle.css",
    "/nulle-part",
    "/attribution",
    "/a%00b",
]


@pytest.mark.parametrize("address", EVERYWHERE)
async def test_every_response_carries_its_security_headers(client: Any, address: str) -> None:
    answer = await (await client()).get(address)
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert (policy["frame-ancestors"], policy["base-uri"], policy["form-action"]) == ("'none'", "'none'", "'self'")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


async def test_the_nonce_is_that_of_the_page_and_used_once(client: Any) -> None:
    browser = await client()
    first, second = await browser.get("/"), await browser.get("/")
    nonces = [
        re.findall(r"'nonce-([^']+)'", answer.headers["content-security-policy"])[0] for answer in (first, second)
    ]
    assert set(re.findall(r'nonce="([^"]+)"', first.text)) == {nonces[0]}
    assert nonces[0] != nonces[1]


async def test_pages_of_somebody_are_kept_by_no_cache(client: Any, db: Any) -> None:
    person, _ = await make.agent(db)
    await db.commit()
    signed_in = await (await client(person)).get("/compte")
    assert (signed_in.status_code, signed_in.headers["cache-control"]) == (200, "no-store")
    assert "cache-control" not in (await (await client()).get("/")).headers


async def test_static_files_are_kept_for_a_year_under_their_hash(client: Any) -> None:
    browser = await client()
    (address,) = re.findall(r'href="(/statique/intervalle.css[^"]*)"', (await browser.get("/")).text)
    answer = await browser.get(address)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    again = await browser.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_refusal_is_not_asked_of_a_cache_and_a_crash_says_nothing(
    client: Any, monkeypatch: Any, app: Any
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret-detail")

    monkeypatch.setattr("intervalle.home.page", broken)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    await client()  # puts the application on the test's connection
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as browser:
        answer = await browser.get("/")
    assert answer.status_code == 500
    assert "secret-detail" not in answer.text
    assert "Rien n’a été enregistré à moitié" in answer.text
    assert "content-security-policy" in answer.headers


# --- the one dependency ---------------------------------------------------------------------------------------------

MARK = "INSERT INTO throttles (key, window_start, count) VALUES (:key, now(), 1)"


@get("/lire-en-ecrivant", policy="home.show")
async def writing_get(db: web.Db) -> str:
    await db.execute(text(MARK), {"key": "written by a GET"})
    return "écrit"


@get("/reserve", policy="account.show")
async def reserved(db: web.Db) -> str:
    return "ouvert"


@post("/reserve", policy="account.show")
async def reserved_post(db: web.Db) -> str:
    await db.execute(text(MARK), {"key": "written without being let in"})
    return "écrit"


@post("/ecrire", policy="home.show", status_code=200)
async def writing_post(db: web.Db) -> str:
    await db.execute(text(MARK), {"key": "written by a POST"})
    return "écrit"


@post("/ecrire-puis-refuser", policy="home.show")
async def refusing_post(db: web.Db) -> str:
    await db.execute(text(MARK), {"key": "written then refused"})
    raise errors.Refused("Non.")


@pytest.fixture
async def tiny(committing: Any) -> Any:
    """The smallest application with the real dependency, on real commits."""
    app = Litestar(
        [writing_get, reserved, reserved_post, writing_post, refusing_post],
        dependencies={"db": Provide(provide_db)},
        exception_handlers=create_app().exception_handlers,
    )
    app.state.sessions, app.state.read_only_gets = committing, True
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://testserver.local"
    ) as browser:
        yield browser


async def count_of(committing: Any, key: str) -> int:
    async with committing() as db:
        return int(
            (await db.execute(text("SELECT count(*) FROM throttles WHERE key = :key"), {"key": key})).scalar_one()
        )


async def test_the_database_refuses_a_get_that_writes(tiny: Any, committing: Any) -> None:
    assert create_app().state.read_only_gets is True
    answer = await tiny.get("/lire-en-ecrivant")
    assert (answer.status_code, await count_of(committing, "written by a GET")) == (500, 0)


async def test_a_post_commits_before_it_answers(tiny: Any, committing: Any) -> None:
    answer = await tiny.post("/ecrire")
    assert (answer.text, await count_of(committing, "written by a POST")) == ("écrit", 1)


async def test_a_refusal_after_a_write_keeps_nothing(tiny: Any, committing: Any) -> None:
    answer = await tiny.post("/ecrire-puis-refuser")
    assert (answer.status_code, await count_of(committing, "written then refused")) == (409, 0)


async def test_the_policy_is_applied_before_the_handler(tiny: Any, committing: Any) -> None:
    asked = await tiny.get("/reserve?q=a&page=2")
    assert (asked.status_code, asked.headers["location"]) == (303, "/connexion?suite=/reserve%3Fq%3Da%26page%3D2")
    refused = await tiny.post("/reserve", data={"titre": "déjà tapé"})
    assert (refused.status_code, await count_of(committing, "written without being let in")) == (401, 0)
    assert "Rien de ce que vous avez tapé n’est perdu" in refused.text
    assert 'value="déjà tapé"' in refused.text


async def test_read_only_is_what_refuses(committing: Any) -> None:
    """The same statement, first as a GET runs it: SQLSTATE 25006."""
    async with committing() as db:
        await db.execute(text("SET TRANSACTION READ ONLY"))
        with pytest.raises(DBAPIError) as refused:
            await db.execute(text(MARK), {"key": "x"})
    assert getattr(refused.value.orig, "sqlstate", "") == "25006"


# --- small things of the door ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["https://ailleurs.example", "//ailleurs.example", "/\\ailleurs.example", "ailleurs", "", None, "/a\nb", "javascript:x"])  # fmt: skip
def test_no_open_redirect(path: str | None) -> None:
    assert web.local_path(path, "/chez-nous") == "/chez-nous"


@pytest.mark.parametrize("path", ["/", "/locaux?q=a&page=2", "/appels/1#grille"])
def test_our_own_paths_are_followed(path: str) -> None:
    assert web.local_path(path) == path


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("172.30.0.7", True), ("172.30.1.7", False), ("10.1.2.3", True), ("::ffff:10.1.2.3", True), ("fd00::1", True),
        ("2001:db8::1", False), ("192.0.2.9", True), ("192.0.2.10", False), ("", False), ("?", False), ("socket", True),
    ],
)  # fmt: skip
def test_proxies_are_named_by_address_or_network(address: str, ours: bool) -> None:
    assert is_ours(address, ("172.30.0.0/24", "10.0.0.0/8", "fd00::/8", "192.0.2.9", "socket")) is ours


@pytest.mark.parametrize(
    ("direct", "forwarded", "place"),
    [
        ("203.0.113.5", "", "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),  # a stranger's word is not taken
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),  # the left part was written by the visitor
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),  # two proxies of ours in a row
        ("10.0.0.1", "n'importe quoi", "10.0.0.1"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_the_visitors_address_behind_proxies(direct: str, forwarded: str, place: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(throttle, "settings", lambda: Settings(trusted_proxies=("10.0.0.0/8",)))
    scope = {
        "type": "http",
        "client": (direct, 1),
        "headers": [(b"x-forwarded-for", forwarded.encode())] if forwarded else [],
    }
    assert throttle.place_of(web.Request(scope)) == place  # type: ignore[arg-type]


def test_settings_of_a_real_site_refuse_the_demonstration_secret() -> None:
    with pytest.raises(SystemExit, match="INTERVALLE_SECRET"):
        Settings().check()
    Settings(demo=True).check()
    Settings(secret="long").check()
    assert settings().secure is False
    assert Settings(base_url="https://a.fr").secure is True


def test_the_day_in_paris_is_not_the_day_in_greenwich() -> None:
    from datetime import UTC, date, datetime

    with clock.at(datetime(2027, 6, 30, 22, 30, tzinfo=UTC)):
        assert clock.today() == date(2027, 7, 1)


async def test_more_people_than_connections_is_said_and_writes_nothing(
    client: Any, app: Any, database_url: str
) -> None:
    browser = await client()
    engine = create_async_engine(database_url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    app.state.sessions = make_sessions(engine)
    async with engine.connect():
        answer = await browser.get("/appels")
    await engine.dispose()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "<h1>Trop de monde à la fois</h1>" in answer.text
    assert "Gardez cette page ouverte" in answer.text


async def test_a_refusal_writes_no_trace_and_a_crash_does(client: Any, app: Any, caplog: Any) -> None:
    browser = await client()
    await browser.get("/nulle-part")
    assert [record for record in caplog.records if record.name != "httpx"] == []
    app.state.sessions = None
    answer = await browser.get("/appels")
    assert answer.status_code == 500
    (written,) = [record for record in caplog.records if record.name == "intervalle"]
    assert (written.getMessage(), written.exc_info is not None) == ("unhandled error on GET /appels", True)
