"""Where each application of a notified call stands today: its decision, what acts changed of it, the place it holds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import queries
from allocation.assignment.act_models import ActLine, CorrectiveAct
from allocation.assignment.models import Award, Decision
from calls.models import Application, Call
from intervalle import clock
from intervalle.accounts.models import Organisation

HELD = ("offered", "accepted")


@dataclass(frozen=True)
class Standing:
    """`award` is the place held now, if any; `outcome` is « given_up » when a place was declined or left to expire."""

    application: Application
    organisation: Organisation
    decision: Decision
    outcome: str
    award: Award | None
    since: date  # the day of the act in force
    decision_in_force: str  # what the last letter decided, whatever became of the place since

    @property
    def given_on(self) -> date | None:
        given = self.award.released_at if self.award else None
        return given.astimezone(clock.PARIS).date() if given else None


def released_lines(call_id: int) -> Select[ActLine, CorrectiveAct]:
    return (
        select(ActLine, CorrectiveAct)
        .join(CorrectiveAct, CorrectiveAct.id == ActLine.act_id)
        .where(CorrectiveAct.call_id == call_id, CorrectiveAct.released_at.is_not(None))
        .order_by(CorrectiveAct.number, ActLine.id)
    )


async def of_call(db: AsyncSession, call: Call, *, fresh: bool = False) -> dict[int, Standing]:
    """By application id, in the order of the files' numbers; four queries. `fresh` reads locked rows again."""
    awards: dict[int, list[Award]] = {}
    rows = queries.awards_of(call.id).execution_options(populate_existing=fresh)
    for award in (await db.execute(rows)).scalars():
        awards.setdefault(award.application_id, []).append(award)
    last = {line.application_id: (line, act) for line, act in await db.execute(released_lines(call.id))}
    found = {}
    for decision, application, organisation in await db.execute(queries.decisions_of(call.id)):
        if decision.released_at is None:
            continue
        line, act = last.get(application.id, (None, None))
        outcome, since = decision.outcome, decision.released_at
        if line is not None and act is not None and act.released_at is not None:
            outcome, since = line.outcome, act.released_at
        offered = awards.get(application.id, [])
        decided = outcome
        held = next((award for award in reversed(offered) if award.stage() in HELD), None)
        if held is not None:
            outcome = "awarded"
            since = max(since, held.released_at or since)
        elif offered and offered[-1].stage() in ("declined", "expired"):
            outcome = "given_up"
        found[application.id] = Standing(
            application, organisation, decision, outcome, held, since.astimezone(clock.PARIS).date(), decided
        )
    return found


async def documents_in_force(db: AsyncSession, call: Call) -> tuple[dict[str, Any], Mapping[str, Mapping[str, int]]]:
    """The problem the call stands on, and the rows of its identifiers: the retained proposal's, or those of the last act
    that was prepared on a copy."""
    found = await db.execute(
        select(CorrectiveAct)
        .where(
            CorrectiveAct.call_id == call.id, CorrectiveAct.released_at.is_not(None), CorrectiveAct.input.is_not(None)
        )
        .order_by(CorrectiveAct.number.desc())
        .limit(1)
    )
    act = found.scalar_one_or_none()
    if act is not None and act.input is not None:
        return json.loads(act.input), act.keys
    proposal = (await db.execute(queries.retained_proposal(call.id))).scalar_one()
    return json.loads(proposal.input), proposal.keys
