"""What a decision asks of the structure that received it: read it, contest it in time, wait for the title.

An offer to answer has its own line (`structure.offers`), and so has an appeal (`decision.appeals`): no decision is told twice.
"""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from allocation.assignment import award_sentences
from allocation.assignment import queries as assignment
from allocation.assignment.act_models import ActLine, CorrectiveAct
from allocation.assignment.models import Appeal, Award, Decision
from allocation.leases.models import Lease
from allocation.remedies import appeal_deadline
from calls import queries as calling
from calls.models import Application, Call
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.awaiting.task import MOST, REMEMBERED, Task, paris_day
from intervalle.i18n import _, day

TO_READ = timedelta(
    days=14
)  # no page records that it was read: a fortnight on top of the list, then it only stays findable


async def decisions(db: AsyncSession, actor: Actor) -> list[Task]:
    """The decision each file stands under: the first one, or the last act that replaced it."""
    now = clock.now()
    act = _last_act(ActLine.id).scalar_subquery()
    told = func.coalesce(_last_act(CorrectiveAct.released_at).scalar_subquery(), Decision.released_at)
    award = (
        select(func.max(Award.id))
        .where(Award.application_id == Application.id, Award.released_at.is_not(None))
        .correlate(Application)
        .scalar_subquery()
    )
    titled = exists().where(Lease.award_id == Award.id).correlate(Award)
    contested = exists().where(Appeal.application_id == Application.id).correlate(Application)
    rows = await db.execute(
        calling.applications_mine(actor)
        .add_columns(Call, Decision, ActLine, Award, told, assignment.under_public_law())
        .join(Call, Call.id == Application.call_id)
        .join(Decision, Decision.application_id == Application.id)
        .outerjoin(ActLine, ActLine.id == act)
        .outerjoin(Award, Award.id == award)
        .where(
            Application.withdrawn_at.is_(None),
            Decision.released_at.is_not(None),
            told > now - REMEMBERED,
            or_(
                and_(or_(Award.id.is_(None), Award.withdrawn_at.is_not(None)), ~contested),
                and_(Award.accepted_at.is_not(None), Award.withdrawn_at.is_(None), ~titled),
            ),
        )
        .order_by(told.desc(), Application.id)
        .limit(MOST)
    )
    return [_decision(actor, *row) for row in rows]


def _last_act(column: InstrumentedAttribute[Any]) -> Any:
    return (
        select(column)
        .select_from(ActLine)
        .join(CorrectiveAct, CorrectiveAct.id == ActLine.act_id)
        .where(ActLine.application_id == Application.id, CorrectiveAct.released_at.is_not(None))
        .order_by(CorrectiveAct.released_at.desc())
        .limit(1)
        .correlate(Application)
    )


def _decision(
    actor: Actor, one: Application, call: Call, first: Decision, line: ActLine | None, award: Award | None, told: Any, public: bool
) -> Task:  # fmt: skip
    what = _("%(project)s, appel « %(call)s »", project=one.project_name or one.label, call=call.title)
    url = f"/candidatures/{one.id}/decision"
    if award and award.withdrawn_at is None:
        return Task(what, award_sentences.award_for_structure("accepted"), url, False)
    on = paris_day(told) or clock.today()
    fresh = told > clock.now() - TO_READ and POLICY.can(actor, "appeals.file", one)
    said = _fate(line.outcome if line else first.outcome, on)
    until = appeal_deadline(on) if public else None
    return Task(what, f"{_act(fresh)}{said} {_remedy(until)}", url, fresh, until)


def _act(fresh: bool) -> str:
    return _("À vous : lisez la lettre et ses motifs.") + " " if fresh else ""


def _fate(outcome: str, on: date) -> str:
    if outcome == "reserve":
        return _("Réponse du %(day)s : liste de réserve. Si une place se libère, elle vous est proposée.", day=day(on))
    if outcome == "refused":
        return _("Réponse du %(day)s : candidature non retenue.", day=day(on))
    if outcome == "inadmissible":
        return _("Réponse du %(day)s : candidature non recevable.", day=day(on))
    return _("Réponse du %(day)s : candidature retenue.", day=day(on))


def _remedy(until: date | None) -> str:
    """The clock runs from the reception: the day told is that of who received the letter the day it left."""
    if until is None:
        return _("Vous pouvez demander un nouvel examen dans les deux mois.")
    return _("Vous pouvez contester la décision jusqu’au %(day)s.", day=day(until))
