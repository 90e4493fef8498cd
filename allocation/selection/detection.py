"""Reads what the tables hold about links between jurors and applicants, for `conflicts.detect`."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection.conflicts import File, Finding, Juror, Structure, detect
from allocation.selection.models import Panel, Recusal, Seat
from allocation.selection.queries import submitted
from calls.models import Application, ApplicationMember
from intervalle import clock
from intervalle.accounts.models import Membership, Organisation

THREE_YEARS = timedelta(days=3 * 365 + 1)  # the longest three years there are
# Who houses whom is known to the leases room, above. Each answers, for landlords: landlord id -> tenant ids.
HOUSING: list[Callable[[AsyncSession, frozenset[int]], Awaitable[dict[int, frozenset[int]]]]] = []


async def findings(db: AsyncSession, panel: Panel, *, seat_id: int | None = None) -> list[Finding]:
    """Links between the panel's seats (or one of them) and the call's files that are not recorded as a recusal yet."""
    wanted = select(Seat).where(Seat.panel_id == panel.id, Seat.left_at.is_(None)).order_by(Seat.id)
    seats = list((await db.execute(wanted.where(Seat.id == seat_id) if seat_id else wanted)).scalars())
    found = detect(await _jurors(db, seats), await _files(db, panel.call_id))
    known = await db.execute(
        select(Recusal.seat_id, Recusal.application_id).where(Recusal.seat_id.in_([s.id for s in seats]))
    )
    recorded = {tuple(row) for row in known}  # a lifted one too: a named person has judged it
    return [f for f in found if (f.seat_id, f.application_id) not in recorded]


async def _jurors(db: AsyncSession, seats: list[Seat]) -> list[Juror]:
    since = clock.now() - THREE_YEARS
    rows = await db.execute(
        select(Membership.user_id, Membership.organisation_id).where(
            Membership.user_id.in_([s.user_id for s in seats]),
            or_(Membership.ended_at.is_(None), Membership.ended_at > since),
        )
    )
    members: defaultdict[int, set[int]] = defaultdict(set)
    for user_id, organisation_id in rows:
        members[user_id].add(organisation_id)
    employers = await _structures(db, {s.organisation_id for s in seats if s.organisation_id})
    housed = await _housed(db, frozenset(employers))
    return [
        Juror(
            s.id, s.user_id, employers.get(s.organisation_id or 0), frozenset(members[s.user_id]),
            housed.get(s.organisation_id or 0, frozenset()),
        )
        for s in seats
    ]  # fmt: skip


async def _housed(db: AsyncSession, landlords: frozenset[int]) -> dict[int, frozenset[int]]:
    housed: dict[int, frozenset[int]] = {}
    for ask in HOUSING:
        for landlord, tenants in (await ask(db, landlords)).items():
            housed[landlord] = housed.get(landlord, frozenset()) | tenants
    return housed


async def _files(db: AsyncSession, call_id: int) -> list[File]:
    applications = list(
        (await db.execute(select(Application).where(submitted(call_id)).order_by(Application.number))).scalars()
    )
    partners = await group_members(db, [a.id for a in applications])
    standing = {a.id: [a.organisation_id, *partners.get(a.id, [])] for a in applications}
    structures = await _structures(db, {o for members in standing.values() for o in members})
    return [
        File(
            a.id,
            tuple(structures[o] for o in standing[a.id]),
            frozenset(i for i in (a.created_by_id, a.submitted_by_id) if i),
        )
        for a in applications
    ]


async def group_members(db: AsyncSession, application_ids: Iterable[int]) -> dict[int, list[int]]:
    """Application -> organisations that take part beside the lead, those who declined or left apart."""
    rows = await db.execute(
        select(ApplicationMember.application_id, ApplicationMember.organisation_id)
        .where(ApplicationMember.application_id.in_(list(application_ids)), ApplicationMember.left_at.is_(None))
        .order_by(ApplicationMember.id)
    )
    members: defaultdict[int, list[int]] = defaultdict(list)
    for application_id, organisation_id in rows:
        members[application_id].append(organisation_id)
    return members


async def _structures(db: AsyncSession, ids: set[int]) -> dict[int, Structure]:
    rows = list(
        (
            await db.execute(
                select(Organisation).where(or_(Organisation.id.in_(ids), Organisation.successor_of_id.in_(ids)))
            )
        ).scalars()
    )
    heirs: defaultdict[int, set[int]] = defaultdict(set)
    for o in rows:
        if o.successor_of_id:
            heirs[o.successor_of_id].add(o.id)
    return {
        o.id: Structure(
            o.id, o.name, o.siren or o.siret, o.address, o.commune_code,
            frozenset(heirs[o.id] | ({o.successor_of_id} if o.successor_of_id else set())),
        )
        for o in rows
    }  # fmt: skip
