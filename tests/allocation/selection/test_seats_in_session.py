"""Who sits beside the full members: an expert with their files alone, an alternate with the seat's vote and no other,
an observer without one."""

from typing import Any

import pytest
from sqlalchemy import select

from allocation.selection import access, live, meetings, motions, panels, records, shares, sheets
from allocation.selection.meeting_models import Ballot
from allocation.selection.models import Panel, Seat
from allocation.selection.panels import Rules, SeatTerms
from intervalle.errors import NotFound, Refused
from tests.allocation.selection import make


async def test_an_expert_in_session_has_their_files_and_no_other(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=3, jurors=4)
    asked, others = scene.files[1], (scene.files[0], scene.files[2])
    with make.afterwards():
        await shares.call_expert(db, scene.city.actor, scene.call, scene.seats[3].id, [asked.id])
        await db.commit()
    for file in range(3):
        for juror in range(4):
            if juror < 3 or file == 1:
                await make.score(db, scene, juror, file, 3)
    with make.afterwards():
        await sheets.close_scoring(db, scene.city.actor, scene.call)
        await meetings.open_meeting(db, scene.city.actor, scene.call, None)
        await meetings.arrive(db, scene.jurors[3].actor, scene.call, scene.seats[3], scene.seats[3].id)
        await meetings.discuss(db, scene.city.actor, scene.call, None, others[0].id)
        await db.commit()
        page, base = await client(scene.jurors[3].person), f"/commissions/{scene.call.id}"
        for path in ("/deliberation", "/comparaison", "/tableau", "/classement", "/notation", "/mes-fiches"):
            text = (await page.get(f"{base}{path}")).text
            assert [other.label in text for other in others] == [False, False], path
        room = (await page.get(f"{base}/deliberation")).text
        assert (asked.label in room, "Aucun point en discussion pour vous" in room) == (True, True)
        for other in others:
            assert (await page.get(f"{base}/notation/{other.id}")).status_code == 404
            assert (await page.get(f"{base}/deliberation/notes/{other.id}")).status_code == 404
            assert (await page.get(f"/candidatures/{other.id}")).status_code == 404


async def seat_beside(db: Any, scene: make.Scene, terms: SeatTerms) -> tuple[Any, Seat]:
    """Somebody new at the table, links declared."""
    from allocation.selection import declarations

    side = await make.calls_make.side(db, "social_landlord")
    seat = await make.sit(db, scene.city, scene.call, side, terms)
    assert isinstance(seat, Seat)
    await declarations.declare(db, side.actor, scene.call, seat, {})
    return side, seat


@pytest.mark.parametrize("principal_leaves", [False, True])
async def test_an_alternate_counts_and_votes_only_in_place_of_the_member(db: Any, principal_leaves: bool) -> None:
    scene = await make.ready(db, files=1, jurors=3, rules=Rules(quorum=3))
    call, staff = scene.call, scene.city.actor
    with make.afterwards():
        side, seat = await seat_beside(db, scene, SeatTerms("landlord", alternate_of_id=scene.seats[2].id))
        if principal_leaves:
            await panels.leave(db, staff, call, scene.seats[2].id)
    for juror in range(2 if principal_leaves else 3):
        await make.score(db, scene, juror, 0, 4)
    with make.afterwards():
        await sheets.close_scoring(db, staff, call)
        await meetings.open_meeting(db, staff, call, None)
        for juror in range(2):
            await meetings.arrive(db, scene.jurors[juror].actor, call, scene.seats[juror], scene.seats[juror].id)
        await meetings.arrive(db, side.actor, call, seat, seat.id)
        seen = await live.look(db, staff, await access.enter(db, staff, call.id))
        assert (seen.voters, seen.voters_here, seen.quorate) == ((3, 3, True) if principal_leaves else (3, 2, False))
        if not principal_leaves:
            await meetings.arrive(db, scene.jurors[2].actor, call, scene.seats[2], scene.seats[2].id)
        motion = await motions.propose(db, staff, call, None, question="Retenir ?", application_id=scene.files[0].id)
        if principal_leaves:
            await motions.vote(db, side.actor, call, seat, motion.id, "for")
        else:
            with pytest.raises(Refused):
                await motions.vote(db, side.actor, call, seat, motion.id, "for")
    ballots = (await db.execute(select(Ballot.seat_id))).scalars().all()
    assert list(ballots) == ([seat.id] if principal_leaves else [])


async def test_an_observer_is_there_and_has_no_voice(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=1, jurors=3)
    call, staff = scene.call, scene.city.actor
    with make.afterwards():
        side, seat = await seat_beside(db, scene, SeatTerms("residents", voting=False))
    await make.score_all(db, scene, 4)
    with make.afterwards():
        await sheets.close_scoring(db, staff, call)
        await meetings.open_meeting(db, staff, call, None)
        await meetings.arrive(db, side.actor, call, seat, seat.id)
        motion = await motions.propose(db, staff, call, None, question="Retenir ?", application_id=scene.files[0].id)
        with pytest.raises(Refused):
            await motions.vote(db, side.actor, call, seat, motion.id, "for")
        seen = await live.look(db, staff, await access.enter(db, staff, call.id))
        assert (seen.voters, seen.voters_here) == (3, 0)
        await db.commit()
        room = (await (await client(side.person)).get(f"/commissions/{call.id}/deliberation")).text
    assert (scene.files[0].label in room, 'name="choice"' in room) == (True, False)


async def test_an_expert_has_no_part_in_what_is_said_of_other_files(db: Any) -> None:
    """Neither counted among the voices on such a file, nor let to vote or to lead on it; named with their own files."""
    scene = await make.ready(db, files=2, jurors=4)
    staff, call, expert = scene.city.actor, scene.call, scene.seats[3]
    mine, other = scene.files
    with make.afterwards():
        await shares.call_expert(db, staff, call, expert.id, [mine.id])
    for juror in range(4):
        for file in range(2):
            if (juror, file) != (3, 1):
                await make.score(db, scene, juror, file, 4)
    with make.afterwards():
        await sheets.close_scoring(db, staff, call)
        await meetings.open_meeting(db, staff, call, None)
        for seat, side in zip(scene.seats, scene.jurors, strict=True):
            await meetings.arrive(db, side.actor, call, None, seat.id)
        voices = []
        for file in (mine, other):
            await meetings.discuss(db, staff, call, None, file.id)
            room = await access.enter(db, staff, call.id)
            seen = await live.look(db, staff, room)
            voices.append((seen.voters_here, seen.voters))
        assert voices == [(4, 4), (3, 3)]
        motion = await motions.propose(db, staff, call, None, question="Retenir ?", application_id=other.id)
        with pytest.raises(NotFound):
            await motions.vote(db, scene.jurors[3].actor, call, expert, motion.id, "for")
        with pytest.raises(NotFound):
            await meetings.may_lead_on(db, scene.jurors[3].actor, call, other.id)
        panel = (await db.execute(select(Panel).where(Panel.call_id == call.id))).scalar_one()
        parts = [s["part"] for s in (await records.record_of(db, call, panel))["seats"]]
    assert sorted(parts) == [f"Expert, pour les candidatures {mine.label}", "Membre", "Membre", "Présidence"]
