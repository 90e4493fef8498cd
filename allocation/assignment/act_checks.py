"""Everything that stands against the release of a corrective act, read from its rows as they are."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import act_letters, act_rules, acts, standing
from allocation.assignment.act_letters import ActLetter
from allocation.assignment.act_models import CorrectiveAct
from allocation.assignment.act_outcome import Outcome
from allocation.assignment.decisions import decider_of
from allocation.assignment.models import Appeal
from allocation.assignment.problem import HALF_DAYS
from allocation.assignment.standing import Standing
from calls.models import Call
from intervalle import clock
from intervalle.i18n import _


async def outcome(db: AsyncSession, call: Call, act: CorrectiveAct) -> Outcome:
    """What the published rules say of the places the act would leave."""
    problem, keys = await act_letters.documents_of(db, call, act)
    return act_letters.outcome_of(problem, keys, await acts.lines_of(db, act), await standing.of_call(db, call))


async def objections(db: AsyncSession, call: Call, act: CorrectiveAct, drawn: list[ActLetter]) -> list[str]:
    """What each line lacks, what has moved since, lots that would be too full, rules that are neither kept nor passed over."""
    found = [] if drawn else [_("Cet acte n’a pas encore de ligne.")]
    if len(act.motive.strip()) < 10:
        found.append(_("Écrivez pourquoi cet acte est pris : toutes ses lettres le disent."))
    if not act.signatory.strip():
        found.append(_("Indiquez qui signe, avec sa qualité."))
    judged = await _judged(db, call)
    for one in drawn:
        if one.line.before_award_id != (one.one.award.id if one.one.award else None):
            found.append(
                _("%(name)s : la situation a changé depuis que la ligne est écrite. Reprenez-la.", name=one.change.name)
            )
        found += act_rules.objections(one.change, clock.today(), granted_judgment=judged)
    problem, keys = await act_letters.documents_of(db, call, act)
    stands = await standing.of_call(db, call)
    found += _too_full(problem, keys, stands, drawn)
    rules = act_letters.outcome_of(problem, keys, [one.line for one in drawn], stands)
    public = (await decider_of(db, call)).public
    return [act_rules.cited(said, public=public) for said in (*found, *rules.blocking, *_unnamed(rules, act))]


async def _judged(db: AsyncSession, call: Call) -> bool:
    won = select(Appeal.id).where(Appeal.call_id == call.id, Appeal.kind == "litigation", Appeal.outcome == "granted")
    return (await db.execute(won.limit(1))).first() is not None


def _too_full(
    problem: dict[str, Any], keys: Mapping[str, Mapping[str, int]], stands: dict[int, Standing], drawn: list[ActLetter]
) -> list[str]:
    """The room of each lot against who stays and who would come, on every half-day."""
    names: Mapping[int, str] = {id: label for label, id in keys["lots"].items()}
    changed = {one.line.application_id for one in drawn}
    held = [
        (names[one.award.lot_id], one.award.area, one.award.slots)
        for id, one in stands.items()
        if one.award and id not in changed
    ]
    held += [
        (names[one.line.lot_id], one.line.area or Decimal(0), [HALF_DAYS.index(name) for name in one.week or ()])
        for one in drawn
        if one.line.lot_id is not None
    ]
    return act_rules.overfull({row["id"]: Decimal(row["area"]) for row in problem["lots"]}, held)


def _unnamed(rules: Outcome, act: CorrectiveAct) -> list[str]:
    return [
        _("Cet acte ne tient plus %(rule)s. Changez-le, ou dites à droite pourquoi il passe outre.", rule=said)
        for name, said in rules.broken.items()
        if name not in act.passed_over
    ]
