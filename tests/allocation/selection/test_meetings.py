"""The panel in session: presence, quorum, points, votes, marks changed, finalists; nothing for who is set aside."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from allocation.selection import (
    declarations,
    finalists,
    meeting_pages,
    meetings,
    motions,
    rankings,
    records,
    revisions,
    sheets,
)
from allocation.selection.boards import load
from allocation.selection.declarations import Link
from allocation.selection.meeting_models import Ballot, Discussion, Hearing, MarkChange, Meeting, Presence, Shortlisting
from allocation.selection.models import Panel
from allocation.selection.queries import open_to
from allocation.selection.votes import outcome_of
from intervalle.errors import Forbidden, NotFound, Refused
from intervalle.journal import JournalEntry
from intervalle.outbox import Message
from tests.allocation.selection import make
from tests.allocation.selection.test_leaks import stable
from tests.allocation.selection.test_pages import text_of


async def deliberating(
    db: Any, *, files: int = 2, jurors: int = 3, present: int | None = None, apart: bool = False
) -> make.Scene:
    """Scored, closed, in session, with `present` members in the room (all by default)."""
    scene = await make.ready(db, files=files, jurors=jurors)
    with make.afterwards():
        if apart:
            await declarations.declare(
                db, scene.jurors[0].actor, scene.call, scene.seats[0], {scene.files[0].id: Link("other", "Lien.")}
            )
    for file in range(files):
        for juror in range(jurors):
            if not (apart and (file, juror) == (0, 0)):
                await make.score(db, scene, juror, file, 3 + file % 2)
    with make.afterwards():
        await sheets.close_scoring(db, scene.city.actor, scene.call)
        await meetings.open_meeting(db, scene.city.actor, scene.call, None)
        for juror, seat in list(zip(scene.jurors, scene.seats, strict=True))[: jurors if present is None else present]:
            await meetings.arrive(db, juror.actor, scene.call, seat, seat.id)
    await db.commit()
    return scene


async def test_no_session_while_one_scores_alone(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=1)
    with make.afterwards():
        with pytest.raises(Refused, match="après la clôture"):
            await meetings.open_meeting(db, scene.city.actor, scene.call, None)
        page = await client(scene.jurors[0].person)
        assert (
            "Les notes ne sont pas encore ouvertes"
            in (await page.get(f"/commissions/{scene.call.id}/deliberation")).text
        )
        assert (await page.get(f"/commissions/{scene.call.id}/deliberation/flux")).status_code == 404


async def test_one_session_at_a_time_led_by_staff_or_chair(db: Any) -> None:
    scene = await deliberating(db)
    chair, member = scene.jurors[0], scene.jurors[1]
    with make.afterwards():
        with pytest.raises(Refused, match="déjà ouverte"):
            await meetings.open_meeting(db, chair.actor, scene.call, scene.seats[0])
        with pytest.raises(Forbidden):
            await meetings.close_meeting(db, member.actor, scene.call, scene.seats[1])
        await meetings.close_meeting(db, chair.actor, scene.call, scene.seats[0])
        assert (await db.execute(select(Presence).where(Presence.left_at.is_(None)))).all() == []
        await meetings.open_meeting(db, chair.actor, scene.call, scene.seats[0])
    assert len((await db.execute(select(Meeting))).all()) == 2


async def test_presence_is_ones_own_act_or_the_leaders(db: Any) -> None:
    scene = await deliberating(db, present=0)
    with make.afterwards():
        with pytest.raises(Forbidden):
            await meetings.arrive(db, scene.jurors[1].actor, scene.call, scene.seats[1], scene.seats[2].id)
        await meetings.arrive(db, scene.jurors[1].actor, scene.call, scene.seats[1], scene.seats[1].id)
        await meetings.arrive(db, scene.jurors[1].actor, scene.call, scene.seats[1], scene.seats[1].id)
        await meetings.arrive(db, scene.city.actor, scene.call, None, scene.seats[2].id)
        await meetings.depart(db, scene.jurors[0].actor, scene.call, scene.seats[0], scene.seats[2].id)
    rows = (await db.execute(select(Presence.seat_id, Presence.left_at).order_by(Presence.id))).all()
    assert [tuple(row) for row in rows] == [(scene.seats[1].id, None), (scene.seats[2].id, make.AFTER)]


async def test_one_point_at_a_time(db: Any) -> None:
    scene = await deliberating(db)
    with make.afterwards():
        for file in (scene.files[0], scene.files[0], scene.files[1]):
            await meetings.discuss(db, scene.city.actor, scene.call, None, file.id)
        await meetings.discuss(db, scene.city.actor, scene.call, None, None)
    rows = (await db.execute(select(Discussion.application_id, Discussion.ended_at).order_by(Discussion.id))).all()
    assert [tuple(row) for row in rows] == [(scene.files[0].id, make.AFTER), (scene.files[1].id, make.AFTER)]


async def test_a_mark_changes_in_session_with_its_reason_and_its_author(db: Any) -> None:
    scene = await deliberating(db)
    first = scene.criteria[0]

    async def revise(juror: int, value: int | None, reason: str, actor: int | None = None) -> MarkChange:
        who = scene.jurors[juror if actor is None else actor].actor
        return await revisions.revise(
            db, who, scene.call, scene.seats[juror], scene.files[0].id, first.id, value=value, reason=reason
        )

    with make.afterwards():
        with pytest.raises(Refused, match="motif"):
            await revise(0, 5, " ")
        with pytest.raises(Refused, match="déjà votre note"):
            await revise(0, 3, "Rien.")
        with pytest.raises(Forbidden):
            await revise(0, 5, "À sa place.", actor=1)
        change = await revise(0, 5, "L’audition a levé mon doute.")
        assert (change.before, change.after) == (3, 5)
        panel = (await db.execute(select(Panel))).scalar_one()
        board = await load(db, scene.call, panel, seen=open_to(scene.city.actor))
        assert str(board.scores[scene.files[0].label].criteria[0].shown) == "3.67"
        await meetings.depart(db, scene.jurors[0].actor, scene.call, scene.seats[0], scene.seats[0].id)
        with pytest.raises(Refused, match="présence"):
            await revise(0, 4, "Dehors.")
        await meetings.close_meeting(db, scene.city.actor, scene.call, None)
        with pytest.raises(Refused, match="Aucune séance"):
            await revise(1, 4, "Trop tard.")
    entry = (await db.execute(select(JournalEntry).where(JournalEntry.action == "panel.revise"))).scalar_one()
    assert (entry.actor_id, entry.facts["before"], entry.facts["after"]) == (scene.jurors[0].person.id, 3, 5)


async def test_the_ranking_waits_for_the_session_to_end(db: Any) -> None:
    scene = await deliberating(db)
    with make.afterwards():
        with pytest.raises(Refused, match="en séance"):
            await rankings.rank(db, scene.city.actor, scene.call)
        await meetings.close_meeting(db, scene.city.actor, scene.call, None)
        await rankings.rank(db, scene.city.actor, scene.call)
        with pytest.raises(Refused, match="arrêté"):
            await meetings.open_meeting(db, scene.jurors[0].actor, scene.call, scene.seats[0])


@pytest.mark.parametrize(
    ("votes", "chair", "expected"),
    [
        ({"for": 2, "against": 1}, None, "adopted"), ({"for": 1, "against": 2}, "for", "rejected"),
        ({"for": 1, "against": 1}, "for", "adopted"), ({"for": 1, "against": 1}, "against", "rejected"),
        ({"for": 1, "against": 1, "abstain": 3}, "abstain", "rejected"), ({"abstain": 3}, "abstain", "rejected"),
    ],
)  # fmt: skip
def test_outcomes(votes: dict[str, int], chair: str | None, expected: str) -> None:
    assert outcome_of(votes, chair) == expected


async def test_a_vote_shortlists_and_is_told_by_its_count(db: Any) -> None:
    scene = await deliberating(db)
    with make.afterwards():
        motion = await motions.propose(
            db,
            scene.city.actor,
            scene.call,
            None,
            question="Entendre ce projet ?",
            application_id=scene.files[0].id,
            shortlists=True,
        )
        for juror, choice in enumerate(("for", "against", "for")):
            await motions.vote(db, scene.jurors[juror].actor, scene.call, scene.seats[juror], motion.id, choice)
        await motions.vote(db, scene.jurors[1].actor, scene.call, scene.seats[1], motion.id, "abstain")
        with pytest.raises(Refused, match="déjà ouvert"):
            await motions.propose(db, scene.city.actor, scene.call, None, question="Autre ?")
        with pytest.raises(Refused, match="proclamez"):
            await meetings.close_meeting(db, scene.city.actor, scene.call, None)
        await motions.proclaim(db, scene.city.actor, scene.call, None, motion.id)
        with pytest.raises(Refused, match="clos"):
            await motions.vote(db, scene.jurors[0].actor, scene.call, scene.seats[0], motion.id, "against")
    act = (await db.execute(select(Shortlisting))).scalar_one()
    assert (act.application_id, act.kept, act.motion_id) == (scene.files[0].id, True, motion.id)
    entries = (
        await db.execute(
            select(JournalEntry)
            .where(JournalEntry.action.in_(("panel.vote", "panel.proclaim")))
            .order_by(JournalEntry.id)
        )
    ).scalars()
    facts = [e.facts for e in entries]
    assert facts[:4] == [{"motion": motion.id}] * 4  # who voted, never which way
    assert facts[4] == {
        "motion": motion.id, "application": scene.files[0].id, "outcome": "adopted", "for": 2, "against": 0, "abstain": 1,
    }  # fmt: skip


async def test_who_left_the_room_no_longer_counts(db: Any) -> None:
    scene = await deliberating(db)
    with make.afterwards():
        motion = await motions.propose(db, scene.city.actor, scene.call, None, question="Ajourner ?")
        await motions.vote(db, scene.jurors[1].actor, scene.call, scene.seats[1], motion.id, "for")
        await motions.vote(db, scene.jurors[2].actor, scene.call, scene.seats[2], motion.id, "against")
        await meetings.depart(db, scene.jurors[2].actor, scene.call, scene.seats[2], scene.seats[2].id)
        assert (await motions.proclaim(db, scene.city.actor, scene.call, None, motion.id)).outcome == "adopted"


async def test_who_is_set_aside_neither_sees_nor_votes_nor_leads(db: Any, client: Any) -> None:
    scene = await deliberating(db, apart=True)
    hidden, url = scene.files[0], f"/commissions/{scene.call.id}/deliberation"
    with make.afterwards():
        page = await client(scene.jurors[0].person)
        before = stable((await page.get(url)).text)
        await meetings.discuss(db, scene.city.actor, scene.call, None, hidden.id)
        motion = await motions.propose(
            db, scene.city.actor, scene.call, None, question="Canari ?", application_id=hidden.id
        )
        await motions.vote(db, scene.jurors[1].actor, scene.call, scene.seats[1], motion.id, "for")
        await revisions.revise(
            db,
            scene.jurors[2].actor,
            scene.call,
            scene.seats[2],
            hidden.id,
            scene.criteria[0].id,
            value=5,
            reason="Canari changé.",
        )
        await db.commit()
        after = stable((await page.get(url)).text)
        # The chair is the one set aside: the point, the vote and the change do not exist on that screen.
        assert after == before
        assert "Canari" not in after
        assert hidden.label not in after
        with pytest.raises(NotFound):
            await motions.vote(db, scene.jurors[0].actor, scene.call, scene.seats[0], motion.id, "against")
        with pytest.raises(NotFound):
            await meetings.discuss(db, scene.jurors[0].actor, scene.call, scene.seats[0], hidden.id)
        with pytest.raises(NotFound):
            await motions.proclaim(db, scene.jurors[0].actor, scene.call, scene.seats[0], motion.id)
        compared = await page.get(
            f"/commissions/{scene.call.id}/comparaison?dossier={hidden.id}&dossier={scene.files[1].id}"
        )
        assert hidden.label not in compared.text
        assert (await page.get(f"{url}/notes/{hidden.id}")).status_code == 404
        other = (await (await client(scene.jurors[1].person)).get(url)).text
        assert "Canari changé." in other
    assert [b.seat_id for b in (await db.execute(select(Ballot))).scalars()] == [scene.seats[1].id]


async def test_finalists_are_heard_one_at_a_time_and_told(db: Any) -> None:
    scene = await deliberating(db, files=2)
    when = make.AFTER + timedelta(days=3)
    with make.afterwards():
        await finalists.shortlist(
            db, scene.city.actor, scene.call, None, scene.files[0].id, kept=True, reason="Écart à débattre."
        )
        set_ = {"minutes": 20, "place": "Salle 3"}
        hearing = await finalists.schedule(
            db, scene.city.actor, scene.call, None, scene.files[0].id, starts_at=when, **set_
        )
        with pytest.raises(Refused, match="à cette heure"):
            await finalists.schedule(
                db,
                scene.city.actor,
                scene.call,
                None,
                scene.files[1].id,
                starts_at=when + timedelta(minutes=19),
                **set_,
            )
        await finalists.schedule(
            db, scene.city.actor, scene.call, None, scene.files[1].id, starts_at=when + timedelta(minutes=20), **set_
        )
        with pytest.raises(Refused, match="déjà son audition"):
            await finalists.schedule(
                db, scene.city.actor, scene.call, None, scene.files[0].id, starts_at=when + timedelta(days=1), **set_
            )
        await finalists.cancel(db, scene.city.actor, scene.call, None, hearing.id)
        with pytest.raises(NotFound):
            await finalists.cancel(db, scene.city.actor, scene.call, None, hearing.id)
    told = (
        await db.execute(
            select(Message.to_email, Message.subject).where(Message.kind == "panel.hearing").order_by(Message.id)
        )
    ).all()
    assert [row.to_email for row in told] == [scene.applicants[i].person.email for i in (0, 1, 0)]
    assert "annulée" in told[2].subject
    assert len((await db.execute(select(Hearing).where(Hearing.cancelled_at.is_(None)))).all()) == 1


async def test_the_room_by_its_own_forms(db: Any, client: Any) -> None:
    scene = await deliberating(db, present=0)
    url = f"/commissions/{scene.call.id}/deliberation"
    with make.afterwards():
        chair, member = await client(scene.jurors[0].person), await client(scene.jurors[1].person)
        assert "Quorum non atteint" in text_of((await chair.get(url)).text)
        for seat in scene.seats:
            assert (await chair.post(url, data={"act": "arrive", "target": str(seat.id)})).status_code == 303
        assert "3 présents sur 3 voix. Quorum atteint" in text_of((await chair.get(url)).text)
        assert (await chair.post(url, data={"act": "discuss", "target": str(scene.files[0].id)})).status_code == 303
        change = {"criterion": str(scene.criteria[0].id), "value": "5", "reason": "Débat convaincant."}
        notes = f"{url}/notes/{scene.files[0].id}"
        assert (await member.post(notes, data=change | {"reason": ""})).status_code == 422
        assert (await member.post(notes, data=change)).status_code == 303
        assert (await chair.post(f"{url}/votes", data={"question": ""})).status_code == 422
        question = {"question": "Retenir ?", "application": str(scene.files[0].id), "shortlists": "y"}
        assert (await chair.post(f"{url}/votes", data=question)).status_code == 303
        partial = {"HX-Request": "true", "HX-Request-Type": "partial"}
        piece = (await member.get(url, headers=partial)).text
        vote = piece.split('action="')[1:]
        action = next(a.split('"')[0] for a in vote if "/votes/" in a)
        assert (await member.post(action, data={"choice": "for"})).status_code == 303
        assert (await chair.post(f"{action}/proclamation")).status_code == 303
        shown = (await member.get(url)).text
        # The fragment is what the page shows.
        fresh = (await member.get(url, headers=partial)).text
        assert stable(fresh).strip() in stable(shown)
        assert "Débat convaincant." in shown
        assert "Pour : 1 · contre : 0" in text_of(shown)
        assert (await chair.post(url, data={"act": "close"})).status_code == 303
        assert "Séance levée" in text_of((await chair.get(url)).text)


async def test_the_stream_says_the_version_and_ends_by_itself(
    db: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting_pages, "STREAM_SECONDS", 0.2)
    monkeypatch.setattr(meeting_pages, "PAUSE", 0.1)
    scene = await deliberating(db)
    url = f"/commissions/{scene.call.id}/deliberation/flux"
    meeting = (await db.execute(select(Meeting))).scalar_one()
    with make.afterwards():
        page = await client(scene.jurors[0].person)
        answer = await page.get(url)
        assert (answer.headers["content-type"], answer.headers["cache-control"]) == (
            "text/event-stream; charset=utf-8",
            "no-store",
        )
        assert answer.text == f"retry: 700\n\nevent: version\ndata: {meeting.id}.{meeting.version}\n\n"
        await meetings.discuss(db, scene.city.actor, scene.call, None, scene.files[0].id)
        await db.commit()
        assert f"data: {meeting.id}.{meeting.version}\n" in (await page.get(url)).text
        stranger = await make.calls_make.side(db)
        await db.commit()
        assert (await (await client(stranger.person)).get(url)).status_code == 404


async def test_a_question_nobody_voted_on_can_be_taken_back(db: Any) -> None:
    scene = await deliberating(db)
    city, call = scene.city.actor, scene.call
    with make.afterwards():
        motion = await motions.propose(db, city, call, None, question="Reporter la séance ?")
        with pytest.raises(Refused, match="Personne n’a voté"):
            await motions.proclaim(db, city, call, None, motion.id)
        await motions.withdraw(db, city, call, None, motion.id)
        again = await motions.propose(db, city, call, None, question="Suspendre dix minutes ?")
        await motions.vote(db, scene.jurors[0].actor, call, scene.seats[0], again.id, "for")
        with pytest.raises(Refused, match="commencé"):
            await motions.withdraw(db, city, call, None, again.id)
        await motions.proclaim(db, city, call, None, again.id)
        await meetings.close_meeting(db, city, call, None)
        panel = (await db.execute(select(Panel).where(Panel.call_id == call.id))).scalar_one()
        told = (await records.record_of(db, call, panel))["meetings"][-1]["votes"]
    assert (motion.outcome, [v["question"] for v in told]) == ("withdrawn", ["Suspendre dix minutes ?"])


async def test_a_refusal_in_session_comes_back_beside_its_field_with_what_was_typed(db: Any, client: Any) -> None:
    scene = await deliberating(db)
    base = f"/commissions/{scene.call.id}"
    hour = {"starts_at": "2026-10-30T14:00", "minutes": "20", "place": "Salle des mariages"}
    with make.afterwards():
        staff = await client(scene.city.person)
        first, second = (str(f.id) for f in scene.files[:2])
        assert (await staff.post(f"{base}/auditions", data=hour | {"application": first})).status_code == 303
        again = await staff.post(f"{base}/auditions", data=hour | {"application": second})
        assert (await staff.post(f"{base}/deliberation/votes", data={"question": "Oui ?"})).status_code == 303
        other = await staff.post(f"{base}/deliberation/votes", data={"question": "Et cela ?"})
    assert (again.status_code, other.status_code) == (422, 422)
    assert ("Une autre audition a lieu à cette heure." in again.text, "Salle des mariages" in again.text) == (
        True,
        True,
    )
    assert ("Un vote est déjà ouvert" in other.text, 'value="Et cela ?"' in other.text) == (True, True)
