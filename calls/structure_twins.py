"""Structures written down twice: proposed with their signs, decided by a person, and the decision stays.

An authority types a structure at the desk; the structure signs up later under its own name. Both records are kept: what was
signed or sent under one stays true. « The same » lets those who act for the one that is kept act for the other as well, by
a mandate from that day; nobody gains an access that its own members did not have, so a record with other members is refused.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, union
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from calls import likeness
from calls.likeness import Traits
from calls.models import Application
from calls.need_models import Need
from intervalle import clock, journal
from intervalle.accounts import joining, profiles
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Mandate, Membership, Organisation, Sameness, User
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _

NAMES = 0.5  # trigrams in common, to be looked at; `likeness` then says whether the names are nearly the same
MOST = 200


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records and what they share (keys of `likeness.SIGNS`)."""

    first: Organisation
    second: Organisation
    signs: list[str]


async def typed_by(db: AsyncSession, organisation_id: int) -> set[int]:
    """Authorities that wrote this structure down: a file received on paper, a request at the desk."""
    typed = union(
        select(Application.typed_by_id).where(Application.organisation_id == organisation_id),
        select(Need.typed_by_id).where(Need.organisation_id == organisation_id),
    ).subquery()
    return {one for one in (await db.execute(select(typed.c.typed_by_id))).scalars() if one}


joining.KNOWN_BY.append(typed_by)


def _typed_here(actor: Actor) -> Select[int | None]:
    acts = actor.own(WRITE)
    typed = union(
        select(Application.organisation_id).where(Application.typed_by_id.in_(acts), Application.submitted_at.is_not(None)),
        select(Need.organisation_id).where(Need.typed_by_id.in_(acts)),
    ).subquery()  # fmt: skip
    return select(typed.c.organisation_id)


async def found(db: AsyncSession, actor: Actor) -> list[Pair]:
    """Pairs still to decide: one of the two was typed by this person's authority, both are among what they may see."""
    first, second = aliased(Organisation), aliased(Organisation)
    seen = profiles.visible_to(actor).with_only_columns(Organisation.id)
    alike = or_(
        first.rna == second.rna,
        func.lower(first.email) == func.lower(second.email),
        first.phone == second.phone,
        and_(
            func.similarity(func.plain_text(first.name), func.plain_text(second.name)) > NAMES,
            func.coalesce(first.commune_code == second.commune_code, True),
        ),
    )
    decided = select(Sameness.id).where(
        Sameness.first_id == func.least(first.id, second.id), Sameness.second_id == func.greatest(first.id, second.id)
    )
    two_numbers = func.coalesce(first.siren != second.siren, False)  # two legal persons, whatever their names
    rows = await db.execute(
        select(first, second)
        .join(second, and_(second.id != first.id, alike))
        .where(
            first.id.in_(_typed_here(actor)), second.id.in_(seen.union(_typed_here(actor))), ~two_numbers, ~decided.exists(),
            second.kind == "ess_structure", ~_follows(first, second),
        )
        .order_by(first.id, second.id)
        .limit(MOST)
    )  # fmt: skip
    pairs = {tuple(sorted((one.id, other.id))): (one, other) for one, other in rows}
    told = []
    for one, other in pairs.values():
        signs = [sign for found in likeness.alike([_traits(one), _traits(other)]).values() for sign in found]
        if signs:
            told.append(Pair(one, other, signs))
    return told


def _follows(first: type[Organisation], second: type[Organisation]) -> ColumnElement[bool]:
    """One is the other in another legal form."""
    return func.coalesce(first.successor_of_id == second.id, False) | func.coalesce(second.successor_of_id == first.id, False)  # fmt: skip


def _traits(one: Organisation) -> Traits:
    return Traits(
        one.id, siren=one.siren or "", rna=one.rna or "", emails=frozenset({one.email.lower()} if one.email else ()),
        phone=one.phone or "", address=f"{one.address} {one.commune_code or ''}" if one.address else "", name=one.name,
    )  # fmt: skip


