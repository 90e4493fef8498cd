"""A call whose ranking is frozen: two lots, five scored structures, one file refused at the checklist.

The figures are those of the reference board: A (120 m²) and B (172 m²), and Cité Vélo that wants 110 m² in one piece.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import minutes_facts
from allocation.assignment.release_models import Minutes, MinutesSignature
from allocation.selection.models import Admissibility, Panel, RankedScore
from calls.models import Application, Call, CallLot, CallVersion, Criterion, LotWish
from intervalle import clock, files
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation, User
from premises.models import Lot, Premises
from tests import make

CLOSED = timedelta(days=20)


@dataclass
class Ranked:
    """What the tests reach for."""

    call: Call
    version: CallVersion
    premises: Premises
    city: Organisation
    agent: User
    actor: Actor
    lots: dict[str, Lot]
    applications: dict[str, Application] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)


async def lot(db: AsyncSession, premises: Premises, label: str, area: int, **more: Any) -> Lot:
    facts = {
        "name": "boutique sur rue", "divisible": True, "floor": 0, "water": True, "step_free": True,
        "erp_types": ["M", "W", "L"], "rent_cents_m2_year": 0, "reference_rent_cents_m2_year": 12_000,
        "available": Range(date(2027, 1, 1), date(2028, 7, 1)),
    } | more  # fmt: skip
    made = Lot(premises_id=premises.id, label=label, area=Decimal(f"{area}.00"), **facts)
    db.add(made)
    await db.flush()
    return made


async def application(
    db: AsyncSession, ranked: Ranked, name: str, *, score: str | None, area: int, wishes: str = "AB",
    admissible: bool = True, **more: Any,
) -> Application:  # fmt: skip
    """A submitted file of a new structure; wishes « AB » are A first, then B; the ranking gives `score`."""
    person, org = await make.agent(db, "ess_structure", "admin", name)
    number = len(ranked.applications) + 1
    submitted = ranked.call.closes_at - timedelta(days=2, minutes=-number) if ranked.call.closes_at else clock.now()
    made = Application(
        call_id=ranked.call.id, call_version_id=ranked.version.id, organisation_id=org.id, number=number,
        project_name=f"Projet {name}", submitted_at=submitted, submitted_by_id=person.id, content_sha256="0" * 64,
        content={"name": name}, created_by_id=person.id, **more,
    )  # fmt: skip
    db.add(made)
    await db.flush()
    for rank, label in enumerate(wishes, 1):
        db.add(
            LotWish(
                application_id=made.id, lot_id=ranked.lots[label].id, rank=rank, area_min=Decimal(area),
                area_max=Decimal(area),
            )
        )  # fmt: skip
    db.add(
        Admissibility(
            application_id=made.id, admissible=admissible, checklist={}, decided_at=clock.now(),
            decided_by_id=ranked.agent.id, reason="" if admissible else "Le dossier ne contient pas de budget.",
        )
    )  # fmt: skip
    ranked.applications[name], ranked.organisations[name], ranked.people[name] = made, org, person
    if score is not None:
        db.add(ranked_score(made, score, rank=number))
    await db.flush()
    return made


def ranked_score(made: Application, score: str, rank: int) -> RankedScore:
    value = Decimal(score)
    mark = str(value / 20)
    detail = {
        "rule": "mean",
        "grid": 1,
        "jurors": 3,
        "criteria": [
            {"label": "Utilité sociale", "weight": 60, "mark": mark, "spread": "0.5"},
            {"label": "Viabilité économique", "weight": 40, "mark": mark, "spread": "0"},
        ],
    }
    return RankedScore(application_id=made.id, score=value, rank=rank, detail=detail)


async def call(
    db: AsyncSession, *, kind: str = "city", regime: str = "private_domain", titles: dict[str, str] | None = None,
    **version: Any,
) -> Ranked:  # fmt: skip
    """A closed, ranked call on two lots, without any application yet. `titles`: those of a lot's own."""
    agent, city = await make.agent(db, kind, "editor", "Ville de Rennes")
    premises = Premises(
        code=f"P{agent.id}", owner_id=city.id, name="Ancienne Poste", kind="building", regime=regime,
        address="1 rue de la Poste", published_at=clock.now(),
    )  # fmt: skip
    db.add(premises)
    await db.flush()
    lots = {"A": await lot(db, premises, "A", 120), "B": await lot(db, premises, "B", 172, name="plateau bureaux")}
    closes = clock.now() - CLOSED
    made = Call(
        organiser_id=city.id, title="Ancienne Poste de Maurepas", closes_at=closes,
        opened_at=closes - timedelta(days=40), ranked_at=clock.now() - timedelta(days=1),
    )  # fmt: skip
    db.add(made)
    await db.flush()
    facts = {
        "occupation_from": date(2027, 2, 1), "occupation_until": date(2028, 6, 1),
        "title_code": "COP", "charges_only": True,
    } | version  # fmt: skip
    frozen = CallVersion(call_id=made.id, number=1, **facts)
    db.add(frozen)
    await db.flush()
    for one in lots.values():
        db.add(CallLot(version_id=frozen.id, lot_id=one.id, title_code=(titles or {}).get(one.label)))
    for position, (label, weight) in enumerate((("Utilité sociale", 60), ("Viabilité économique", 40)), 1):
        db.add(Criterion(version_id=frozen.id, position=position, label=label, weight=weight))
    await db.flush()
    frozen.frozen_at = datetime(2026, 1, 1, tzinfo=UTC)
    await db.flush()
    return Ranked(made, frozen, premises, city, agent, make.acting(agent, city), lots)


