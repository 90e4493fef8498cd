"""Notifications: the reader's language, the channel each chose, one digest a day, failures written down."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select, text

from calls import mails
from intervalle import digests, i18n, later, mail, notices
from intervalle.accounts import mail_choices
from intervalle.clock import at
from intervalle.outbox import MailPreference, Message
from tests import make

EVENING = datetime(2027, 3, 1, 18, 0, tzinfo=UTC)
MORNING = datetime(2027, 3, 2, 6, 0, tzinfo=UTC)  # seven in Paris


async def write(db: Any, person: Any, *, kind: str = "needs.matched", dedupe: str, **more: Any) -> Message:
    values = {"subject": later._("Réponse à votre message"), "text": later._("Rien encore."), **more}
    written = await mail.post(db, to=person.email, user_id=person.id, kind=kind, dedupe=dedupe, **values)
    assert written is not None
    return await db.get_one(Message, written)


async def test_each_reads_in_their_own_language(db: Any) -> None:
    org = await make.organisation(db, "ess_structure")
    for locale in ("fr", "en"):
        await make.join(db, await make.user(db, email=f"{locale}@langues.fr", locale=locale), org)
    moment = datetime(2027, 3, 1, 11, 0, tzinfo=UTC)
    with i18n.speaking("en"):
        await mails.tell(
            db, [org.id], kind="calls.extended", dedupe="langues", subject=later._("Réponse à votre message"),
            text=later.instant(moment) + "\n",
        )  # fmt: skip
    rows = await db.execute(
        select(Message.subject, Message.text).where(Message.dedupe.like("langues:%")).order_by(Message.id)
    )
    assert rows.all() == [
        ("Réponse à votre message", "1ᵉʳ mars 2027 à 12\u00a0h\u00a000 (heure de Paris)\n"),
        (i18n.catalogue("en").gettext("Réponse à votre message"), "1 March 2027 at 12:00 (Paris time)\n"),
    ]
    assert i18n.get_locale() == "fr"


def test_words_said_later_add_up() -> None:
    whole = "a " + later._("Rien encore.") + " b"
    with i18n.speaking("en"):
        assert whole() == f"a {i18n._('Rien encore.')} b"
    assert whole() == "a Rien encore. b"


async def test_what_can_wait_leaves_once_a_day_in_one_message(db: Any) -> None:
    person, other = await make.user(db), await make.user(db)
    with at(EVENING):
        waiting = [await write(db, person, dedupe=f"d{n}", subject=f"Sujet {n}", text=f"Texte {n}") for n in (1, 2)]
        alone = await write(db, other, dedupe="d3", subject="Seul", text="Texte seul")
    with at(MORNING):
        after = await write(db, person, dedupe="d4")
        assert [one.channel for one in (*waiting, alone, after)] == ["daily"] * 4
        assert await digests.gather(db) == 2
        assert await digests.gather(db) == 0
    assert waiting[0].digest_id == waiting[1].digest_id
    digest = await db.get_one(Message, waiting[0].digest_id)
    assert (digest.to_email, digest.subject, digest.channel) == (person.email, "Intervalle : 2 nouvelles", "now")
    assert [part in digest.text for part in ("SUJET 1", "Texte 1", "SUJET 2", "Texte 2", "/compte/courriels")] == [
        True
    ] * 5
    single = await db.get_one(Message, alone.digest_id)
    assert (single.subject, single.text.startswith("Texte seul")) == ("Seul", True)
    assert after.digest_id is None
    queued = text("SELECT count(*) FROM procrastinate_jobs WHERE args->>'message_id' = :id")
    assert [(await db.execute(queued, {"id": str(n)})).scalar_one() for n in (digest.id, waiting[0].id)] == [1, 0]


async def test_one_chooses_but_not_what_opens_a_right(db: Any, client: Any) -> None:
    person = await make.user(db)
    browser = await client(person)
    typed = {
        "needs.matched": "site",
        "calls.extended": "daily",
        "decision": "site",
        "inconnu": "now",
        "needs.interested": "jamais",
    }
    assert (await browser.post("/compte/courriels", data=typed)).status_code == 303
    rows = await db.execute(
        select(MailPreference.kind, MailPreference.channel)
        .where(MailPreference.user_id == person.id)
        .order_by(MailPreference.kind)
    )
    assert rows.all() == [("calls.extended", "daily"), ("needs.matched", "site")]
    kept = await write(db, person, dedupe="c1", subject="Un local", text="À lire ici")
    decided = await write(db, person, kind="decision", dedupe="c2")
    unknown = await write(db, person, kind="nouvelle_sorte", dedupe="c3")
    assert [one.channel for one in (kept, decided, unknown)] == ["site", "now", "now"]
    await mail_choices.choose(db, make.acting(person), {"needs.matched": "daily"})
    assert (await write(db, person, dedupe="c4")).channel == "daily"


async def test_history_is_ones_own(db: Any, client: Any) -> None:
    person, other = await make.user(db), await make.user(db)
    mine = await write(db, person, dedupe="h1", subject="Pour moi", text="Mot à mot")
    theirs = await write(db, other, dedupe="h2", subject="Pour l’autre")
    browser = await client(person)
    shown = (await browser.get("/compte/courriels")).text
    assert ("Pour moi" in shown, "Pour l’autre" in shown) == (True, False)
    assert "Mot à mot" in (await browser.get(f"/compte/courriels/{mine.id}")).text
    assert (await browser.get(f"/compte/courriels/{theirs.id}")).status_code == 404


async def test_a_failure_is_written_down_though_the_try_is_undone(committing: Any, monkeypatch: Any) -> None:
    async def refuses(*_given: Any) -> None:
        raise ConnectionResetError("le serveur a raccroché")

    async with committing() as db, db.begin():
        number = await mail.post(db, to="a@exemple.fr", subject="S", text="T", kind="k", dedupe="failure")
    assert number is not None
    monkeypatch.setattr(mail, "deliver", refuses)
    for _time in range(2):
        with pytest.raises(ConnectionResetError):
            await mail.attempt(committing, number)
    async with committing() as db:
        row = await db.get_one(Message, number)
        assert (row.attempts, row.last_error, row.sent_at) == (2, "ConnectionResetError: le serveur a raccroché", None)

    async def takes(*_given: Any) -> None:
        return None

    monkeypatch.setattr(mail, "deliver", takes)
    assert await mail.attempt(committing, number)
    async with committing() as db:
        row = await db.get_one(Message, number)
        assert (row.attempts, row.last_error, row.sent_at is not None) == (3, "", True)


@pytest.mark.parametrize(
    ("now", "seven"),
    [
        (datetime(2027, 3, 2, 5, 59, tzinfo=UTC), datetime(2027, 3, 1, 6, tzinfo=UTC)),
        (datetime(2027, 3, 2, 6, 0, tzinfo=UTC), datetime(2027, 3, 2, 6, tzinfo=UTC)),
        (
            datetime(2027, 3, 28, 5, 0, tzinfo=UTC),
            datetime(2027, 3, 28, 5, tzinfo=UTC),
        ),  # summer time began in the night
    ],
)
def test_seven_in_paris(now: datetime, seven: datetime) -> None:
    assert notices.cut(now) == seven


async def test_the_history_asks_the_same_of_the_database_for_one_message_and_for_many(
    db: Any, client: Any, asked: list[str]
) -> None:
    person = await make.user(db)
    browser, counts = await client(person), []
    for number in (1, 3):
        for extra in range(number):
            await write(db, person, dedupe=f"q{number}:{extra}")
        asked.clear()
        await browser.get("/compte/courriels")
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert (await db.execute(select(func.count()).where(Message.to_user_id == person.id))).scalar_one() == 4