async def decided(db: AsyncSession, actor: Actor) -> list[Row[Sameness, Organisation, Organisation, str]]:
    """What one's authorities decided, the latest first."""
    first, second = aliased(Organisation), aliased(Organisation)
    rows = await db.execute(
        select(Sameness, first, second, User.name)
        .join(first, first.id == Sameness.first_id)
        .join(second, second.id == Sameness.second_id)
        .join(User, User.id == Sameness.decided_by_id)
        .where(Sameness.organisation_id.in_(actor.own(WRITE)))
        .order_by(Sameness.decided_at.desc(), Sameness.id.desc())
        .limit(MOST)
    )
    return list(rows.all())


async def decide(
    db: AsyncSession, actor: Actor, first_id: int, second_id: int, *, kept_id: int | None, motive: str
) -> Sameness:
    """One structure (`kept_id` speaks for both) or two (None), with its motive; the same decision twice is one.

    Raises NotFound for a pair that is not proposed to this person, Refused when the other record has members of its own,
    or when the record with the SIREN would be the one left aside.
    """
    POLICY.check(actor, "structures.decide_twins")
    pairs = {frozenset((pair.first.id, pair.second.id)): pair for pair in await found(db, actor)}
    pair = pairs.get(frozenset((first_id, second_id)))
    low, high = sorted((first_id, second_id))
    if pair is None:
        same = select(Sameness).where(Sameness.first_id == low, Sameness.second_id == high, Sameness.organisation_id.in_(actor.own(WRITE)))  # fmt: skip
        if (known := (await db.execute(same)).scalar_one_or_none()) and known.kept_id == kept_id:
            return known
        raise NotFound
    if kept_id not in {None, low, high}:
        raise NotFound
    if not motive.strip():
        raise Refused(_("Écrivez le motif : il est gardé au journal."))
    locked = select(Organisation).where(Organisation.id.in_((low, high))).order_by(Organisation.id).with_for_update()
    by_id = {one.id: one for one in (await db.execute(locked)).scalars()}
    if kept_id is not None:
        await _join(db, by_id[kept_id], by_id[high if kept_id == low else low])
    authorities = [await typed_by(db, one) & actor.own(WRITE) for one in (low, high)]
    made = Sameness(
        first_id=low, second_id=high, kept_id=kept_id, motive=motive.strip(), decided_at=clock.now(), decided_by_id=actor.user_id,
        organisation_id=min(authorities[0] | authorities[1]),
    )  # fmt: skip
    db.add(made)
    await db.flush()
    for one in (low, high):
        await journal.record(
            db, chain=f"organisation:{one}", action="structures.decide_twins", subject=f"organisation:{one}", actor_id=actor.user_id,
            organisation_id=made.organisation_id, facts={"pair": [low, high], "kept": kept_id, "motive": made.motive},
        )  # fmt: skip
    return made


async def _join(db: AsyncSession, kept: Organisation, other: Organisation) -> None:
    if other.siren and not kept.siren:
        raise Refused(
            _("Gardez la fiche qui porte le SIREN : c’est elle qui pourra signer."), _("Choisissez l’autre fiche.")
        )
    people = {}
    for one in (kept, other):
        rows = await db.execute(
            select(Membership.user_id).where(Membership.organisation_id == one.id, Membership.ended_at.is_(None))
        )
        people[one.id] = set(rows.scalars())
    if people[other.id] - people[kept.id]:
        raise Refused(
            _("Des personnes agissent déjà pour %(name)s : vous ne décidez pas à leur place.", name=other.name),
            _("Gardez cette fiche-là, ou demandez-leur de rejoindre l’autre depuis leur compte."),
        )
    db.add(Mandate(grantor_id=other.id, agent_id=kept.id, scope="everything", during=Range(clock.today(), None)))