async def sign_minutes(db: AsyncSession, call: Call) -> None:
    """AMI-09: minutes of the facts as they stand, signed by a chair and a secretary, as the release asks for."""
    panel = (await db.execute(select(Panel).where(Panel.call_id == call.id))).scalar_one_or_none()
    if panel is None:
        panel = Panel(call_id=call.id, quorum=1)
        db.add(panel)
        await db.flush()
    number = (await db.scalar(select(func.count()).where(Minutes.call_id == call.id)) or 0) + 1
    stored = await files.keep(
        db,
        name=f"pv-{call.id}-{number}.pdf",
        content=b"x",
        content_type="application/pdf",
        audience="parties",
        scan="own",
    )
    people = [await make.user(db), await make.user(db)]
    facts = await minutes_facts.gather(db, call)
    made = Minutes(
        call_id=call.id, number=number, facts=facts, facts_sha256=minutes_facts.fingerprint(facts), file_id=stored.id,
        document_sha256="0" * 64, created_by_id=people[0].id,
    )  # fmt: skip
    db.add(made)
    await db.flush()
    for quality, person in zip(("chair", "secretary"), people, strict=True):
        db.add(
            MinutesSignature(
                minutes_id=made.id, quality=quality, name=person.name, document_sha256=made.document_sha256,
                signed_at=clock.now(), signed_by_id=person.id,
            )
        )  # fmt: skip
    await db.flush()


async def maurepas(db: AsyncSession, **more: Any) -> Ranked:
    """The reference board, best score first: five placed, Cité Vélo left out, one file not admissible."""
    ranked = await call(db, **more)
    await application(db, ranked, "La Belle Boîte", score="88.2", area=80, wishes="BA")
    await application(db, ranked, "Fou de Coudre", score="81.5", area=70, neighbourhood=True)
    await application(db, ranked, "Resport", score="77", area=48)
    await application(db, ranked, "SEED", score="74.1", area=48, wishes="B", neighbourhood=True)
    await application(db, ranked, "Association Cité Vélo", score="73.3", area=110)
    await application(db, ranked, "Mains Fortes", score="72.4", area=32)
    await application(db, ranked, "Sans Dossier", score=None, area=40, admissible=False)
    return ranked
