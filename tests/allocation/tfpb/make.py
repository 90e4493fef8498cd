"""An agreement of a social landlord in a drawn quarter, and a lease that can be counted in it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from geoalchemy2 import WKTElement
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.leases import gathering, valuations
from allocation.leases.gathering import Dossier
from allocation.leases.models import Lease
from allocation.tfpb import agreements
from allocation.tfpb.lines import Target
from allocation.tfpb.models import TfpbAction, TfpbAgreement, TfpbProgramme
from intervalle.territory.models import QpvPerimeter
from premises.models import Premises
from tests.allocation.leases import make as leases_make
from tests.allocation.leases.make import World

CODE = "QN03599M"
SQUARE = "MULTIPOLYGON(((-1.66 48.12,-1.64 48.12,-1.64 48.14,-1.66 48.14,-1.66 48.12)))"


@dataclass
class Ledger:
    world: World
    agreement: TfpbAgreement
    programme: TfpbProgramme
    action: TfpbAction
    lease: Lease

    @property
    def target(self) -> Target:
        return Target(self.agreement, self.programme, self.action)


async def perimeter(db: AsyncSession, code: str = CODE, **more: Any) -> QpvPerimeter:
    found = (await db.execute(select(QpvPerimeter).where(QpvPerimeter.code == code))).scalar_one_or_none()
    if found:
        return found
    made = QpvPerimeter(
        code=code, vintage=2024, name="Maurepas", during=Range(date(2024, 1, 1), None), official=False,
        outline=WKTElement(SQUARE, srid=4326), **more,
    )  # fmt: skip
    db.add(made)
    await db.flush()
    return made


async def ledger(db: AsyncSession, *, inside: bool = True, year: int = 2027, **changes: Any) -> Ledger:
    """A lease of 60 m², 120 €/m² of reference, no rent, keys on 4 January 2027; an agreement 2026-2030."""
    w = await leases_make.world(db, landlord_kind="social_landlord")
    place = await db.get_one(Premises, w.lots[0].premises_id)
    place.point = WKTElement("POINT(-1.65 48.13)" if inside else "POINT(-1.50 48.13)", srid=4326)
    place.qpv_code, place.qpv_vintage = (CODE, 2024) if inside else ("", 2024)
    await perimeter(db)
    lease = await leases_make.running(db, w, **changes)
    with leases_make.moment(leases_make.LIVING):
        await valuations.revalue(
            db,
            w.landlord.actor,
            lease,
            reference_cents_m2_year=12_000,
            basis="Grille du bailleur",
            dated=date(2026, 1, 15),
        )
        agreement = await agreements.sign(
            db, w.landlord.actor, landlord_id=w.landlord.org.id, qpv_code=CODE,
            values={
                "first_year": 2026, "last_year": 2030, "contract_signed_on": date(2024, 6, 1), "signed_on": date(2025, 12, 1),
                "dwellings": 120, "valuation_method": "Loyer de référence moins loyer perçu, au prorata des jours.",
            },
        )  # fmt: skip
        programme = await agreements.open_programme(db, w.landlord.actor, agreement, year=year)
        action = (await db.execute(select(TfpbAction).where(TfpbAction.programme_id == programme.id))).scalar_one()
        await agreements.write_action(
            db, w.landlord.actor, agreement, programme, action=action,
            values={"tenant_benefit": "Atelier ouvert aux locataires", "indicators": "Locataires accueillis"},
        )  # fmt: skip
    await db.refresh(place)
    return Ledger(w, agreement, programme, action, lease)


async def dossier(db: AsyncSession, lease: Lease) -> Dossier:
    return await gathering.dossier_of(db, lease)
