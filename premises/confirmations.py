"""Listings that stay true: an owner confirms them every three months; after six, a listing is shown as not confirmed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, mail
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Mandate, Membership, User
from intervalle.accounts.policy import WRITE
from intervalle.i18n import _, day, ngettext
from intervalle.settings import settings
from premises import queries, supply
from premises.models import Premises

ASK_AFTER = timedelta(days=90)
STALE_AFTER = timedelta(days=180)
AGAIN_AFTER = 30  # days between two reminders to the same person


def said_at() -> ColumnElement[datetime]:
    return func.coalesce(Premises.confirmed_at, Premises.published_at)


def to_confirm(now: datetime) -> ColumnElement[bool]:
    return and_(queries.published(), said_at() <= now - ASK_AFTER)


def is_stale(premises: Premises, now: datetime) -> bool:
    said = premises.confirmed_at or premises.published_at
    return said is not None and premises.withdrawn_at is None and said <= now - STALE_AFTER


def waiting_for(actor: Actor) -> Select[Premises]:
    """One's own listings that nobody confirmed for three months, the oldest first."""
    mine = Premises.owner_id.in_(actor.organisations(WRITE, scope="premises"))
    return select(Premises).where(mine, to_confirm(clock.now())).order_by(said_at(), Premises.id)


async def confirm_all(db: AsyncSession, actor: Actor, listings: Sequence[Premises]) -> int:
    """Each listing is confirmed by its own act, in one order for everybody."""
    for premises in sorted(listings, key=lambda p: p.id):
        await supply.confirm(db, actor, premises)
    return len(listings)


def _people() -> Select[int, str, int, str, datetime]:
    """(person, address, premises, name, said at): members who write for the owner or for its agent under a mandate."""
    acting = select(Mandate.agent_id).where(
        Mandate.grantor_id == Premises.owner_id, Mandate.revoked_at.is_(None), Mandate.during.contains(clock.today()),
        Mandate.scope.in_(("premises", "everything")),
    )  # fmt: skip
    return (
        select(User.id, User.email, Premises.id, Premises.name, said_at())
        .join(Membership, Membership.user_id == User.id)
        .join(Premises, or_(Membership.organisation_id == Premises.owner_id, Membership.organisation_id.in_(acting)))
        .where(
            Membership.ended_at.is_(None), Membership.role.in_(("admin", "editor")), User.disabled_at.is_(None),
            to_confirm(clock.now()),
        )
        .distinct()
        .order_by(User.id, said_at(), Premises.id)
    )  # fmt: skip


async def remind(db: AsyncSession) -> int:
    """One mail per person with all that waits, at most once in AGAIN_AFTER days; gives how many were written now."""
    waiting: dict[tuple[int, str], list[str]] = {}
    for user_id, email, _premises_id, name, said in await db.execute(_people()):
        line = _("– %(name)s, confirmé le %(day)s", name=name, day=day(said))
        waiting.setdefault((user_id, email), []).append(line)
    turn = clock.today().toordinal() // AGAIN_AFTER
    written = 0
    for (user_id, email), lines in waiting.items():
        message = await mail.post(
            db, to=email, user_id=user_id, kind="premises.to_confirm", dedupe=f"premises.to_confirm:{user_id}:{turn}",
            subject=ngettext("Une fiche de local à confirmer", "%(n)s fiches de locaux à confirmer", len(lines)),
            text=_(
                "Bonjour,\n\nCes fiches sont publiées et personne ne les a confirmées depuis trois mois :\n%(lines)s\n\n"
                "Connectez-vous, puis confirmez d’un bouton celles qui sont toujours exactes :\n%(url)s\n",
                lines="\n".join(lines[:50]), url=f"{settings().base_url}/locaux/a-confirmer",
            ),
        )  # fmt: skip
        written += message is not None
    return written
