"""Who reads what: even shares, experts for some files, names hidden while one scores."""

from typing import Any

import pytest
from sqlalchemy import select

from allocation.selection import declarations, invitations, queries, rankings, shares, sheets
from allocation.selection.declarations import Link
from allocation.selection.models import Reading, Seat, SeatInvitation
from allocation.selection.panels import Rules, SeatTerms
from allocation.selection.sheets import Typed
from intervalle.errors import Forbidden, NotFound, Refused
from tests.allocation.selection import make


async def mine(db: Any, seat: Seat) -> list[int]:
    return [a.id for a in (await db.execute(queries.applications_for_juror(seat))).scalars()]


async def test_files_are_handed_out_evenly_and_without_conflicts(db: Any) -> None:
    scene = await make.ready(db, files=4, jurors=4)
    with make.afterwards():
        await declarations.declare(
            db, scene.jurors[0].actor, scene.call, scene.seats[0], {scene.files[0].id: Link("other", "Lien.")}
        )
        assert await shares.hand_out(db, scene.city.actor, scene.call) == {}
    read = {seat.id: await mine(db, seat) for seat in scene.seats}
    assert [len(files) for files in read.values()] == [2, 2, 2, 2]
    assert scene.files[0].id not in read[scene.seats[0].id]


async def test_a_begun_sheet_stays_and_running_again_changes_nothing(db: Any) -> None:
    scene = await make.ready(db, files=4, jurors=4)
    with make.afterwards():
        await sheets.save(
            db, scene.jurors[2].actor, scene.call, scene.seats[2], scene.files[3].id, Typed(comment="Lu.")
        )
        await shares.hand_out(db, scene.city.actor, scene.call)
        first = {tuple(row) for row in await db.execute(select(Reading.seat_id, Reading.application_id))}
        assert (scene.seats[2].id, scene.files[3].id) in first
        await shares.hand_out(db, scene.city.actor, scene.call)
        assert {tuple(row) for row in await db.execute(select(Reading.seat_id, Reading.application_id))} == first
        await shares.read_everything(db, scene.city.actor, scene.call)
    assert len(await mine(db, scene.seats[0])) == 4


async def test_a_share_is_what_is_due_and_what_counts(db: Any) -> None:
    scene = await make.ready(db, files=2, jurors=4, rules=Rules(quorum=3))
    with make.afterwards():
        await shares.hand_out(db, scene.city.actor, scene.call)
    for index, seat in enumerate(scene.seats):
        for file in await mine(db, seat):
            await make.score(db, scene, index, [f.id for f in scene.files].index(file), 3)
    with make.afterwards():
        board = await rankings.rank(db, scene.city.actor, scene.call)
    assert (board.missing_sheets, [score.readers for score in board.scores.values()]) == ([], [2, 2])


async def test_an_expert_sees_only_the_files_called_for(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=3, jurors=5)
    expert, asked = scene.seats[4], scene.files[1]
    with make.afterwards():
        await shares.call_expert(db, scene.city.actor, scene.call, expert.id, [asked.id])
        assert await mine(db, expert) == [asked.id]
        assert [
            a.id for a in (await db.execute(queries.files_open_to(scene.call.id, scene.jurors[4].actor))).scalars()
        ] == [asked.id]
        assert await shares.hand_out(db, scene.city.actor, scene.call) == {}
        assert await mine(db, expert) == [asked.id]
        await sheets.close_scoring(db, scene.city.actor, scene.call)
        await db.commit()
        table = (await (await client(scene.jurors[4].person)).get(f"/commissions/{scene.call.id}/tableau")).text
    assert [f.label in table for f in scene.files] == [False, True, False]


async def test_an_expert_keeps_a_file_already_begun(db: Any) -> None:
    scene = await make.ready(db, files=2)
    with make.afterwards():
        await sheets.save(
            db, scene.jurors[0].actor, scene.call, scene.seats[0], scene.files[0].id, Typed(comment="Lu.")
        )
        with pytest.raises(Refused, match="déjà commencé"):
            await shares.call_expert(db, scene.city.actor, scene.call, scene.seats[0].id, [scene.files[1].id])
        with pytest.raises(NotFound):
            await shares.call_expert(db, scene.city.actor, scene.call, scene.seats[0].id, [999_999])
        with pytest.raises(Forbidden):
            await shares.hand_out(db, scene.jurors[0].actor, scene.call)


async def test_the_page_shows_and_does_it(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=3, jurors=3)
    url = f"/commissions/{scene.call.id}/repartition"
    with make.afterwards():
        page = await client(scene.city.person)
        assert (await page.get(url)).text.count("●") == 9
        assert (await page.post(url)).status_code == 303
        assert (await page.get(url)).text.count("●") == 6
        assert (await page.post(url, data={"how": "all"})).status_code == 303
        sent = await page.post(
            f"/commissions/{scene.call.id}/sieges/{scene.seats[0].id}/dossiers", data={"file": str(scene.files[0].id)}
        )
        assert sent.status_code == 303
        assert (await page.get(url)).text.count("●") == 7


async def test_an_alternate_is_seated_for_a_full_member(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=1)
    person = await make.calls_make.side(db, "social_landlord")
    await db.commit()
    url = f"/commissions/{scene.call.id}/sieges"
    form = {"email": person.person.email, "college": "landlord", "role": "alternate"}
    with make.afterwards():
        page = await client(scene.city.person)
        assert (await page.post(url, data=form)).status_code == 422
        assert (await page.post(url, data=form | {"alternate_of": str(scene.seats[2].id)})).status_code == 303
        offer = (
            await db.execute(select(SeatInvitation).where(SeatInvitation.user_id == person.person.id))
        ).scalar_one()
        await invitations.accept(db, person.actor, offer.id)
        taken = (await db.execute(select(Seat).where(Seat.user_id == person.person.id))).scalar_one()
        assert (taken.alternate_of_id, taken.voting) == (scene.seats[2].id, True)
        other = await make.calls_make.side(db)
        with pytest.raises(Refused, match="titulaire"):
            await make.sit(db, scene.city, scene.call, other, SeatTerms("city_ess", alternate_of_id=taken.id))


async def test_names_are_hidden_while_an_anonymised_call_is_scored(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=1, rules=Rules(anonymous=True))
    name, siren = scene.applicants[0].org.name, "presentation"
    base = f"/commissions/{scene.call.id}"
    with make.afterwards():
        page = await client(scene.jurors[0].person)
        shown = (await page.get(f"{base}/notation/{scene.files[0].id}")).text
        assert name not in shown
        assert f"Réponse à {siren}." not in shown
        assert "Réponse à viability." in shown
        assert name in (await (await client(scene.city.person)).get(f"{base}/recevabilite")).text
        await make.score_all(db, scene, 3)
        await sheets.close_scoring(db, scene.city.actor, scene.call)
        await db.commit()
        assert name in (await page.get(f"{base}/tableau")).text
