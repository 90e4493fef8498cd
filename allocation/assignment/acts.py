"""Corrective acts: after the notification, the only way a decision changes.

An act is prepared line by line (or from a run on a copy, after a granted appeal), agreed to by a second person where the
organisation asks for it, and released at once with its letters. Nothing moves before the release, nothing after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import act_trial, house_rules, queries, standing
from allocation.assignment.act_models import ActLine, CorrectiveAct
from allocation.assignment.act_rules import GROUNDS, OUTCOMES
from allocation.assignment.act_trial import Trial
from allocation.assignment.models import Appeal
from calls.models import Application, Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _
from intervalle.web import one_or_404


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a line writes. `heard`: how and when the holder was invited to speak, and what it said."""

    outcome: str
    lot_id: int | None = None
    area: Decimal | None = None
    ground: str | None = None
    heard: str = ""
    motive: str = ""


async def draft_of(db: AsyncSession, call: Call) -> CorrectiveAct | None:
    found = await db.execute(
        select(CorrectiveAct).where(
            CorrectiveAct.call_id == call.id,
            CorrectiveAct.released_at.is_(None),
            CorrectiveAct.abandoned_at.is_(None),
        )
    )
    return found.scalar_one_or_none()


async def lines_of(db: AsyncSession, act: CorrectiveAct) -> list[ActLine]:
    rows = (
        select(ActLine)
        .join(Application, Application.id == ActLine.application_id)
        .where(ActLine.act_id == act.id)
        .order_by(Application.number)
        .execution_options(populate_existing=True)
    )
    return list((await db.execute(rows)).scalars())


async def prepare(
    db: AsyncSession, actor: Actor, call: Call, *, appeal_id: int | None = None, trial: Trial | None = None
) -> CorrectiveAct:
    """Open a draft. After a granted appeal, or from a correction tried on a copy, with the lines that come of it.

    Refused before the notification, while another draft is open, and on an appeal that was not granted.
    """
    POLICY.check(actor, "decisions.correct", call)
    await _hold(db, call)
    if open_draft := await draft_of(db, call):
        raise Refused(
            _("L’acte n° %(n)s est déjà en préparation.", n=open_draft.number), _("Terminez-le ou abandonnez-le.")
        )
    await _refuse_unfounded(db, call, appeal_id)
    stands = await standing.of_call(db, call)
    tried = await act_trial.compute(db, call, trial, stands) if trial else None
    number = (await db.scalar(select(func.count()).where(CorrectiveAct.call_id == call.id)) or 0) + 1
    act = CorrectiveAct(
        call_id=call.id, number=number, appeal_id=appeal_id, motive="", created_at=clock.now(), created_by_id=actor.user_id,
        signatory=(await house_rules.of(db, call.organiser_id)).signatory or _usual(stands),
        input=tried.input if tried else None, result=tried.result if tried else None, keys=tried.keys if tried else {},
    )  # fmt: skip
    db.add(act)
    await db.flush()
    for line in tried.lines if tried else ():
        line.act_id = act.id
        db.add(line)
    await db.flush()
    facts = {"appeal": appeal_id, "lines": len(tried.lines) if tried else 0}
    await _record(db, actor, call, act, "decisions.prepare_act", facts)
    return act


def _usual(stands: dict[int, standing.Standing]) -> str:
    return next((one.decision.signatory for one in stands.values()), "")


async def _refuse_unfounded(db: AsyncSession, call: Call, appeal_id: int | None) -> None:
    if appeal_id is None:
        return
    appeal = one_or_404(await db.execute(select(Appeal).where(Appeal.id == appeal_id, Appeal.call_id == call.id)))
    if appeal.outcome != "granted":
        raise Refused(_("Ce recours n’est pas accueilli."), _("Répondez-lui d’abord, avec ses motifs."))


async def write(
    db: AsyncSession, actor: Actor, call: Call, act_id: int, *, motive: str, signatory: str, version: int,
    passed_over: Mapping[str, str] | None = None,
) -> CorrectiveAct:  # fmt: skip
    """Why the act is taken, and who signs it. `passed_over`: each published rule it does not keep, and why."""
    act = await _draft(db, actor, call, act_id, version)
    act.motive, act.signatory = motive.strip(), " ".join(signatory.split())
    act.passed_over = dict(passed_over or {})
    facts = {"motive": act.motive, "signatory": act.signatory, "passed_over": act.passed_over}
    await _record(db, actor, call, act, "decisions.write_act", facts)
    return act


