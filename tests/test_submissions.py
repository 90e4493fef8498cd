"""Double clicks: the same form, sent again before its answer was read, has one effect and one answer."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar, post
from litestar.di import Provide
from sqlalchemy import func, select, text

from intervalle import errors, submissions, web
from intervalle.app import create_app
from intervalle.request_db import provide_db

TIMES = 20
MARK = text(
    "INSERT INTO throttles (key, window_start, count) VALUES ('vu ' || :key || ' ' || gen_random_uuid(), now(), 1)"
)


async def count_of(committing: Any, key: str) -> int:
    async with committing() as db:
        found = await db.execute(text("SELECT count(*) FROM throttles WHERE key LIKE :key"), {"key": f"vu {key} %"})
        return int(found.scalar_one())


@post("/ajouter", policy="home.show")
async def adding(request: web.Request, db: web.Db) -> web.Response[None]:
    key = (await web.form_data(request))["cle"]
    await asyncio.sleep(0.2)
    await db.execute(MARK, {"key": key})
    return web.redirect(f"/vu?cle={key}", flash="Ajouté.")


@post("/fragment", policy="home.show", status_code=200)
async def answering(request: web.Request, db: web.Db) -> web.Response[str]:
    key = (await web.form_data(request))["cle"]
    await db.execute(MARK, {"key": key})
    return web.Response(f"<p>{key} {web.nonce_of(request)}</p>", media_type="text/html")


@post("/refuser", policy="home.show")
async def refusing(request: web.Request, db: web.Db) -> None:
    await db.execute(MARK, {"key": (await web.form_data(request))["cle"]})
    raise errors.Refused("Non.")


@post("/entrer", policy="home.show")
async def entering(request: web.Request, db: web.Db) -> web.Response[None]:
    await db.execute(MARK, {"key": (await web.form_data(request))["cle"]})
    response = web.redirect("/")
    response.set_cookie("session", "secret")
    return response


@pytest.fixture
async def browser(committing: Any) -> Any:
    app = Litestar(
        [adding, answering, refusing, entering],
        dependencies={"db": Provide(provide_db)},
        after_request=submissions.note,
        exception_handlers=create_app().exception_handlers,
    )
    app.state.sessions, app.state.read_only_gets = committing, True
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://testserver.local", cookies={"session": "someone"}
    ) as made:
        yield made


async def test_twenty_at_once_have_one_effect_and_one_answer(browser: Any, committing: Any) -> None:
    answers = await asyncio.gather(*(browser.post("/ajouter", data={"cle": "vingt"}) for _ in range(TIMES)))
    assert [(a.status_code, a.headers["location"]) for a in answers] == [(303, "/vu?cle=vingt")] * TIMES
    assert len({a.cookies["flash"] for a in answers}) == 1
    assert await count_of(committing, "vingt") == 1


async def test_strangers_too(browser: Any, committing: Any) -> None:
    browser.cookies.clear()
    await asyncio.gather(*(browser.post("/ajouter", data={"cle": "anonyme"}) for _ in range(TIMES)))
    assert await count_of(committing, "anonyme") == 1


async def test_a_stranger_s_large_file_is_not_read_at_the_door(browser: Any, committing: Any) -> None:
    browser.cookies.clear()
    large = {"plan": ("plan.pdf", b"0" * (submissions.FROM_STRANGERS + 1))}
    answers = [await browser.post("/ajouter", data={"cle": "grand"}, files=large) for _ in range(2)]
    assert ([a.status_code for a in answers], await count_of(committing, "grand")) == ([303] * 2, 2)


async def test_a_fragment_is_given_again_with_the_nonce_it_names(browser: Any, committing: Any) -> None:
    answers = await asyncio.gather(*(browser.post("/fragment", data={"cle": "fragment"}) for _ in range(5)))
    assert len({a.text for a in answers}) == 1
    assert await count_of(committing, "fragment") == 1


async def test_another_value_is_another_submission_even_back_and_forth(
    browser: Any, committing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "GRACE", timedelta(minutes=1))
    for key in ("aller", "retour", "aller"):
        await browser.post("/ajouter", data={"cle": key})
    assert (await count_of(committing, "aller"), await count_of(committing, "retour")) == (2, 1)


async def test_a_click_just_after_the_answer_left_is_the_same_click(
    browser: Any, committing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "GRACE", timedelta(minutes=1))
    for _ in range(2):
        await browser.post("/ajouter", data={"cle": "double clic"})
    assert await count_of(committing, "double clic") == 1


async def test_the_same_form_sent_again_later_is_a_second_submission(browser: Any, committing: Any) -> None:
    for _ in range(2):
        await browser.post("/ajouter", data={"cle": "plus tard"})
    assert await count_of(committing, "plus tard") == 2


async def test_a_refusal_is_not_kept(browser: Any, committing: Any) -> None:
    answers = await asyncio.gather(*(browser.post("/refuser", data={"cle": "refus"}) for _ in range(5)))
    assert ([a.status_code for a in answers], await count_of(committing, "refus")) == ([409] * 5, 0)


async def test_a_session_is_never_written_down(browser: Any, committing: Any) -> None:
    await browser.post("/entrer", data={"cle": "entrée"})
    async with committing() as db:
        kept = (await db.execute(select(submissions.Submission.flash, submissions.Submission.headers))).all()
    assert not any("secret" in str(row) for row in kept)


async def test_files_with_the_same_name_and_another_content_are_two(
    browser: Any, committing: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(submissions, "GRACE", timedelta(minutes=1))
    for content in (b"un", b"deux", b"deux"):
        await browser.post("/ajouter", data={"cle": "fichier"}, files={"plan": ("plan.pdf", content)})
    assert await count_of(committing, "fichier") == 2


async def test_answers_are_forgotten(committing: Any) -> None:
    async with committing() as db, db.begin():
        row = {"content": b"", "status": 303, "headers": {}, "nonce": "", "body": b""}
        old = submissions._instant() - submissions.KEPT - timedelta(minutes=1)
        db.add(submissions.Submission(key=b"old", done_at=old, **row))
        await db.flush()
        await submissions.forget(db)
        left = await db.scalar(select(func.count()).where(submissions.Submission.key == b"old"))
    assert left == 0
