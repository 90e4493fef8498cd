"""What may be seen of relocation paths. Each function returns a Select; a row left out is a 404."""

from collections.abc import Iterable
from datetime import date

from geoalchemy2 import Geography
from sqlalchemy import Float, Select, and_, cast, func, or_, select, true
from sqlalchemy.orm import aliased

from allocation.assignment.models import Award
from allocation.leases.models import Lease
from allocation.leases.queries import Landlord, Tenant
from allocation.relocation.models import RelocationOffer, RelocationPath, RelocationStep
from calls.need_models import Need
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from premises.models import Lot, Premises
from premises.queries import published, shown_point

Here = aliased(Premises, name="here")
# How many lots are looked at, nearest first: the pages show a dozen.
LOOKED_AT = 200


def paths_visible_to(actor: Actor) -> Select[RelocationPath]:
    """Paths of one's tenants, or of one's own structure."""
    if actor.system:
        return select(RelocationPath)
    mine = actor.organisations()
    return select(RelocationPath).where(
        or_(
            RelocationPath.landlord_id.in_(mine),
            RelocationPath.organisation_id.in_(mine),
        )
    )


def paths_of_call(actor: Actor, call_id: int) -> Select[RelocationPath]:
    """Those opened by the titles of a call's awards, in the order of their exits."""
    awarded = select(Lease.id).join(Award, Award.id == Lease.award_id).where(Award.call_id == call_id)
    return (
        paths_visible_to(actor)
        .where(RelocationPath.lease_id.in_(awarded))
        .order_by(RelocationPath.exit_on, RelocationPath.id)
    )


def signed_titles(tenant_ids: Iterable[int]) -> Select[Lease, Lot, Premises]:
    """Titles these structures signed, the oldest first, with their places. To be shown to their landlord only."""
    return (
        select(Lease, Lot, Premises)
        .join(Lot, Lot.id == Lease.lot_id)
        .join(Premises, Premises.id == Lot.premises_id)
        .where(Lease.tenant_id.in_(tenant_ids), Lease.signed_at.is_not(None))
        .order_by(Lease.during, Lease.id)
    )


def with_places(
    paths: Select[RelocationPath],
) -> Select[RelocationPath, Lease, Lot, Premises, Organisation, Organisation, Need]:
    """The same paths with their title, lot, premises, landlord, tenant and need."""
    return (
        paths.add_columns(Lease, Lot, Premises, Landlord, Tenant, Need)
        .join(Lease, Lease.id == RelocationPath.lease_id)
        .join(Lot, Lot.id == Lease.lot_id)
        .join(Premises, Premises.id == Lot.premises_id)
        .join(Landlord, Landlord.id == RelocationPath.landlord_id)
        .join(Tenant, Tenant.id == RelocationPath.organisation_id)
        .outerjoin(Need, Need.id == RelocationPath.need_id)
    )


def steps_of(path_ids: list[int]) -> Select[RelocationStep]:
    return (
        select(RelocationStep)
        .where(RelocationStep.path_id.in_(path_ids))
        .order_by(RelocationStep.path_id, RelocationStep.due, RelocationStep.id)
    )


def offers_of(path_id: int) -> Select[RelocationOffer, Lot, Premises]:
    return (
        select(RelocationOffer, Lot, Premises)
        .join(Lot, Lot.id == RelocationOffer.lot_id)
        .join(Premises, Premises.id == Lot.premises_id)
        .where(RelocationOffer.path_id == path_id)
        .order_by(RelocationOffer.offered_at, RelocationOffer.id)
    )


def nearby(
    here: Premises, lot_id: int, exit_on: date, *, within: int | None = None
) -> Select[Lot, Premises, float | None]:
    """Published lots that can still be used after the exit, nearest first, with the distance in metres.

    `within` metres; where a distance is not known, the same commune stands for it.

    The distance is to the point that is shown: a masked owner's place is not found by measuring from three sides.
    """
    from_here = select(Here.point).where(Here.id == here.id).scalar_subquery()
    distance = func.ST_Distance(cast(shown_point(), Geography), cast(from_here, Geography))
    unknown = and_(distance.is_(None), Premises.commune_code.is_not_distinct_from(here.commune_code))
    near = true() if within is None else or_(distance <= within, unknown)
    return (
        select(Lot, Premises, cast(distance, Float).label("distance"))
        .join(Premises, Premises.id == Lot.premises_id)
        .where(
            published(),
            Lot.id != lot_id,
            near,
            or_(func.upper_inf(Lot.available), func.upper(Lot.available) > exit_on),
        )
        .order_by(cast(distance, Float).nulls_last(), Lot.id)
        .limit(LOOKED_AT)
    )


def closed_with_notes(actor: Actor) -> Select[RelocationPath]:
    """Paths whose exit is recorded, for the indicators (REL-06)."""
    return paths_visible_to(actor).where(RelocationPath.closed_at.is_not(None))
