"""Rows for tests of calls: premises with lots, a call at any moment of its life, an application ready to submit."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from calls import applications, drafts, openings, queries, saving
from calls.models import Application, Call, CallVersion
from calls.sections import QUESTIONS, SECTIONS
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation, User
from premises.models import Lot, Premises
from tests import make

OPENING = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
CLOSING = datetime(2026, 10, 15, 10, 0, tzinfo=UTC)  # noon in Paris
_n = itertools.count(1)


@dataclass
class Side:
    """A person of an organisation, and the actor they are."""

    person: User
    org: Organisation
    actor: Actor


async def side(db: AsyncSession, kind: str = "city", name: str | None = None, role: str = "editor") -> Side:
    person, org = await make.agent(db, kind, role, name)
    return Side(person, org, make.acting(person, org, role=role))


async def premises(
    db: AsyncSession, owner: Organisation, *, lots: int = 2, regime: str = "private", **more: Any
) -> list[Lot]:
    """Published premises, free from 2026 to 2029, with lots A, B… of 60 m², 80 m²…"""
    number = next(_n)
    place = Premises(
        code=f"L{number:05d}", owner_id=owner.id, name=more.pop("name", f"Ancienne poste {number}"), kind="building",
        regime=regime, address="1 rue de la Poste", postcode="35000", published_at=OPENING.replace(year=2025),
    )  # fmt: skip
    db.add(place)
    await db.flush()
    rows = [
        Lot(
            premises_id=place.id, label=chr(65 + i), name=f"Local {chr(65 + i)}", area=Decimal(60 + 20 * i), floor=0,
            available=Range(date(2026, 1, 1), date(2029, 12, 31)), charges_cents_m2_year=3800, **more,
        )
        for i in range(lots)
    ]  # fmt: skip
    db.add_all(rows)
    await db.flush()
    return rows


COMPLETE = {
    "body": "## Le lieu\n\nUne ancienne poste avant démolition.",
    "title_code": "COP",
    "circumstances": "Démolition décidée par la convention NPNRU du 3 mars 2025.",
    "occupation_from": date(2027, 1, 1),
    "occupation_until": date(2028, 6, 1),
    "decision_on": date(2026, 12, 1),
    "closes_at": CLOSING,
}


async def draft_call(db: AsyncSession, organiser: Side, lots: list[Lot], **values: Any) -> Call:
    """A draft with everything needed to open, changed by `values`."""
    call = await drafts.create(
        db,
        organiser.actor,
        title=values.pop("title", "Ancienne poste"),
        organiser_id=organiser.org.id,
        lot_ids=[lot.id for lot in lots],
    )
    version = await version_of(db, call)
    criteria = [
        drafts.CriterionLine(c.label, c.weight, c.description)
        for c in (await db.execute(queries.criteria_of(version.id))).scalars()
    ]
    await drafts.save(
        db,
        organiser.actor,
        call,
        seen=version.version,
        values={**COMPLETE, **values},
        lots={lot.id: "" for lot in lots},
        criteria=criteria,
    )
    return call


async def version_of(db: AsyncSession, call: Call) -> CallVersion:
    return (await db.execute(queries.current_version(call.id))).scalar_one()


async def open_call(db: AsyncSession, organiser: Side, *, lots: int = 2, **values: Any) -> Call:
    """A call opened on 1 September 2026, closing on 15 October 2026 at noon in Paris."""
    with clock.at(OPENING):
        call = await draft_call(db, organiser, await premises(db, organiser.org, lots=lots), **values)
        version = await version_of(db, call)
        return await openings.open_call(db, organiser.actor, call, seen=version.version)


@contextmanager
def during() -> Iterator[None]:
    """A moment while the call is open."""
    with clock.at(datetime(2026, 9, 20, 9, 0, tzinfo=UTC)):
        yield


FACTS: dict[str, Any] = {
    "project_name": "Fou de Coudre", "uses": ["workshop", "shop"], "jobs_fte": Decimal("3.5"), "neighbourhood": True,
    "erp_type": "M", "public_count": 30, "staff_count": 4, "needs_ground_floor": True, "needs_water": True,
    "needs_step_free": False, "slots": [0, 1, 2, 3, 6, 7], "budget_cents": 84_000_00, "max_charges_cents_m2_year": 42_00, "budget_lines": {},
    "conditions": {}, "wished_from": None, "wished_months": None, "insured": False, "republican_commitment": None,
}  # fmt: skip


async def fill(db: AsyncSession, actor: Actor, application: Application, **facts: Any) -> Application:
    """Every section filled, every lot of the call ranked."""
    for section in SECTIONS:
        if section.facts or section.questions:
            application = await saving.save_section(
                db, actor, application, section.slug, seen=application.version,
                facts={**{name: FACTS.get(name) for name in section.facts}, **facts},
                answers={q.key: f"Réponse à {q.key}." for q in section.questions if q.key in QUESTIONS}, typed={},
            )  # fmt: skip
    lots = (await db.execute(queries.lots_of_versions([application.call_version_id]))).all()
    lines = [saving.WishLine(row[1].id, rank, Decimal(40), Decimal(60)) for rank, row in enumerate(lots, 1)]
    return await saving.save_wishes(db, actor, application, seen=application.version, lines=lines, typed={})


async def ready(db: AsyncSession, applicant: Side, call: Call) -> Application:
    """A complete draft, in the middle of the call."""
    with during():
        application = await applications.start(db, applicant.actor, call, organisation_id=applicant.org.id)
        return await fill(db, applicant.actor, application)


async def submitted(db: AsyncSession, applicant: Side, call: Call) -> Application:
    application = await ready(db, applicant, call)
    with during():
        return await applications.submit(db, applicant.actor, application)


async def fresh(db: AsyncSession, application: Application) -> Application:
    found = select(Application).where(Application.id == application.id).execution_options(populate_existing=True)
    return (await db.execute(found)).scalar_one()
