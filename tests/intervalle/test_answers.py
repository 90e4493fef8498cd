"""What the front page tells a structure of the decision it received: to read it, until when to contest it; once, then no more."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from allocation.assignment import appeals, letters, offers, release
from allocation.assignment.models import Award, Decision
from intervalle import clock
from intervalle.awaiting.everything import everything
from intervalle.french import long_date
from intervalle.outbox import Message
from tests.allocation.assignment.web import make as scene
from tests.allocation.assignment.web.test_offers import award_of, me, queue


@pytest.fixture(autouse=True)
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def as_html(html: str) -> bytes:
        return html.encode()

    monkeypatch.setattr(release, "render_pdf", as_html)
    monkeypatch.setattr(offers, "render_pdf", as_html)


async def told(db: Any, ranked: scene.Ranked, name: str) -> list[tuple[str, bool]]:
    page = f"/candidatures/{ranked.applications[name].id}/decision"
    return [(task.sentence, task.mine) for task in await everything(db, me(ranked, name)) if task.url == page]


async def test_a_refusal_is_to_be_read_a_fortnight_then_only_kept_until_it_can_no_longer_be_contested(db: Any) -> None:
    ranked = await queue(db)
    sent = (await db.execute(select(Decision.released_at).limit(1))).scalar_one()
    ((sentence, mine),) = await told(db, ranked, "Deux")
    assert (mine, "liste de réserve" in sentence, "contester la décision jusqu’au" in sentence) == (True, True, True)
    with clock.at(sent + timedelta(days=20)):
        ((sentence, mine),) = await told(db, ranked, "Deux")
        assert (mine, sentence.startswith("Réponse du")) == (False, True)
    with clock.at(sent + timedelta(days=70)):
        assert await told(db, ranked, "Deux") == []


async def test_an_offer_is_one_line_until_answered_then_the_title_is_awaited(db: Any) -> None:
    ranked = await queue(db)
    award = await award_of(db, ranked, "Un")
    ((sentence, mine),) = await told(db, ranked, "Un")
    assert (mine, sentence.startswith("À vous : acceptez ou déclinez, au plus tard le")) == (True, True)
    await offers.answer(db, me(ranked, "Un"), award, accepted=True)
    ((sentence, mine),) = await told(db, ranked, "Un")
    assert (mine, sentence.startswith("Au propriétaire de préparer le titre")) == (False, True)


async def test_a_place_given_up_asks_nothing_more(db: Any) -> None:
    ranked = await queue(db)
    await offers.answer(db, me(ranked, "Un"), await award_of(db, ranked, "Un"), accepted=False)
    assert await told(db, ranked, "Un") == []
    called = (await db.execute(select(Award).where(Award.succeeds_id.is_not(None)))).scalar_one()
    assert called.application_id == ranked.applications["Deux"].id
    assert [mine for _, mine in await told(db, ranked, "Deux")] == [True]  # the offer, and not the first answer too


async def test_a_decision_contested_is_followed_by_its_appeal_alone(db: Any) -> None:
    ranked = await queue(db)
    await appeals.file(db, me(ranked, "Trois"), ranked.applications["Trois"], grounds="La note ne dit pas pourquoi.")
    lines = await told(db, ranked, "Trois")
    assert ([mine for _, mine in lines], "liste de réserve" in lines[0][0]) == ([False], False)


async def test_the_subject_says_what_first_and_by_when_when_an_answer_is_due(db: Any) -> None:
    ranked = await queue(db)
    found = await db.execute(select(Message.subject).where(Message.kind == "decision").order_by(Message.id))
    last = long_date(letters.last_day(await award_of(db, ranked, "Un")))
    call = f"« {ranked.call.title} »"
    labels = {name: one.label for name, one in ranked.applications.items()}
    assert list(found.scalars())[:2] == [
        f"Attribution d’un lieu, à accepter avant la fin du {last} : {labels['Un']}, {call}",
        f"Inscription sur la liste de réserve : {labels['Deux']}, {call}",
    ]
