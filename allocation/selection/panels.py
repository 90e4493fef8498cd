"""Verbs on a panel: compose it, end a seat, open the files. Seats are offered in `invitations`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import mails
from allocation.selection.models import Panel, ScoreSheet, Seat
from allocation.selection.queries import submitted
from calls.models import Application, Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Membership, Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _

# Which organisation of a person a seat stands for, by college; the first that fits.
COLLEGE_KINDS = {
    "city_ess": ("city", "epci"),
    "urban_policy": ("city", "epci"),
    "landlord": ("social_landlord", "developer", "land_trust", "private_owner"),
    "residents": ("ess_structure",),
    "expert": ("support_body", "ess_structure"),
}


@dataclass(frozen=True)
class Rules:
    """What the organiser sets for a panel before the files are opened."""

    quorum: int = 3
    readers_per_file: int = 2
    reason_below: int = 2
    reason_above: int = 4
    anonymous: bool = False
    college_weights: Mapping[str, int] = field(default_factory=dict)  # empty: one person, one voice
    college_quorums: Mapping[str, int] = field(default_factory=dict)  # voters a college must have
    meets_at: datetime | None = None


@dataclass(frozen=True)
class SeatTerms:
    """A seat as it is offered."""

    college: str
    chair: bool = False
    secretary: bool = False
    voting: bool = True
    alternate_of_id: int | None = None  # scores only once that seat is left


async def locked(db: AsyncSession, call: Call) -> Panel | None:
    """The panel's row, locked and fresh. Closing the scoring waits for it, and whoever saves a mark waits for closing."""
    found = await db.execute(
        select(Panel).where(Panel.call_id == call.id).with_for_update().execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def compose(db: AsyncSession, actor: Actor, call: Call, rules: Rules) -> Panel:
    """Make the call's panel, or change its rules. Once files are open only the meeting's date can change."""
    POLICY.check(actor, "panel.compose", call)
    await db.execute(
        insert(Panel)
        .values(call_id=call.id, created_by_id=actor.user_id)
        .on_conflict_do_nothing(index_elements=["call_id"])
    )
    panel = await locked(db, call)
    assert panel is not None
    fixed = (
        "quorum", "readers_per_file", "reason_below", "reason_above", "anonymous", "college_weights", "college_quorums",
    )  # fmt: skip
    if panel.opened_at and any(getattr(panel, name) != getattr(rules, name) for name in fixed):
        raise Refused(
            _("Les dossiers sont ouverts : les règles de la commission ne changent plus."),
            _("La date de la séance peut encore changer."),
        )
    for name in (*fixed, "meets_at"):
        setattr(panel, name, getattr(rules, name))
    await record(
        db, actor, call, "panel.compose", f"panel:{panel.id}",
        {name: getattr(panel, name) for name in fixed} | {"meets_at": panel.meets_at.isoformat() if panel.meets_at else None},
    )  # fmt: skip
    return panel


async def take_seat(db: AsyncSession, panel: Panel, user_id: int, terms: SeatTerms) -> Seat:
    """A fresh seat, or the one the person left, with its declaration to be made anew. The person has said yes."""
    known = await db.execute(select(Seat).where(Seat.panel_id == panel.id, Seat.user_id == user_id).with_for_update())
    held = known.scalar_one_or_none()
    if held is not None and held.left_at is None:
        raise Refused(_("Cette personne siège déjà dans la commission."))
    taken = held or Seat(panel_id=panel.id, user_id=user_id, created_at=clock.now())
    taken.organisation_id = await _stands_for(db, user_id, terms.college)
    taken.college, taken.chair = terms.college, terms.chair
    taken.secretary, taken.voting = terms.secretary, terms.voting
    taken.alternate_of_id = await principal(db, panel, terms.alternate_of_id, but=taken.id)
    taken.left_at = taken.declared_at = None
    db.add(taken)
    await db.flush()
    return taken


async def principal(db: AsyncSession, panel: Panel, seat_id: int | None, *, but: int | None = None) -> int | None:
    """The seat an alternate stands for: a full seat of this panel, not its own (`but`)."""
    if seat_id is None:
        return None
    found = await db.execute(
        select(Seat.id).where(
            Seat.id == seat_id, Seat.panel_id == panel.id, Seat.alternate_of_id.is_(None), Seat.voting
        )
    )
    if found.first() is None or seat_id == but:
        raise Refused(_("Un suppléant remplace un membre titulaire de cette commission."))
    return seat_id


async def _stands_for(db: AsyncSession, user_id: int, college: str) -> int | None:
    rows = await db.execute(
        select(Organisation.id, Organisation.kind)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == user_id, Membership.ended_at.is_(None))
        .order_by(Organisation.id)
    )
    held = rows.all()
    fitting = [o.id for o in held if o.kind in COLLEGE_KINDS[college]]
    return next(iter(fitting or [o.id for o in held]), None)


async def leave(db: AsyncSession, actor: Actor, call: Call, seat_id: int) -> None:
    """End a seat. Refused once it holds a submitted sheet: removing a juror must not remove marks."""
    POLICY.check(actor, "panel.compose", call)
    panel = await open_to_changes(db, call)
    found = await db.execute(select(Seat).where(Seat.id == seat_id, Seat.panel_id == panel.id).with_for_update())
    held = found.scalar_one_or_none()
    if held is None:
        raise NotFound
    if held.left_at:
        raise Refused(_("Cette personne ne siège plus."))
    scored = await db.execute(
        select(ScoreSheet.id).where(ScoreSheet.seat_id == held.id, ScoreSheet.submitted_at.is_not(None)).limit(1)
    )
    if scored.first():
        raise Refused(_("Cette personne a déjà validé des fiches : son siège ne peut plus être retiré."))
    held.left_at, held.chair = clock.now(), False
    await record(db, actor, call, "panel.leave", f"seat:{held.id}", {"user": held.user_id})


async def open_files(db: AsyncSession, actor: Actor, call: Call) -> Panel:
    """The opening act (AMI-06): once, after closing; the journal holds the count and each file's hash."""
    POLICY.check(actor, "panel.open", call)
    panel = await locked(db, call)
    if panel is None:
        raise Refused(_("L’appel n’a pas encore de commission."), _("Composez-la avant d’ouvrir les dossiers."))
    if panel.opened_at:
        raise Refused(_("Les dossiers sont déjà ouverts."))
    rows = await db.execute(
        select(Application.number, Application.content_sha256).where(submitted(call.id)).order_by(Application.number)
    )
    files = [{"number": row.number, "sha256": row.content_sha256} for row in rows]
    panel.opened_at, panel.opened_by_id = clock.now(), actor.user_id
    await record(db, actor, call, "panel.open", f"panel:{panel.id}", {"count": len(files), "files": files})
    await mails.opened(db, call, panel)
    return panel


async def open_to_changes(db: AsyncSession, call: Call) -> Panel:
    panel = await locked(db, call)
    if panel is None:
        raise Refused(_("L’appel n’a pas encore de commission."), _("Enregistrez d’abord ses règles."))
    if panel.scoring_closed_at:
        raise Refused(_("La notation est close : la composition de la commission ne change plus."))
    return panel


async def record(
    db: AsyncSession, actor: Actor, call: Call, action: str, subject: str, facts: dict[str, object]
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=subject, facts=facts, actor_id=actor.user_id,
        organisation_id=call.organiser_id,
    )  # fmt: skip
