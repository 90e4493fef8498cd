"""The minutes: everything they must tell, signed by two people, still true, and required before anything leaves (AMI-09)."""

import io
from datetime import timedelta
from typing import Any

import pikepdf
import pytest
from sqlalchemy import select

from allocation.assignment import decisions, minutes, minutes_facts, proposals, release
from allocation.assignment.release_models import Minutes, MinutesSignature
from allocation.selection import finalists, meetings, motions, rankings, revisions
from allocation.selection.models import Recusal
from intervalle import clock, files
from intervalle.errors import Forbidden, NotFound, Refused
from intervalle.journal import JournalEntry
from intervalle.outbox import StoredFile
from tests.allocation.selection import make as scenes
from tests.allocation.selection.test_meetings import deliberating

LATER = scenes.AFTER + timedelta(hours=3)


@pytest.fixture(autouse=True)
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Printing takes most of a test's time: keep the HTML."""

    async def as_html(html: str) -> bytes:
        return html.encode()

    monkeypatch.setattr(release, "render_pdf", as_html)
    monkeypatch.setattr(minutes, "render_pdf", as_html)


async def decided(db: Any, *, apart: bool = False, jurors: int = 3) -> scenes.Scene:
    """Deliberated with a change, a vote and a finalist; ranked; a proposal retained."""
    scene = await deliberating(db, files=2, apart=apart, jurors=jurors)
    call, staff = scene.call, scene.city.actor
    with scenes.afterwards():
        await meetings.discuss(db, staff, call, None, scene.files[1].id)
        await revisions.revise(
            db, scene.jurors[1].actor, call, scene.seats[1], scene.files[1].id, scene.criteria[0].id, value=5,
            reason="L’audition a convaincu.",
        )  # fmt: skip
        motion = await motions.propose(db, staff, call, None, question="Retenir ?", application_id=scene.files[1].id)
        await motions.vote(db, scene.jurors[1].actor, call, scene.seats[1], motion.id, "for")
        await motions.vote(db, scene.jurors[2].actor, call, scene.seats[2], motion.id, "abstain")
        await motions.proclaim(db, staff, call, None, motion.id)
        await finalists.shortlist(db, staff, call, None, scene.files[1].id, kept=True, reason="Utile au quartier.")
        await meetings.close_meeting(db, staff, call, None)
        await rankings.rank(db, staff, call)
        proposal = await proposals.run(db, staff, call)
        await decisions.retain(db, staff, call, proposal)
        await decisions.name_signatory(db, staff, call, signatory="Anne Le Goff, maire adjointe")
    await db.commit()
    return scene


async def drawn(db: Any, scene: scenes.Scene) -> Minutes:
    with clock.at(LATER):
        return await minutes.draw_up(db, scene.city.actor, scene.call)


async def sign(db: Any, scene: scenes.Scene, who: Any, made: Minutes, quality: str) -> None:
    with clock.at(LATER):
        signers = await minutes.signers_of(db, who.actor, scene.call)
        await minutes.sign(db, who.actor, scene.call, signers, made.id, quality=quality)


async def test_the_minutes_tell_everything_and_are_hashed(db: Any) -> None:
    scene = await decided(db)
    made = await drawn(db, scene)
    told = made.facts["selection"]
    meeting = told["meetings"][0]
    # Three people of one name: the minutes tell them apart.
    names = ["Anne Le Goff", "Anne Le Goff (2)", "Anne Le Goff (3)"]
    assert sorted(p["name"] for p in meeting["present"]) == names
    assert (meeting["quorate"], meeting["absent"]) == (True, [])
    assert [v["counts"] for v in meeting["votes"]] == [{"for": 1, "against": 0, "abstain": 1}]
    assert [(c["before"], c["after"], c["reason"]) for c in told["changes"]] == [(4, 5, "L’audition a convaincu.")]
    assert [(s["kept"], s["reason"]) for s in told["shortlist"]] == [(True, "Utile au quartier.")]
    assert [r["file"] for r in told["ranking"]] == [scene.files[1].label, scene.files[0].label]
    assert told["panel"]["grid_version"] == 1
    assert {d["file"] for d in made.facts["decisions"]} == {f.label for f in scene.files}
    stored = await db.get_one(StoredFile, made.file_id)
    text = (await files.read(stored)).decode()
    assert made.document_sha256 == stored.sha256.hex()
    for needle in (*names, "L’audition a convaincu.", "Retenir ?", made.facts["proposal"]["input_sha256"]):
        assert needle in text
    # The same facts are the same document.
    assert (await drawn(db, scene)).id == made.id


