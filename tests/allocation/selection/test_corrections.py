"""Missing pieces: asked with a date, answered once and in time, and no refusal before (CRPA L114-5)."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from allocation.selection import admissibility, corrections
from allocation.selection.checklist import Answer
from allocation.selection.models import Correction
from allocation.selection.suspension import suspended_days
from calls.receipts import receipt, silence_on
from intervalle import clock
from intervalle.errors import Forbidden, NotFound, Refused
from intervalle.journal import JournalEntry
from intervalle.outbox import Message
from tests.allocation.selection import make
from tests.intervalle import malformed

UNTIL = make.AFTER + timedelta(days=15)
REFUSED = make.YES | {"complete": Answer("no", "Budget absent.")}


async def opened(db: Any, files: int = 1) -> make.Scene:
    return await make.opened(db, await make.seated(db, await make.closed_call(db, files=files)))


async def asked(db: Any, scene: make.Scene) -> Correction:
    with make.afterwards():
        made = await corrections.ask(
            db,
            scene.city.actor,
            scene.call,
            scene.files[0].id,
            items=["complete"],
            request="Le budget prévisionnel.",
            until=UNTIL,
        )
    await db.commit()
    return made


async def refuse(db: Any, scene: make.Scene) -> None:
    await admissibility.examine(
        db, scene.city.actor, scene.call, scene.files[0].id, REFUSED, version=1, admissible=False
    )


async def test_the_applicant_is_told_and_answers_beside_an_unchanged_file(db: Any) -> None:
    scene = await opened(db)
    made, before = await asked(db, scene), scene.files[0].content_sha256
    mail = (await db.execute(select(Message).where(Message.kind == "panel.correction"))).scalar_one()
    assert mail.to_email == scene.applicants[0].person.email
    assert "Le budget prévisionnel." in mail.text
    with make.afterwards():
        given = await corrections.answer(db, scene.applicants[0].actor, made.id, "Budget : 84 000 €.")
        assert (given.answer, given.answered_at) == ("Budget : 84 000 €.", make.AFTER)
        with pytest.raises(Refused, match="déjà envoyé"):
            await corrections.answer(db, scene.applicants[0].actor, made.id, "Encore.")
    await db.refresh(scene.files[0])
    assert scene.files[0].content_sha256 == before
    actions = (
        await db.execute(
            select(JournalEntry.action).where(JournalEntry.subject == f"correction:{made.id}").order_by(JournalEntry.id)
        )
    ).scalars()
    assert list(actions) == ["panel.ask_correction", "panel.answer_correction"]


async def test_no_refusal_before_the_delay_has_run(db: Any) -> None:
    scene = await opened(db)
    await asked(db, scene)
    with make.afterwards(), pytest.raises(Refused, match="complément est attendu"):
        await refuse(db, scene)
    with clock.at(UNTIL):
        await refuse(db, scene)
    assert (await make.admissibility_of(db, scene.files[0])).admissible is False


async def test_an_answer_frees_the_decision(db: Any) -> None:
    scene = await opened(db)
    made = await asked(db, scene)
    with make.afterwards():
        await corrections.answer(db, scene.applicants[0].actor, made.id, "Voici.")
        await refuse(db, scene)


async def test_late_short_and_double_requests_are_refused(db: Any) -> None:
    scene = await opened(db)
    made = await asked(db, scene)
    with clock.at(UNTIL), pytest.raises(Refused, match="délai est passé"):
        await corrections.answer(db, scene.applicants[0].actor, made.id, "Trop tard.")
    with make.afterwards():
        with pytest.raises(Refused, match="déjà demandé"):
            await asked(db, scene)
        await corrections.take_back(db, scene.city.actor, scene.call, made.id)
        with pytest.raises(NotFound):
            await corrections.answer(db, scene.applicants[0].actor, made.id, "Retirée.")
        with pytest.raises(Refused, match="trois jours"):
            await corrections.ask(
                db,
                scene.city.actor,
                scene.call,
                scene.files[0].id,
                items=[],
                request="Vite.",
                until=make.AFTER + timedelta(days=2),
            )


async def test_only_the_structure_answers_and_only_staff_asks(db: Any, client: Any) -> None:
    scene = await opened(db, files=2)
    made = await asked(db, scene)
    with make.afterwards():
        with pytest.raises(Forbidden):
            await corrections.answer(db, scene.applicants[1].actor, made.id, "Pas moi.")
        with pytest.raises(Forbidden):
            await corrections.ask(
                db, scene.jurors[0].actor, scene.call, scene.files[1].id, items=[], request="Non.", until=UNTIL
            )
        assert (await (await client(scene.applicants[1].person)).get(f"/complements/{made.id}")).status_code == 404
        mine = await client(scene.applicants[0].person)
        assert "Le budget prévisionnel." in (await mine.get(f"/complements/{made.id}")).text
        assert (await mine.post(f"/complements/{made.id}", data={"answer": " "})).status_code == 422
        assert (await mine.post(f"/complements/{made.id}", data={"answer": "Voici."})).status_code == 303
        shown = (
            await (await client(scene.city.person)).get(
                f"/commissions/{scene.call.id}/recevabilite/{scene.files[0].id}"
            )
        ).text
    assert "Voici." in shown


async def test_staff_asks_from_the_page(db: Any, client: Any) -> None:
    scene = await opened(db)
    url = f"/commissions/{scene.call.id}/recevabilite/{scene.files[0].id}"
    with make.afterwards():
        page = await client(scene.city.person)
        assert "Demander un complément" in (await page.get(url)).text
        form = {"items": "complete", "request": "Le budget.", "until": "2026-11-10T12:00"}
        assert (await page.post(f"{url}/complement", data=form | {"request": ""})).status_code == 422
        assert (await page.post(f"{url}/complement", data=form)).status_code == 303
        assert "attendu avant le 10 novembre 2026 à 12" in (await page.get(url)).text


async def test_an_answer_carries_files_read_by_its_authors_and_by_staff_only(db: Any, client: Any) -> None:
    scene = await opened(db, files=2)
    made = await asked(db, scene)
    author, staff, other = [
        await client(side.person) for side in (scene.applicants[0], scene.city, scene.applicants[1])
    ]
    url = f"/complements/{made.id}"
    sent = {"answer": "Voici le budget."}
    with make.afterwards():
        bad = await author.post(url, data=sent, files={"fichiers": ("budget.pdf", b"pas un pdf", "application/pdf")})
        assert (bad.status_code, "Rien n’est envoyé" in bad.text, "Voici le budget." in bad.text) == (422, True, True)
        good = [("fichiers", (name, malformed.pdf(), "application/pdf")) for name in ("budget.pdf", "statuts.pdf")]
        assert (await author.post(url, data=sent, files=good)).status_code == 303
        shown = (await author.get(url)).text
        links = re.findall(rf"{url}/fichiers/\d+", shown)
        assert (len(links), "budget.pdf" in shown) == (2, True)
        exam = (await staff.get(f"/commissions/{scene.call.id}/recevabilite/{scene.files[0].id}")).text
        assert all(link in exam for link in links)
        codes = [(await who.get(links[0])).status_code for who in (author, staff, other)]
    assert codes == [200, 200, 404]


async def test_the_clock_of_silence_stands_still_while_the_file_is_completed(db: Any) -> None:
    """CRPA L114-5: the delay given, up to the answer, is added to the two months of L231-4 on the receipt."""
    scene = await opened(db)
    file = scene.files[0]
    assert file.submitted_at is not None
    made, plain = await asked(db, scene), silence_on(file.submitted_at)
    shown = await receipt(db, file)
    assert (shown["stood"], shown["silence_on"]) == (15, plain + timedelta(days=15))
    with clock.at(make.AFTER + timedelta(days=4)):
        await corrections.answer(db, scene.applicants[0].actor, made.id, "Budget : 84 000 €.")
    shown = await receipt(db, file)
    assert (shown["stood"], shown["silence_on"]) == (4, plain + timedelta(days=4))
    told = (await db.execute(select(Message.text).where(Message.kind == "panel.correction"))).scalar_one()
    assert "est suspendu jusqu’à votre réponse" in told


def test_requests_add_up_and_one_taken_back_stops_nothing_more() -> None:
    def one(start: int, until: int, *, answered: int | None = None, withdrawn: int | None = None) -> Any:
        ends = {"answered_at": answered, "withdrawn_at": withdrawn}
        days = {name: make.AFTER + timedelta(days=n) if n is not None else None for name, n in ends.items()}
        return SimpleNamespace(
            asked_at=make.AFTER + timedelta(days=start), until=make.AFTER + timedelta(days=until), **days
        )

    requests = [one(0, 15, answered=4), one(6, 20, withdrawn=7), one(8, 18)]
    assert suspended_days(requests, clock.PARIS) == 4 + 1 + 10
    assert suspended_days([], clock.PARIS) == 0
