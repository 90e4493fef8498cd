"""What may be seen of the supply. Authorisation is the query: what these leave out is a 404."""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, func, literal, or_, select, true

from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.outbox import StoredFile
from intervalle.settings import settings
from premises.models import Document, Lot, Occupancy, Photo, Premises

# A masked place is shown 150 to 277 m away, always at the same point for the same premises.
MASK_METRES, MASK_SPREAD = 150, 127
METRES_PER_DEGREE = 111_320


def published() -> ColumnElement[bool]:
    return and_(Premises.published_at.is_not(None), Premises.withdrawn_at.is_(None))


def own(actor: Actor) -> ColumnElement[bool]:
    """Premises of the actor's organisations, and of the owners they act for: only while the mandate is in force."""
    return Premises.owner_id.in_(actor.organisations(scope="premises"))


def visible(actor: Actor) -> ColumnElement[bool]:
    if actor.system:
        return true()
    return or_(published(), own(actor)) if actor.signed_in else published()


def premises_visible_to(actor: Actor) -> Select[Premises]:
    """Published ones for everybody; drafts and withdrawn ones for their owner and manager."""
    return select(Premises).where(visible(actor))


def premises_of(actor: Actor) -> Select[Premises]:
    return select(Premises).where(own(actor)).order_by(Premises.published_at.desc().nulls_first(), Premises.id.desc())


def lots_visible_to(actor: Actor) -> Select[Lot]:
    return select(Lot).join(Premises, Premises.id == Lot.premises_id).where(visible(actor))


def lots_in(premises_ids: Iterable[int]) -> Select[Lot]:
    return select(Lot).where(Lot.premises_id.in_(list(premises_ids))).order_by(Lot.premises_id, Lot.label)


def occupancies_in(lot_ids: Iterable[int]) -> Select[Occupancy]:
    return (
        select(Occupancy)
        .where(Occupancy.lot_id.in_(list(lot_ids)))
        .order_by(Occupancy.lot_id, func.lower(Occupancy.during))
    )


def photos_of(premises_ids: Iterable[int]) -> Select[Photo]:
    return (
        select(Photo)
        .where(Photo.premises_id.in_(list(premises_ids)))
        .order_by(Photo.premises_id, Photo.position, Photo.id)
    )


def documents_of(premises_id: int, *, public: bool = False) -> Select[Document, StoredFile]:
    """With the file of each; `public`: only those shown with the page."""
    rows = (
        select(Document, StoredFile)
        .join(StoredFile, StoredFile.id == Document.file_id)
        .where(Document.premises_id == premises_id)
        .order_by(Document.title, Document.id)
    )
    return rows.where(Document.public) if public else rows


def owner_names(premises_ids: Iterable[int]) -> Select[int, str]:
    """Names to show; a masked owner's is not among them."""
    return (
        select(Premises.id, Organisation.name)
        .join(Organisation, Organisation.id == Premises.owner_id)
        .where(Premises.id.in_(list(premises_ids)), Premises.owner_masked.is_(False))
    )


def _mask_seed() -> int:
    """Ties the offset to the deployment's secret: the id is public, and so is this code."""
    digest = hmac.new(settings().secret.encode(), b"masked points", hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def shown_point() -> ColumnElement[Any]:
    """The point to show: shifted by a fixed offset, drawn from the id and the secret, where the owner is masked."""
    drawn = func.hashint8extended(Premises.id, literal(_mask_seed(), BigInteger))
    turn = func.radians(drawn.op("&")(4095) * 360.0 / 4096)
    metres = drawn.op(">>")(12).op("&")(MASK_SPREAD) + MASK_METRES
    east = metres * func.cos(turn) / (METRES_PER_DEGREE * func.cos(func.radians(func.ST_Y(Premises.point))))
    shifted = func.ST_Translate(Premises.point, east, metres * func.sin(turn) / METRES_PER_DEGREE)
    return case((Premises.owner_masked, shifted), else_=Premises.point)
