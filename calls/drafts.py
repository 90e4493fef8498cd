"""Writing a call before it opens: create it from one's own published lots, correct it. Saving is never refused for
incompleteness; what is missing is said before opening (`openings.py`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import grid, queries
from calls.lot_terms import LotTerms
from calls.models import Call, CallLot, CallVersion, Criterion
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.behalf import BEHALF
from intervalle.errors import Forbidden, Refused

Lots = Mapping[int, "LotTerms | str"]
CALL_FIELDS = ("title", "kind", "delegate_id", "co_organiser_ids", "closes_at")
VERSION_FIELDS = (
    "body", "visits", "visit_duty", "questions_until", "answers_until", "title_code", "circumstances", "charges_only", "counterparts", "eliminatory", "required_documents", "asked", "read_on_arrival", "occupation_from",
    "occupation_until", "decision_on", "economic", "score_rule", "tie_break", "neighbourhood_share",
    "titles_excluded", "documents", "beneficiary_id", "direct_ground", "exemption", "statement_url", "statement_on",
    "max_lots", "incompatible_uses", "short_or_unlimited", "spontaneous", "interest_checked_on",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """One line of the grid as typed. `floor` is the mark below which a file is out."""

    label: str
    weight: int
    description: str = ""
    floor: int | None = None


class Stale(Exception):
    """Somebody saved this draft since it was shown: nothing is written, the page shows both."""


async def create(
    db: AsyncSession,
    actor: Actor,
    *,
    title: str,
    organiser_id: int,
    lot_ids: Sequence[int],
    delegate_id: int | None = None,
) -> Call:
    """A draft with the default grid. The lots must be published ones of the organiser."""
    POLICY.check(actor, "calls.create")
    if organiser_id not in actor.organisations(WRITE, scope="calls"):
        raise Forbidden("Vous ne pouvez pas ouvrir un appel pour cette organisation.")
    BEHALF.set(None if organiser_id in actor.own() else organiser_id)
    call = Call(
        organiser_id=organiser_id,
        delegate_id=delegate_id,
        title=title,
        created_by_id=actor.user_id,
        created_at=clock.now(),
    )
    db.add(call)
    await db.flush()
    version = CallVersion(call_id=call.id, number=1)
    db.add(version)
    await db.flush()
    await set_lots(db, [organiser_id], version, dict.fromkeys(lot_ids, ""))
    await set_criteria(db, version, [CriterionLine(c.label, c.weight, c.description) for c in grid.DEFAULT_GRID])
    await journal.record(
        db, chain=call.chain, action="calls.create", subject=f"call:{call.id}", actor_id=actor.user_id,
        organisation_id=organiser_id, facts={"title": title, "lots": sorted(lot_ids)},
    )  # fmt: skip
    return call


async def save(
    db: AsyncSession, actor: Actor, call: Call, *, seen: int, values: Mapping[str, Any],
    lots: Lots, criteria: Sequence[CriterionLine],
) -> CallVersion:  # fmt: skip
    """Correct the draft. `seen` is the version number the form was drawn from; raises Stale when it has moved.

    `lots` maps lot ids to their terms (or to free words alone); `values` holds fields of the call and of its version.
    """
    POLICY.check(actor, "calls.edit", call)
    call = await lock(db, call)
    POLICY.check(actor, "calls.edit", call)
    version = (
        await db.execute(queries.current_version(call.id).with_for_update().execution_options(populate_existing=True))
    ).scalar_one()
    if call.scheduled:
        raise Refused("L’ouverture est programmée : le texte ne change plus.", "Annulez l’ouverture pour le corriger.")
    if version.version != seen:
        raise Stale
    for name in CALL_FIELDS:
        if name in values:
            setattr(call, name, values[name])
    await write(db, actor, call, version, values, lots, criteria)
    await journal.record(
        db, chain=call.chain, action="calls.edit", subject=f"call:{call.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts={"version": version.number, "save": version.version},
    )  # fmt: skip
    return version


async def write(
    db: AsyncSession, actor: Actor, call: Call, version: CallVersion, values: Mapping[str, Any],
    lots: Lots, criteria: Sequence[CriterionLine],
) -> None:  # fmt: skip
    """Put what was typed in a version that is not frozen: the draft, or the change of an open call."""
    for name in VERSION_FIELDS:
        if name in values:
            setattr(version, name, values[name])
    version.version += 1
    await set_lots(db, lot_owners(actor, call), version, lots)
    await set_criteria(db, version, criteria)


def lot_owners(actor: Actor, call: Call) -> list[int]:
    """Whose lots this person may put in the call: the organiser's, and those of co-organisers they act for."""
    return [call.organiser_id, *(i for i in call.co_organiser_ids if i in actor.organisations(WRITE, scope="calls"))]


async def lock(db: AsyncSession, call: Call) -> Call:
    """The call's row, read afresh and held until the end of the transaction."""
    found = await db.execute(
        select(Call).where(Call.id == call.id).with_for_update().execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def set_lots(db: AsyncSession, owners: Sequence[int], version: CallVersion, lots: Lots) -> None:
    offered = {lot.id for i in owners for lot, _ in (await db.execute(queries.lots_to_offer(i))).all()}
    if foreign := set(lots) - offered:
        kept = set((await db.execute(select(CallLot.lot_id).where(CallLot.version_id == version.id))).scalars())
        if foreign - kept:
            raise Refused(
                "Un appel ne porte que sur des lots publiés de son organisateur.", "Publiez d’abord le local."
            )
    await db.execute(delete(CallLot).where(CallLot.version_id == version.id))
    db.add_all(lot_row(version, lot_id, terms) for lot_id, terms in sorted(lots.items()))
    await db.flush()


def lot_row(version: CallVersion, lot_id: int, terms: LotTerms | str) -> CallLot:
    said = LotTerms(terms) if isinstance(terms, str) else terms
    return CallLot(
        version_id=version.id, lot_id=lot_id, conditions=said.conditions, title_code=said.title_code,
        area_min=said.area_min, area_max=said.area_max, uses_out=list(said.uses_out), visit_duty=said.visit_duty,
    )  # fmt: skip


async def set_criteria(db: AsyncSession, version: CallVersion, lines: Sequence[CriterionLine]) -> None:
    await db.execute(delete(Criterion).where(Criterion.version_id == version.id))
    db.add_all(
        Criterion(
            version_id=version.id, position=position, label=line.label, description=line.description, weight=line.weight,
            floor=line.floor,
        )
        for position, line in enumerate(lines, 1)
    )  # fmt: skip
    await db.flush()
