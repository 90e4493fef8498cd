"""What may be seen of TFPB agreements and programmes. Each function returns a Select; a row left out is a 404."""

from sqlalchemy import Select, and_, func, or_, select

from allocation.assignment.models import Award
from allocation.leases.models import Lease
from allocation.leases.queries import Tenant
from allocation.tfpb.axes import LEASE_AXIS
from allocation.tfpb.models import TfpbAction, TfpbAgreement, TfpbLine, TfpbProgramme
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.territory.models import QpvPerimeter
from premises.models import Lot, Premises


def agreements_visible_to(actor: Actor) -> Select[TfpbAgreement]:
    """Agreements of the landlords one belongs to, or acts for."""
    if actor.system:
        return select(TfpbAgreement)
    return select(TfpbAgreement).where(TfpbAgreement.landlord_id.in_(actor.organisations()))


def programmes_visible_to(actor: Actor) -> Select[TfpbProgramme]:
    mine = agreements_visible_to(actor).with_only_columns(TfpbAgreement.id)
    return select(TfpbProgramme).where(TfpbProgramme.agreement_id.in_(mine))


def actions_visible_to(actor: Actor) -> Select[TfpbAction]:
    mine = programmes_visible_to(actor).with_only_columns(TfpbProgramme.id)
    return select(TfpbAction).where(TfpbAction.programme_id.in_(mine))


def with_places(agreements: Select[TfpbAgreement]) -> Select[TfpbAgreement, Organisation, QpvPerimeter]:
    """The same agreements with their landlord and the perimeter, when it was imported."""
    return (
        agreements.add_columns(Organisation, QpvPerimeter)
        .join(Organisation, Organisation.id == TfpbAgreement.landlord_id)
        .outerjoin(
            QpvPerimeter,
            and_(QpvPerimeter.code == TfpbAgreement.qpv_code, QpvPerimeter.vintage == TfpbAgreement.qpv_vintage),
        )
        .order_by(Organisation.name, TfpbAgreement.qpv_code, TfpbAgreement.first_year, TfpbAgreement.id)
    )


def valued_by_programme(agreement_ids: list[int]) -> Select[int, int, int]:
    """Programmes of these agreements: (agreement, programme, cents valued by live lines)."""
    return (
        select(TfpbProgramme.agreement_id, TfpbProgramme.id, func.coalesce(func.sum(TfpbLine.amount_cents), 0))
        .outerjoin(TfpbAction, TfpbAction.programme_id == TfpbProgramme.id)
        .outerjoin(TfpbLine, and_(TfpbLine.action_id == TfpbAction.id, TfpbLine.superseded_at.is_(None)))
        .where(TfpbProgramme.agreement_id.in_(agreement_ids))
        .group_by(TfpbProgramme.agreement_id, TfpbProgramme.id)
    )


def lines_of(programme_id: int) -> Select[TfpbLine, TfpbAction]:
    """Every line of a programme, superseded ones too, in the order they were written."""
    return (
        select(TfpbLine, TfpbAction)
        .join(TfpbAction, TfpbAction.id == TfpbLine.action_id)
        .where(TfpbAction.programme_id == programme_id)
        .order_by(TfpbLine.created_at, TfpbLine.id)
    )


def lines_of_lease(lease_id: int) -> Select[TfpbLine, TfpbAction, TfpbProgramme, TfpbAgreement]:
    return (
        select(TfpbLine, TfpbAction, TfpbProgramme, TfpbAgreement)
        .join(TfpbAction, TfpbAction.id == TfpbLine.action_id)
        .join(TfpbProgramme, TfpbProgramme.id == TfpbAction.programme_id)
        .join(TfpbAgreement, TfpbAgreement.id == TfpbProgramme.agreement_id)
        .where(TfpbLine.lease_id == lease_id)
        .order_by(TfpbLine.year, TfpbLine.created_at, TfpbLine.id)
    )


