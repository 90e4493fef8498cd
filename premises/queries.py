"""What may be seen of the supply. Authorisation is the query: what these leave out is a 404."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true

from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.outbox import StoredFile
from premises.models import Document, Lot, Occupancy, Photo, Premises


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


def photo_scans(premises_id: int) -> Select[int, str]:
    """What the antivirus said of each photo."""
    rows = select(Photo.id, StoredFile.scan).join(StoredFile, StoredFile.id == Photo.file_id)
    return rows.where(Photo.premises_id == premises_id)


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


def shown_point() -> ColumnElement[Any]:
    """The point to show: where the owner is masked, aside of the true one by a step of the place's own (guards.MAP)."""
    return Premises.shown.expression
