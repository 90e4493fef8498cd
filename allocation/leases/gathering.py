"""Load what a title rests on, in few queries; the rows of `reading.File` and of the printed agreement."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment.models import Award
from allocation.leases import queries, reading
from allocation.leases.models import Condition, Lease, LeaseValuation
from allocation.selection.models import RankedScore
from calls.models import Application, Call
from intervalle.accounts import mandates
from intervalle.accounts.models import Organisation
from intervalle.territory.models import Commune
from premises.facts import Erp, PublicUse


@dataclass(frozen=True, slots=True)
class Dossier:
    """A title's file, with its conditions, its values and where it came from."""

    file: reading.File
    manager: Organisation | None
    commune: str | None
    conditions: list[Condition]
    valuations: list[LeaseValuation]
    award: Award | None
    application: Application | None
    call: Call | None
    score: RankedScore | None

    @property
    def lease(self) -> Lease:
        return self.file.lease

    @property
    def chain(self) -> str:
        """The journal chain of the call it came out of, or of its landlord."""
        return self.call.chain if self.call else f"organisation:{self.lease.landlord_id}"


async def dossier_of(db: AsyncSession, lease: Lease) -> Dossier:
    """Everything a page, a verdict or a printed text needs; the number of queries does not grow with the rows."""
    _, lot, premises, landlord, tenant = (
        await db.execute(queries.with_context(select(Lease).where(Lease.id == lease.id)))
    ).one()
    manager = await mandates.agent_of(db, lease.landlord_id, lease.manager_id) if lease.manager_id else None
    commune = await db.get(Commune, premises.commune_code) if premises.commune_code else None
    earlier = (await db.execute(queries.leases_of_tenant_on_lot(lease.tenant_id, lease.lot_id))).scalars().all()
    conditions = (await db.execute(queries.conditions_of(lease.id))).scalars().all()
    valuations = (await db.execute(queries.valuations_of(lease.id))).scalars().all()
    award, application, call, score = None, None, None, None
    if lease.award_id:
        award, application, call, score = (await db.execute(queries.origin_of(lease.award_id))).one()
    file = reading.File(lease, lot, premises, landlord, tenant, use_of(application), tuple(earlier))
    return Dossier(
        file,
        manager,
        commune.name if commune else None,
        list(conditions),
        list(valuations),
        award,
        application,
        call,
        score,
    )


def use_of(application: Application | None) -> PublicUse:
    """The public the tenant said it would receive, as submitted."""
    if application is None or not application.erp_type:
        return PublicUse(None)
    return PublicUse(Erp(application.erp_type), application.public_count or 0, application.staff_count or 0)
