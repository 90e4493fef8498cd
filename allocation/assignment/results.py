"""The results of a call as the public reads them, and the act that publishes them.

What is shown: who holds a place, where, for how long and how many square metres, and the help in kind it is worth. What is
not: the names and marks of those left out, counts that would name one, and a person's own name before they accept
(AMI-11). Whoever gave their place up is gone from the list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import queries
from allocation.assignment.models import Award, Decision
from allocation.assignment.release_models import ResultsNotice
from calls.models import Application, Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _
from premises.models import Lot, Premises

FEWEST = 3  # a count below this is not published: it would name somebody


@dataclass(frozen=True)
class Holder:
    """A place held. `name` is None while a person in their own name has not accepted."""

    name: str | None
    area: Decimal
    project: str
    accepted: bool
    help_cents: int | None


@dataclass(frozen=True)
class Results:
    """Per lot, who is there; how many applied and how many were left out (None, both, when too few were)."""

    lots: Sequence[tuple[Lot, Premises, list[Holder]]]
    received: int | None
    left_out: int | None


def in_ones_own_name(organisation: Organisation) -> bool:
    """A sole trader is a person: their name is that of somebody."""
    form = (organisation.legal_form or "").casefold()
    return "individuel" in form or form in {"ei", "eirl", "micro-entreprise", "auto-entrepreneur"}


async def notice_of(db: AsyncSession, call: Call) -> ResultsNotice | None:
    return (await db.execute(select(ResultsNotice).where(ResultsNotice.call_id == call.id))).scalar_one_or_none()


async def publish(db: AsyncSession, actor: Actor, call: Call) -> ResultsNotice:
    """Make the results public, once, after the decisions are notified."""
    POLICY.check(actor, "decisions.publish_results", call)
    await db.execute(select(Call.id).where(Call.id == call.id).with_for_update())
    if call.released_at is None:
        raise Refused(_("Les décisions ne sont pas notifiées : les structures l’apprennent d’abord par leur lettre."))
    if standing := await notice_of(db, call):
        return standing
    notice = ResultsNotice(call_id=call.id, published_at=clock.now(), published_by_id=actor.user_id)
    db.add(notice)
    await db.flush()
    await journal.record(
        db, chain=call.chain, action="decisions.publish_results", subject=f"call:{call.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts={},
    )  # fmt: skip
    return notice


async def of(db: AsyncSession, call: Call) -> Results:
    """In a fixed number of queries."""
    version = (await db.execute(queries.frozen_version(call.id))).scalar_one()
    rows = await db.execute(
        select(Award, Application, Organisation)
        .join(Application, Application.id == Award.application_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(Award.call_id == call.id, Award.released_at.is_not(None))
        .order_by(Award.area.desc(), Award.id)
    )
    held: dict[int, list[Holder]] = {}
    placed: set[int] = set()
    for award, application, organisation in rows:
        stage = award.stage()
        if stage in ("offered", "accepted"):
            hidden = in_ones_own_name(organisation) and stage != "accepted"
            holder = Holder(
                None if hidden else organisation.name, award.area, "" if hidden else application.project_name or "",
                stage == "accepted", award.reference_value_cents,
            )  # fmt: skip
            held.setdefault(award.lot_id, []).append(holder)
            placed.add(application.id)
    lots = [
        (lot, premises, held.get(lot.id, [])) for lot, premises in await db.execute(queries.offered_lots(version.id))
    ]
    received = await db.scalar(select(func.count()).where(Decision.call_id == call.id)) or 0
    out = received - len(placed)
    if 0 < out < FEWEST:
        return Results(lots, None, None)  # the total would give it by subtraction
    return Results(lots, received, out)