async def test_two_people_sign_the_same_hash_once_each(db: Any) -> None:
    scene = await decided(db)
    made = await drawn(db, scene)
    with pytest.raises(NotFound):
        await sign(db, scene, scene.jurors[1], made, "chair")
    with pytest.raises(NotFound):
        await sign(db, scene, scene.city, made, "chair")
    await sign(db, scene, scene.jurors[0], made, "chair")
    await sign(db, scene, scene.jurors[0], made, "chair")
    await sign(db, scene, scene.city, made, "secretary")
    rows = (await db.execute(select(MinutesSignature).order_by(MinutesSignature.id))).scalars().all()
    assert [(r.quality, r.signed_by_id, r.document_sha256) for r in rows] == [
        ("chair", scene.jurors[0].person.id, made.document_sha256),
        ("secretary", scene.city.person.id, made.document_sha256),
    ]
    entries = (
        await db.execute(select(JournalEntry.facts).where(JournalEntry.action == "decisions.sign_minutes"))
    ).scalars()
    assert [e["document_sha256"] for e in entries] == [made.document_sha256] * 2


async def test_minutes_that_are_no_longer_true_are_not_signed_and_hold_the_release(db: Any) -> None:
    scene = await decided(db)
    call, staff = scene.call, scene.city.actor
    with clock.at(LATER), pytest.raises(Refused, match="n’est pas établi"):
        await release.release(db, staff, call)
    made = await drawn(db, scene)
    with clock.at(LATER), pytest.raises(Refused, match="n’est pas signé"):
        await release.release(db, staff, call)
    with clock.at(LATER):
        await decisions.reopen(db, staff, call, motive="Un choix manuel reste à faire.")
        again = await proposals.run(db, staff, call)
        await decisions.retain(db, staff, call, again)
        await decisions.name_signatory(db, staff, call, signatory="Anne Le Goff, maire adjointe")
    with pytest.raises(Refused, match="a changé"):
        await sign(db, scene, scene.jurors[0], made, "chair")
    with clock.at(LATER), pytest.raises(Refused, match="a changé"):
        await release.release(db, staff, call)
    second = await drawn(db, scene)
    assert (second.number, second.facts["reversals"][0]["motive"]) == (2, "Un choix manuel reste à faire.")
    await sign(db, scene, scene.jurors[0], second, "chair")
    await sign(db, scene, scene.city, second, "secretary")
    with clock.at(LATER):
        assert await release.release(db, staff, call) == 2


async def test_a_chair_set_aside_neither_reads_nor_signs(db: Any, client: Any) -> None:
    scene = await decided(db, apart=True, jurors=4)
    made = await drawn(db, scene)
    assert [r["juror"] for r in made.facts["selection"]["recusals"]] == [scene.jurors[0].person.name]
    with pytest.raises(NotFound):
        await sign(db, scene, scene.jurors[0], made, "chair")
    await sign(db, scene, scene.jurors[1], made, "chair")
    await db.commit()
    url = f"/attribution/{scene.call.id}/proces-verbal"
    with clock.at(LATER):
        assert (await (await client(scene.jurors[0].person)).get(url)).status_code == 404
        assert (await (await client(scene.jurors[1].person)).get(url)).status_code == 200
        assert (await (await client(scene.applicants[0].person)).get(url)).status_code == 404
    assert (await db.execute(select(Recusal.reason))).scalar_one() == "Lien."


async def test_by_the_pages_own_forms_until_the_masked_version(db: Any, client: Any) -> None:
    scene = await decided(db)
    await db.commit()
    base = f"/attribution/{scene.call.id}"
    with clock.at(LATER):
        staff, chair = await client(scene.city.person), await client(scene.jurors[0].person)
        assert "procès-verbal, signé" in (await staff.get(f"{base}/lettres")).text
        assert (await staff.post(f"{base}/notifier")).status_code == 409
        assert (await staff.post(f"{base}/proces-verbal")).status_code == 303
        made = (await db.execute(select(Minutes))).scalar_one()
        one = f"{base}/proces-verbal/{made.id}"
        assert (await staff.get(f"{one}/signe.pdf")).status_code == 404
        assert (await chair.post(f"{one}/signature", data={"quality": "chair"})).status_code == 303
        assert (await staff.post(f"{one}/signature", data={"quality": "secretary"})).status_code == 303
        assert (await staff.get(f"{one}/communicable.pdf")).status_code == 404  # CRPA L311-2: not before the decision
        assert (await staff.post(f"{base}/notifier")).status_code == 303
        answer = await staff.get(f"{one}/communicable.pdf")
        assert answer.status_code == 200
        with pikepdf.open(io.BytesIO((await staff.get(f"{one}/signe.pdf")).content)) as pdf:
            assert bool(pdf.Root.MarkInfo.Marked)
    public = minutes.draw(made.facts, number=1, drawn_at=None, masked=True)
    whole = minutes.draw(made.facts, number=1, drawn_at=None)
    assert ("Notes de chaque membre" in whole, "Notes de chaque membre" in public) == (True, False)
    assert ("L’audition a convaincu." in whole, "L’audition a convaincu." in public) == (True, False)


async def test_only_those_who_run_the_call_draw_them_up(db: Any) -> None:
    scene = await decided(db)
    with clock.at(LATER), pytest.raises(Forbidden):
        await minutes.draw_up(db, scene.jurors[0].actor, scene.call)
    with pytest.raises(Refused, match="arrêté de classement"):
        await minutes_facts.gather(db, (await scenes.closed_call(db, files=1)).call)
