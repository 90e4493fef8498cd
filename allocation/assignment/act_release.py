"""The release of a corrective act: awards taken back and given, letters and messages, in one transaction and once."""

from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import act_checks, act_letters, acts, house_rules, posting, queries
from allocation.assignment.act_letters import ActLetter
from allocation.assignment.act_models import CorrectiveAct
from allocation.assignment.mails import act_mail
from allocation.selection.models import RankedScore
from calls.models import Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _
from intervalle.pdf import render_pdf
from premises.models import Lot


def hash_of(drawn: list[ActLetter]) -> str:
    """One hash for the letters of an act: what the second person agrees to. A line has no decision row: its own id stands."""
    spelled = sha256()
    for one in drawn:
        spelled.update(f"{one.line.id}:{sha256(one.letter.html.encode()).hexdigest()}\n".encode())
    return spelled.hexdigest()


async def release(db: AsyncSession, actor: Actor, call: Call, act_id: int) -> int:
    """Notify the act. Gives the number of letters; 0 when it was notified already."""
    POLICY.check(actor, "decisions.correct", call)
    act = await _read(db, call, act_id)
    if act.released_at:
        return 0
    drawn = await act_letters.draw_all(db, call, act)
    await _refuse_unfit(db, call, act, drawn)
    # Printed before anything is locked, and checked against the rows once they are.
    printed = {one.line.id: await render_pdf(one.letter.html) for one in drawn}
    await db.execute(select(Call.id).where(Call.id == call.id).with_for_update())
    act = await acts.held(db, call, act_id)
    if act.released_at:
        return 0
    await db.execute(queries.awards_of(call.id).with_for_update().execution_options(populate_existing=True))
    fresh = await act_letters.draw_all(db, call, act, fresh=True)
    if [one.letter.html for one in fresh] != [one.letter.html for one in drawn]:
        raise Refused(
            _("Une lettre a été modifiée pendant l’envoi : rien n’est parti."), _("Relisez, puis recommencez.")
        )
    await _refuse_unfit(db, call, act, fresh)
    broken = (await act_checks.outcome(db, call, act)).broken
    act.passed_over = {name: act.passed_over[name] for name in broken}
    act.released_at, act.released_by_id = clock.now(), actor.user_id
    for one in fresh:
        _take_back(act, one)
    await db.flush()
    for one in fresh:
        await _give(db, call, act, one)
        await _notify(db, actor, call, one, printed[one.line.id])
    await db.flush()
    await journal.record(
        db, chain=call.chain, action="decisions.correct", subject=f"act:{act.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts=_facts(act, fresh, printed),
    )  # fmt: skip
    return len(fresh)


async def _read(db: AsyncSession, call: Call, act_id: int) -> CorrectiveAct:
    query = select(CorrectiveAct).where(CorrectiveAct.id == act_id, CorrectiveAct.call_id == call.id)
    return (await db.execute(query.execution_options(populate_existing=True))).scalar_one()


async def _refuse_unfit(db: AsyncSession, call: Call, act: CorrectiveAct, drawn: list[ActLetter]) -> None:
    if act.abandoned_at:
        raise Refused(_("Cet acte est abandonné."))
    if found := await act_checks.objections(db, call, act, drawn):
        raise Refused(found[0], _("Complétez l’acte, puis notifiez-le."))
    if (await house_rules.of(db, call.organiser_id)).second_person:
        way_out = _("Demandez l’accord d’une autre personne de votre organisation.")
        if act.approved_at is None:
            raise Refused(_("Une seconde personne doit donner son accord avant la notification."), way_out)
        if act.approved_sha256 != hash_of(drawn):
            raise Refused(_("Une lettre a changé depuis l’accord de la seconde personne."), way_out)


def _take_back(act: CorrectiveAct, one: ActLetter) -> None:
    """The place held before gives way to the line, whatever the line writes: two awards never stand for one decision."""
    if one.one.award is not None:
        one.one.award.withdrawn_at = act.released_at
        one.one.award.lapsed_at = act.released_at


async def _give(db: AsyncSession, call: Call, act: CorrectiveAct, one: ActLetter) -> None:
    line, released = one.line, act.released_at or clock.now()
    if line.lot_id is None or line.area is None:
        return
    version = (await db.execute(queries.frozen_version(call.id))).scalar_one()
    frozen = await db.scalar(select(RankedScore.score).where(RankedScore.application_id == line.application_id))
    lot = await db.get_one(Lot, line.lot_id)
    score = act_letters.score_in(act, one.one) or frozen
    given = posting.award(version, one.one.application, lot, line.area, week=one.week, score=score, at=released)
    db.add(given)


async def _notify(db: AsyncSession, actor: Actor, call: Call, one: ActLetter, pdf: bytes) -> None:
    said, once = act_mail(call, one.letter), f"act-line:{one.line.id}"
    one.line.letter_file_id, one.line.message_id = await posting.post(
        db, actor, one.letter, pdf, said=said, dedupe=once
    )


def _facts(act: CorrectiveAct, drawn: list[ActLetter], printed: dict[int, bytes]) -> dict[str, Any]:
    return {
        "number": act.number, "appeal": act.appeal_id, "motive": act.motive, "signatory": act.signatory, "passed_over": act.passed_over,
        "input_sha256": sha256(act.input.encode()).hexdigest() if act.input else None,
        "lines": [
            {
                "application": one.line.application_id,
                "before": one.line.before,
                "award_withdrawn": one.line.before_award_id,
                "outcome": one.line.outcome,
                "lot": one.line.lot_id,
                "area": str(one.line.area) if one.line.area is not None else None,
                "ground": one.line.ground,
                "letter_sha256": sha256(printed[one.line.id]).hexdigest(),
            }
            for one in drawn
        ],
    }  # fmt: skip
