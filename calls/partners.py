"""Partners: a lot too large or too dear for one, and two needs that accept to share it. Proposed without a name.

A structure writes to the other through the register; names are shown once the other accepts, as for an owner.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import false, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calls import mails, pairing
from calls.match_rules import busy_times, obstacle_flags
from calls.need_facts import facts_of, offer_of
from calls.need_models import Need, NeedContact
from intervalle import clock, journal, later
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _
from premises.models import Lot, Premises

LOOKED_AT = 60  # needs that accept to share, per lot: the largest first
SHOWN = 4


@dataclass(frozen=True, slots=True)
class Together:
    """Two needs in one lot."""

    one: Need
    other: Need
    turns: bool
    lot: Lot
    premises: Premises


async def _sharers(db: AsyncSession, lots: Sequence[Lot]) -> dict[int, list[Need]]:
    """Open needs that accept to share and that only size or price can keep away, by lot. One query."""
    flags = [func.coalesce(flag, false()) for code, flag in obstacle_flags().items() if code not in pairing.SHARED]
    rank = func.row_number().over(partition_by=Lot.id, order_by=(Need.area_min.desc(), Need.id)).label("rank")
    found = (
        select(Need.id.label("need_id"), Lot.id.label("lot_id"), rank)
        .select_from(Need).join(Lot, literal(True)).join(Premises, Premises.id == Lot.premises_id)
        .where(Lot.id.in_([lot.id for lot in lots]), Need.closed_at.is_(None), Need.sharing, ~or_(*flags))
        .subquery()
    )  # fmt: skip
    rows = await db.execute(
        select(Need, found.c.lot_id)
        .join(found, found.c.need_id == Need.id)
        .where(found.c.rank <= LOOKED_AT)
        .order_by(found.c.lot_id, found.c.rank)
    )
    by_lot: dict[int, list[Need]] = {}
    for need, lot_id in rows:
        by_lot.setdefault(lot_id, []).append(need)
    return by_lot


async def of_lots(
    db: AsyncSession, places: Sequence[tuple[Lot, Premises]], *, with_need: Need | None = None
) -> dict[int, list[Together]]:
    """By lot, the pairs that fill it best first; with `with_need`, only those it is part of, itself in `one`."""
    if not places:
        return {}
    sharers = await _sharers(db, [lot for lot, _premises in places])
    busy = await busy_times(db, [lot for lot, _premises in places])
    found: dict[int, list[Together]] = {}
    for lot, premises in places:
        needs, offer = sharers.get(lot.id, []), offer_of(lot, premises, busy.get(lot.id, ()))
        fitting = sorted(pairing.pairs([facts_of(need) for need in needs], offer), key=lambda pair: -pair.area)
        for pair in fitting:
            one, other = needs[pair.first], needs[pair.second]
            if with_need is not None and other.id == with_need.id:
                one, other = other, one
            if one.organisation_id == other.organisation_id or (with_need is not None and one.id != with_need.id):
                continue
            shown = found.setdefault(lot.id, [])
            if len(shown) < SHOWN:
                shown.append(Together(one, other, pair.turns, lot, premises))
    return found


async def find(db: AsyncSession, need: Need, other_id: int, lot: Lot, premises: Premises) -> Together:
    """The pair, as it stands now; raises NotFound when the two do not fit there together (any more)."""
    if need.closed_at is None and need.sharing:
        for pair in (await of_lots(db, [(lot, premises)], with_need=need)).get(lot.id, []):
            if pair.other.id == other_id:
                return pair
    raise NotFound


async def propose(db: AsyncSession, actor: Actor, pair: Together, *, message: str) -> NeedContact:
    """One structure writes to the other about this lot. Asked once; the other answers on the page of its need."""
    need, other = pair.one, pair.other
    POLICY.check(actor, "needs.edit", need)
    if other.closed_at is not None:
        raise Refused(_("Cette structure ne cherche plus."), _("Choisissez un autre besoin."))
    values = {
        "need_id": other.id, "organisation_id": need.organisation_id, "from_need_id": need.id, "lot_id": pair.lot.id,
        "message": message, "asked_at": clock.now(), "asked_by_id": actor.user_id,
    }  # fmt: skip
    written = await db.execute(insert(NeedContact).values(values).on_conflict_do_nothing().returning(NeedContact.id))
    new = written.scalar_one_or_none()
    same = (NeedContact.need_id == other.id, NeedContact.organisation_id == need.organisation_id)
    contact = (await db.execute(select(NeedContact).where(*same))).scalar_one()
    if new is None:
        return contact
    asking = (await db.execute(select(Organisation).where(Organisation.id == need.organisation_id))).scalar_one()
    await mails.tell(
        db, [other.organisation_id], kind="needs.contact_asked", dedupe=f"need-contact:{contact.id}",
        subject=later._("%(name)s vous propose de partager %(place)s", name=asking.name, place=pair.premises.name),
        text=later._(
            "%(name)s cherche comme vous, et vos deux besoins tiendraient ensemble dans %(place)s, %(lot)s. Sans connaître votre nom, "
            "cette structure vous écrit :\n\n%(words)s\n\nSi vous acceptez, vos coordonnées lui seront montrées : %(link)s\n",
            name=asking.name, place=pair.premises.name, lot=pair.lot.name, words=message, link=mails.address(f"/besoins/{other.id}"),
        ),
    )  # fmt: skip
    await journal.record(
        db, chain=f"organisation:{need.organisation_id}", action="needs.partner_asked", subject=f"need:{need.id}", actor_id=actor.user_id,
        organisation_id=need.organisation_id, facts={"contact": contact.id, "lot": pair.lot.id},
    )  # fmt: skip
    return contact