def valued_of_call(actor: Actor, call_id: int) -> Select[int, str, str, int, int]:
    """What the titles of a call's awards are worth in one's programmes: (year, landlord, neighbourhood, cents, agreement)."""
    return (
        select(
            TfpbProgramme.year, Organisation.name, TfpbAgreement.qpv_code, func.sum(TfpbLine.amount_cents), TfpbAgreement.id
        )
        .join(TfpbAction, TfpbAction.programme_id == TfpbProgramme.id)
        .join(TfpbLine, and_(TfpbLine.action_id == TfpbAction.id, TfpbLine.superseded_at.is_(None)))
        .join(TfpbAgreement, TfpbAgreement.id == TfpbProgramme.agreement_id)
        .join(Organisation, Organisation.id == TfpbAgreement.landlord_id)
        .join(Lease, Lease.id == TfpbLine.lease_id)
        .join(Award, Award.id == Lease.award_id)
        .where(
            Award.call_id == call_id,
            TfpbAgreement.id.in_(agreements_visible_to(actor).with_only_columns(TfpbAgreement.id)),
        )
        .group_by(TfpbProgramme.year, Organisation.name, TfpbAgreement.qpv_code, TfpbAgreement.id)
        .order_by(TfpbProgramme.year, TfpbAgreement.id)
    )  # fmt: skip


def actions_for_lease(actor: Actor, landlord_id: int) -> Select[TfpbAction, TfpbProgramme, TfpbAgreement]:
    """Actions that could count a title of this landlord: those of its own programmes, of the axis of premises."""
    return (
        select(TfpbAction, TfpbProgramme, TfpbAgreement)
        .join(TfpbProgramme, TfpbProgramme.id == TfpbAction.programme_id)
        .join(TfpbAgreement, TfpbAgreement.id == TfpbProgramme.agreement_id)
        .where(
            TfpbAgreement.landlord_id == landlord_id,
            TfpbAgreement.landlord_id.in_(actor.organisations()),
            TfpbAction.axis == LEASE_AXIS,
        )
        .order_by(TfpbProgramme.year.desc(), TfpbAction.axis, TfpbAction.id)
    )


def in_perimeter(premises_id: int, agreement: TfpbAgreement) -> Select[bool | None]:
    """Whether the premises' point is in the agreement's perimeter: no row when that perimeter was not imported."""
    named = and_(QpvPerimeter.code == agreement.qpv_code, QpvPerimeter.vintage == agreement.qpv_vintage)
    return (
        select(func.ST_Covers(QpvPerimeter.outline, Premises.point))
        .select_from(Premises)
        .join(QpvPerimeter, named)
        .where(Premises.id == premises_id)
    )


def leases_to_value(programme: TfpbProgramme, agreement: TfpbAgreement) -> Select[Lease, Lot, Premises, Organisation]:
    """Signed titles on the landlord's lots of the quarter, in that year, that no live line counts."""
    counted = (
        select(TfpbLine.id)
        .where(
            TfpbLine.lease_id == Lease.id, TfpbLine.year == programme.year, TfpbLine.kind == "lease",
            TfpbLine.superseded_at.is_(None),
        )
        .exists()
    )  # fmt: skip
    inside = (
        select(QpvPerimeter.id)
        .where(
            QpvPerimeter.code == agreement.qpv_code, QpvPerimeter.vintage == agreement.qpv_vintage,
            func.ST_Covers(QpvPerimeter.outline, Premises.point),
        )
        .exists()
    )  # fmt: skip
    return (
        select(Lease, Lot, Premises, Tenant)
        .join(Lot, Lot.id == Lease.lot_id)
        .join(Premises, Premises.id == Lot.premises_id)
        .join(Tenant, Tenant.id == Lease.tenant_id)
        .where(
            Lease.landlord_id == agreement.landlord_id,
            Lease.signed_at.is_not(None),
            Lease.during.op("&&")(func.daterange(_new_year(programme.year), _new_year(programme.year + 1))),
            or_(Premises.qpv_code == agreement.qpv_code, inside),
            ~counted,
        )
        .order_by(Tenant.name, Lease.id)
    )


def _new_year(year: int) -> object:
    return func.make_date(year, 1, 1)