async def put_line(
    db: AsyncSession, actor: Actor, call: Call, act_id: int, application_id: int, terms: Terms, *, version: int
) -> ActLine:
    """Write or rewrite one application's line. What stands is read again; a lot must be one the application asked for."""
    act = await _draft(db, actor, call, act_id, version)
    one = (await standing.of_call(db, call)).get(application_id)
    if one is None:
        raise Refused(_("Cette candidature n’a pas de décision notifiée."))
    if terms.outcome not in OUTCOMES or (terms.ground is not None and terms.ground not in GROUNDS):
        raise Refused(_("Choisissez la nouvelle décision."))
    awarded = terms.outcome == "awarded"
    if awarded:
        await _refuse_unasked(db, call, act, one, terms)
    found = await db.execute(select(ActLine).where(ActLine.act_id == act.id, ActLine.application_id == application_id))
    line = found.scalar_one_or_none() or ActLine(act_id=act.id, application_id=application_id)
    line.before, line.before_award_id = one.outcome, one.award.id if one.award else None
    line.outcome, line.ground = terms.outcome, terms.ground
    line.lot_id, line.area = (terms.lot_id, terms.area) if awarded else (None, None)
    line.heard, line.motive = terms.heard.strip(), terms.motive.strip()
    db.add(line)
    await db.flush()
    facts = {
        "application": application_id, "outcome": terms.outcome, "lot": line.lot_id,
        "area": str(line.area) if line.area is not None else None, "ground": terms.ground,
    }  # fmt: skip
    await _record(db, actor, call, act, "decisions.write_act_line", facts)
    return line


async def _refuse_unasked(
    db: AsyncSession, call: Call, act: CorrectiveAct, one: standing.Standing, terms: Terms
) -> None:  # fmt: skip
    if terms.lot_id is None or terms.area is None:
        raise Refused(_("Une place se donne sur un lot, pour une surface."))
    wished = {
        w.lot_id
        for w in (await db.execute(queries.wishes_of(call.id))).scalars()
        if w.application_id == one.application.id
    }
    if terms.lot_id not in wished:
        raise Refused(_("Cette structure n’a pas demandé ce lot."), _("Choisissez un lot de ses vœux."))
    keys = act.keys or (await standing.documents_in_force(db, call))[1]
    if one.application.id not in keys["applications"].values():
        raise Refused(
            _("Cette candidature n’a pas de note : elle ne peut pas recevoir de place."),
            _("Partez d’un essai sur une copie, avec la note qu’elle aurait."),
        )


async def drop_line(
    db: AsyncSession, actor: Actor, call: Call, act_id: int, application_id: int, *, version: int
) -> None:
    act = await _draft(db, actor, call, act_id, version)
    await db.execute(delete(ActLine).where(ActLine.act_id == act.id, ActLine.application_id == application_id))
    await _record(db, actor, call, act, "decisions.drop_act_line", {"application": application_id})


async def abandon(db: AsyncSession, actor: Actor, call: Call, act_id: int) -> None:
    """Give the draft up; it stays in the list. Twice is once."""
    POLICY.check(actor, "decisions.correct", call)
    act = await held(db, call, act_id)
    if act.abandoned_at:
        return
    _refuse_released(act)
    act.abandoned_at = clock.now()
    await _record(db, actor, call, act, "decisions.abandon_act", {})


async def approve(db: AsyncSession, actor: Actor, call: Call, act_id: int, *, letters_sha256: str) -> None:
    """The second person's agreement, on these very letters (`letters_sha256`, as drawn now)."""
    POLICY.check(actor, "decisions.review", call)
    act = await held(db, call, act_id)
    _refuse_released(act)
    if act.created_by_id == actor.user_id:
        raise Refused(_("L’accord revient à une autre personne que celle qui a préparé l’acte."))
    if act.approved_sha256 == letters_sha256 and act.approved_at:
        return
    act.approved_at, act.approved_by_id, act.approved_sha256 = clock.now(), actor.user_id, letters_sha256
    await _record(db, actor, call, act, "decisions.approve_act", {"letters_sha256": letters_sha256})


async def held(db: AsyncSession, call: Call, act_id: int) -> CorrectiveAct:
    """The act's row, locked and read afresh."""
    query = select(CorrectiveAct).where(CorrectiveAct.id == act_id, CorrectiveAct.call_id == call.id)
    return one_or_404(await db.execute(query.with_for_update().execution_options(populate_existing=True)))


async def _draft(db: AsyncSession, actor: Actor, call: Call, act_id: int, version: int) -> CorrectiveAct:
    POLICY.check(actor, "decisions.correct", call)
    act = await held(db, call, act_id)
    _refuse_released(act)
    if act.version != version:
        raise Refused(
            _("Quelqu’un d’autre a modifié cet acte entre-temps."), _("Relisez-le, puis reportez votre changement.")
        )
    act.version += 1
    return act


def _refuse_released(act: CorrectiveAct) -> None:
    if act.released_at or act.abandoned_at:
        raise Refused(_("Cet acte est notifié ou abandonné : il ne change plus."), _("Préparez un nouvel acte."))


async def _hold(db: AsyncSession, call: Call) -> None:
    await db.execute(select(Call).where(Call.id == call.id).with_for_update().execution_options(populate_existing=True))
    if call.released_at is None:
        raise Refused(_("Les décisions ne sont pas notifiées : corrigez-les directement."), _("Ouvrez les lettres."))


async def _record(
    db: AsyncSession, actor: Actor, call: Call, act: CorrectiveAct, action: str, facts: dict[str, Any]
) -> None:
    await db.flush()
    await journal.record(
        db, chain=call.chain, action=action, subject=f"act:{act.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts={"number": act.number, **facts},
    )  # fmt: skip
