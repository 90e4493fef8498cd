"""What may be seen of titles. Each function returns a Select; a row left out is a 404."""

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import aliased

from allocation.assignment.models import Award
from allocation.assignment.queries import SETTLED
from allocation.leases.models import Condition, Lease, LeaseValuation
from allocation.selection.models import RankedScore
from calls.models import Application, Call, CallVersion
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from premises.models import Lot, Premises

Landlord = aliased(Organisation, name="landlord")
Version = aliased(CallVersion, name="version")
Tenant = aliased(Organisation, name="tenant")


def leases_visible_to(actor: Actor) -> Select[Lease]:
    """Titles of the parties, and those that came out of a call one runs. A landlord's agent sees them while its mandate runs."""
    if actor.system:
        return select(Lease)
    mine = actor.organisations()
    called = (
        select(Award.id)
        .join(Call, Call.id == Award.call_id)
        .where(or_(Call.organiser_id.in_(mine), Call.delegate_id.in_(mine)))
    )
    return select(Lease).where(
        or_(
            Lease.landlord_id.in_(mine),
            Lease.tenant_id.in_(mine),
            Lease.award_id.in_(called),
        )
    )


def with_context(leases: Select[Lease]) -> Select[Lease, Lot, Premises, Organisation, Organisation]:
    """The same titles with their lot, premises, landlord and tenant: what every list and page shows."""
    return (
        leases.add_columns(Lot, Premises, Landlord, Tenant)
        .join(Lot, Lot.id == Lease.lot_id)
        .join(Premises, Premises.id == Lot.premises_id)
        .join(Landlord, Landlord.id == Lease.landlord_id)
        .join(Tenant, Tenant.id == Lease.tenant_id)
    )


def awards_to_prepare(actor: Actor) -> Select[Award, Lot, Premises, Organisation, Application, Call]:
    """Places given, on lots the actor answers for, that have no title yet; the oldest first."""
    mine = actor.organisations()
    return (
        select(Award, Lot, Premises, Tenant, Application, Call)
        .join(Lot, Lot.id == Award.lot_id)
        .join(Premises, Premises.id == Lot.premises_id)
        .join(Tenant, Tenant.id == Award.organisation_id)
        .join(Application, Application.id == Award.application_id)
        .join(Call, Call.id == Award.call_id)
        .where(
            Award.released_at.is_not(None),
            Award.declined_at.is_(None),
            Award.lapsed_at.is_(None),
            Premises.owner_id.in_(mine),
            ~select(Lease.id).where(Lease.award_id == Award.id).exists(),
        )
        .order_by(Award.released_at, Award.id)
    )


def awards_of_landlord(actor: Actor) -> Select[Award, Lot, Premises, Application, CallVersion]:
    """Every award on lots the actor answers for, with what a title is prefilled from."""
    mine = actor.organisations()
    # The version in force decides, whichever one the file was deposited under (a later change, a batch).
    in_force = (
        select(Version.id)
        .where(Version.call_id == Application.call_id, Version.frozen_at.is_not(None))
        .order_by(Version.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(Award, Lot, Premises, Application, CallVersion)
        .join(Lot, Lot.id == Award.lot_id)
        .join(Premises, Premises.id == Lot.premises_id)
        .join(Application, Application.id == Award.application_id)
        .join(CallVersion, CallVersion.id == in_force)
        .where(Premises.owner_id.in_(mine))
    )


def _settled() -> Select[int | None]:
    """Awards whose signed title is in the lot's history."""
    return select(Lease.award_id).where(Lease.award_id.is_not(None), Lease.signed_at.is_not(None))


if _settled not in SETTLED:
    SETTLED.append(_settled)


def conditions_of(lease_id: int) -> Select[Condition]:
    return select(Condition).where(Condition.lease_id == lease_id).order_by(Condition.due.nulls_last(), Condition.id)


def valuations_of(lease_id: int) -> Select[LeaseValuation]:
    """Newest first: the first one is in force."""
    return (
        select(LeaseValuation)
        .where(LeaseValuation.lease_id == lease_id)
        .order_by(LeaseValuation.made_at.desc(), LeaseValuation.id.desc())
    )


def origin_of(award_id: int) -> Select[Award, Application, Call, RankedScore]:
    """Back along the chain: the award, its application, its call, and the frozen score when there is one."""
    return (
        select(Award, Application, Call, RankedScore)
        .join(Application, Application.id == Award.application_id)
        .join(Call, Call.id == Award.call_id)
        .outerjoin(RankedScore, RankedScore.application_id == Application.id)
        .where(Award.id == award_id)
    )


def leases_of_tenant_on_lot(tenant_id: int, lot_id: int) -> Select[Lease]:
    """Signed titles of the same tenant on the same lot: the law adds up derogatory leases (c. com. L145-5)."""
    return (
        select(Lease)
        .where(Lease.tenant_id == tenant_id, Lease.lot_id == lot_id, Lease.signed_at.is_not(None))
        .order_by(Lease.signed_at)
    )
