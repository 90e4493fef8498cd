"""Sign-in, sign-up, reset, second factor, and what is never lost."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pyotp
import pytest
from sqlalchemy import select

from intervalle import clock, security
from intervalle.accounts import people, sessions, throttle
from intervalle.accounts.models import Session, User
from intervalle.errors import TooMany
from intervalle.outbox import Message
from tests import make

PHRASE = "une phrase assez longue"


async def _user(db: Any, **more: Any) -> User:
    person = await make.user(db, password_hash=await security.hash_password(PHRASE), **more)
    await db.commit()
    return person


def _hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', html)
    assert found, name
    return found[1]


async def test_sign_in_goes_where_one_was_going(client: Any, db: Any) -> None:
    person = await _user(db)
    browser = await client()
    away = await browser.get("/compte")
    assert (away.status_code, away.headers["location"]) == (303, "/connexion?suite=/compte")
    sent = await browser.post(
        "/connexion", data={"email": person.email.upper(), "password": PHRASE, "suite": "/compte"}
    )
    assert (sent.status_code, sent.headers["location"]) == (303, "/compte")
    assert (await browser.get("/compte")).status_code == 200


async def test_a_wrong_password_and_an_unknown_address_read_the_same(client: Any, db: Any) -> None:
    person = await _user(db)
    browser = await client()
    wrong = await browser.post("/connexion", data={"email": person.email, "password": "non"})
    unknown = await browser.post("/connexion", data={"email": "inconnu@exemple.fr", "password": "non"})
    assert wrong.status_code == unknown.status_code == 422
    strip = lambda html, email: re.sub(r"nonce=\"[^\"]*\"", "", html).replace(email, "")  # noqa: E731
    assert strip(wrong.text, person.email) == strip(unknown.text, "inconnu@exemple.fr")


async def test_the_session_changes_at_sign_in(client: Any, db: Any) -> None:
    person = await _user(db)
    browser = await client()
    browser.cookies.set(sessions.cookie_name(), "choisi-par-un-autre")
    answer = await browser.post("/connexion", data={"email": person.email, "password": PHRASE})
    assert answer.cookies[sessions.cookie_name()] != "choisi-par-un-autre"
    kept = (await db.execute(select(Session.token_hash).where(Session.user_id == person.id))).scalars().all()
    assert kept == [security.token_hash(answer.cookies[sessions.cookie_name()])]


async def test_a_form_sent_without_a_session_is_kept_over_the_sign_in(client: Any, db: Any) -> None:
    person = await _user(db)
    browser = await client()
    typed = {"kind": "ess_structure", "name": "Fou de Coudre", "rna": "W123456789"}
    asked = await browser.post("/organisations", data=typed)
    assert asked.status_code == 401
    carried = {name: _hidden(asked.text, name) for name in ("suite", *(f"_saisie.{k}" for k in typed))}
    assert carried == {"suite": "/organisations", **{f"_saisie.{k}": v for k, v in typed.items()}}
    back = await browser.post("/connexion", data={"email": person.email, "password": PHRASE, **carried})
    assert back.status_code == 200
    assert {k: _hidden(back.text, k) for k in typed} == typed
    done = await browser.post("/organisations", data=typed)
    assert (done.status_code, done.headers["location"].startswith("/structures/")) == (303, True)


async def test_guesses_on_an_account_stop_but_the_owner_still_gets_in(client: Any, db: Any) -> None:
    person = await _user(db)
    owner = await client()
    assert (await owner.post("/connexion", data={"email": person.email, "password": PHRASE})).status_code == 303
    stranger = await client()
    codes = [
        (await stranger.post("/connexion", data={"email": person.email, "password": f"essai {n}"})).status_code
        for n in range(14)
    ]
    assert codes == [422] * 10 + [429] * 4
    # Same address in tests: the owner's own count was forgiven by their sign-in, so only the shared window holds them.
    with clock.at(clock.now() + timedelta(minutes=61)):
        assert (await owner.post("/connexion", data={"email": person.email, "password": PHRASE})).status_code == 303


async def test_sign_up_says_the_same_to_a_known_address_and_mails_the_truth(client: Any, db: Any) -> None:
    person = await _user(db)
    browser = await client()
    fresh = await browser.post("/inscription", data={"name": "Ana", "email": "ana@exemple.fr", "password": PHRASE})
    known = await browser.post("/inscription", data={"name": "Ana", "email": person.email, "password": PHRASE})
    assert fresh.status_code == known.status_code == 200
    kinds = (await db.execute(select(Message.to_email, Message.kind).order_by(Message.id))).all()
    assert [tuple(k) for k in kinds] == [("ana@exemple.fr", "account.confirm"), (person.email, "account.exists")]


async def test_confirming_takes_a_press_not_a_visit(client: Any, db: Any) -> None:
    browser = await client()
    await browser.post("/inscription", data={"name": "Ana", "email": "ana@exemple.fr", "password": PHRASE})
    text = (await db.execute(select(Message.text).where(Message.to_email == "ana@exemple.fr"))).scalar_one()
    link = re.search(r"/inscription/confirmer\?jeton=\S+", text)
    assert link
    page = await browser.get(link[0])
    user = await people.by_email(db, "ana@exemple.fr")
    assert user
    assert user.email_confirmed_at is None
    done = await browser.post("/inscription/confirmer", data={"jeton": _hidden(page.text, "jeton")})
    assert done.status_code == 303
    await db.refresh(user)
    assert user.email_confirmed_at is not None


async def test_a_reset_link_works_once_and_closes_the_other_sessions(client: Any, db: Any) -> None:
    person = await _user(db)
    elsewhere = await client(person)
    browser = await client()
    await browser.post("/mot-de-passe", data={"email": person.email})
    text = (await db.execute(select(Message.text).where(Message.kind == "account.reset"))).scalar_one()
    token = re.search(r"jeton=(\S+)", text)
    assert token
    new = {"jeton": token[1], "password": "une autre phrase longue"}
    first, second = (
        await browser.post("/mot-de-passe/nouveau", data=new),
        await browser.post("/mot-de-passe/nouveau", data=new),
    )
    assert (first.status_code, second.status_code) == (303, 409)
    assert (await elsewhere.get("/compte")).status_code == 303
    assert (
        await browser.post("/connexion", data={"email": person.email, "password": new["password"]})
    ).status_code == 303


async def test_staff_need_a_code_and_a_code_serves_once(client: Any, db: Any) -> None:
    person, org = await make.agent(db, "city")
    person.password_hash = await security.hash_password(PHRASE)
    await db.commit()
    browser = await client()
    went = await browser.post(
        "/connexion", data={"email": person.email, "password": PHRASE, "suite": f"/organisations/{org.id}"}
    )
    assert went.headers["location"] == f"/connexion/code?suite=/organisations/{org.id}"
    held = await browser.get(f"/organisations/{org.id}")
    assert (held.status_code, held.headers["location"]) == (303, f"/connexion/code?suite=/organisations/{org.id}")
    await browser.post("/connexion/code/preparer", data={"suite": "/"})
    await db.refresh(person)
    code = pyotp.TOTP(person.totp_secret).at(clock.now())
    before = browser.cookies[sessions.cookie_name()]
    through = await browser.post("/connexion/code", data={"code": code, "suite": f"/organisations/{org.id}"})
    assert (through.status_code, through.headers["location"]) == (303, f"/organisations/{org.id}")
    assert through.cookies[sessions.cookie_name()] != before
    assert (await browser.get(f"/organisations/{org.id}")).status_code == 200
    again = await browser.post("/connexion/code", data={"code": code, "suite": "/"})
    assert again.status_code == 422


async def test_a_write_from_another_site_is_refused(client: Any, db: Any) -> None:
    person = await _user(db)
    browser = await client(person)
    answer = await browser.post("/deconnexion", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert (await browser.get("/compte")).status_code == 200
    old = await browser.post("/deconnexion", headers={"Sec-Fetch-Site": "", "Origin": "https://ailleurs.example"})
    assert old.status_code == 403


@pytest.mark.parametrize(
    "going", ["//ailleurs.example", "https://ailleurs.example", "/\\ailleurs.example", "javascript:alert(1)"]
)
async def test_sign_in_never_leads_to_another_site(client: Any, db: Any, going: str) -> None:
    person = await _user(db)
    browser = await client()
    answer = await browser.post("/connexion", data={"email": person.email, "password": PHRASE, "suite": going})
    assert answer.headers["location"] == "/"


async def test_what_is_forgiven_is_one_key_and_not_those_that_begin_like_it(committing: Any) -> None:
    request: Any = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(sessions=committing)))
    limit = throttle.Limit(1, timedelta(hours=1))
    for key in ("essai:1", "essai:12"):
        await throttle.count(request, key, limit)
    await throttle.forgive(request, "essai:1")
    await throttle.count(request, "essai:1", limit)
    with pytest.raises(TooMany):
        await throttle.count(request, "essai:12", limit)
