"""Whose stock a diagnosis is about: a commune, an EPCI or EPT, a QPV perimeter, or an owner.

The address carries it as one key: `c35238`, `e243500139`, `qQN03502M`, `o12`.
"""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import OWNER_KINDS, Organisation
from intervalle.i18n import _
from intervalle.territory.models import Commune, Intercommunality, QpvPerimeter
from premises import queries
from premises.models import Premises

KEY = re.compile(r"([ceo])(\w{1,12})|q(Q\w{4,11})")


@dataclass(frozen=True)
class Scope:
    """kind: c (commune), e (EPCI or EPT), q (QPV), o (owner); `communes`: the Insee codes it reaches."""

    kind: str
    code: str
    name: str
    communes: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"{self.kind}{self.code}"


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """What a diagnosis counts: what is published, and one's own whatever its state."""
    return or_(queries.published(), queries.own(actor))


def inside(scope: Scope, actor: Actor) -> ColumnElement[bool]:
    """Premises of the scope. A masked owner's place is never found through its owner by somebody else."""
    if scope.kind == "o":
        named = or_(Premises.owner_masked.is_(False), queries.own(actor))
        return and_(Premises.owner_id == int(scope.code), named)
    if scope.kind == "q":
        there = exists().where(QpvPerimeter.code == scope.code, func.ST_Covers(QpvPerimeter.outline, Premises.point))
        return or_(Premises.qpv_code == scope.code, and_(Premises.qpv_by_hand.is_(False), there))
    return Premises.commune_code.in_(scope.communes)


async def read(db: AsyncSession, actor: Actor, key: str) -> Scope | None:
    """The scope an address names; None when nothing carries that code."""
    if not KEY.fullmatch(key) or (key[0] == "o" and not (key[1:].isdecimal() and len(key) < 12)):
        return None
    kind, code = key[0], key[1:]
    finder = {"c": _commune, "e": _intercommunality, "q": _qpv, "o": _owner}[kind]
    return await finder(db, actor, code)


async def _commune(db: AsyncSession, actor: Actor, code: str) -> Scope | None:
    name = (await db.execute(select(Commune.name).where(Commune.code == code))).scalar_one_or_none()
    return Scope("c", code, name, (code,)) if name else None


async def _intercommunality(db: AsyncSession, actor: Actor, code: str) -> Scope | None:
    rows = await db.execute(
        select(Intercommunality.name, Commune.code)
        .join(Commune, or_(Commune.epci_code == Intercommunality.code, Commune.ept_code == Intercommunality.code))
        .where(Intercommunality.code == code)
        .order_by(Commune.code)
    )
    found = rows.all()
    return Scope("e", code, found[0][0], tuple(r[1] for r in found)) if found else None


async def _qpv(db: AsyncSession, actor: Actor, code: str) -> Scope | None:
    rows = await db.execute(
        select(QpvPerimeter.name, QpvPerimeter.communes)
        .where(QpvPerimeter.code == code)
        .order_by(QpvPerimeter.vintage.desc())
        .limit(1)
    )
    row = rows.one_or_none()
    return Scope("q", code, _("QPV %(name)s", name=row[0]), tuple(row[1].split())) if row else None


async def _owner(db: AsyncSession, actor: Actor, code: str) -> Scope | None:
    """An owner of something published under its name, or one's own organisation."""
    named = and_(queries.published(), Premises.owner_masked.is_(False))
    known = exists().where(Premises.owner_id == Organisation.id, or_(named, queries.own(actor)))
    mine = Organisation.id.in_(actor.organisations(scope="premises"))
    found = await db.execute(select(Organisation.name).where(Organisation.id == int(code), or_(known, mine)))
    name = found.scalar_one_or_none()
    if name is None:
        return None
    shown = and_(Premises.owner_id == int(code), or_(named, queries.own(actor)))
    rows = await db.execute(select(Premises.commune_code).where(shown, Premises.commune_code.is_not(None)).distinct())
    return Scope("o", code, name, tuple(sorted(str(c) for c in rows.scalars())))


async def suggested(db: AsyncSession, actor: Actor) -> list[tuple[str, str]]:
    """(key, label) of what a person works on: their owners' stock, their commune and the bodies and QPV around it."""
    ids = actor.organisations(scope="premises")
    orgs = list(
        (await db.execute(select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.name))).scalars()
    )
    # The organisation one works in first, then one's others, then those one acts for.
    current, own = actor.current, actor.own()
    orgs.sort(key=lambda o: (current is None or o.id != current.organisation_id, o.id not in own))
    codes = {o.commune_code for o in orgs if o.commune_code}
    owners = [(f"o{o.id}", _("Patrimoine : %(name)s", name=o.name)) for o in orgs if o.kind in OWNER_KINDS]
    rows = await db.execute(
        select(
            Commune.code, Commune.name, Intercommunality.code.label("body"), Intercommunality.name.label("body_name")
        )
        .outerjoin(Intercommunality, Intercommunality.code.in_((Commune.epci_code, Commune.ept_code)))
        .where(Commune.code.in_(codes))
        .order_by(Commune.name, Intercommunality.name)
    )
    around: dict[str, str] = {}
    for row in rows:
        around[f"c{row.code}"] = row.name
        if row.body:
            around[f"e{row.body}"] = row.body_name
    quarters = await db.execute(
        select(QpvPerimeter.code, QpvPerimeter.name)
        .where(
            QpvPerimeter.during.contains(literal(clock.today())),
            or_(*[QpvPerimeter.communes.like(f"%{code}%") for code in sorted(codes)], literal(False)),
        )
        .order_by(QpvPerimeter.name)
        .limit(60)
    )
    # A local authority looks at its territory first, an owner at what it owns.
    territorial = any(o.kind in {"city", "epci"} for o in orgs)
    first = [*around.items(), *owners] if territorial else [*owners, *around.items()]
    return [*first, *[(f"q{r.code}", _("QPV %(name)s", name=r.name)) for r in quarters]]


async def named(db: AsyncSession, actor: Actor, typed: str, limit: int = 12) -> list[tuple[str, str]]:
    """(key, label) of whatever carries the typed name or code: communes, EPCI and EPT, QPV, owners."""
    plain = func.plain_text(typed)
    like = plain.concat("%")
    anywhere = literal("%").concat(plain).concat("%")
    communes = await db.execute(
        select(Commune.code, Commune.name, Commune.department_code)
        .where(or_(Commune.code == typed.upper(), func.plain_text(Commune.name).like(like)))
        .order_by(func.plain_text(Commune.name) != plain, Commune.population.desc().nulls_last())
        .limit(limit)
    )
    bodies = await db.execute(
        select(Intercommunality.code, Intercommunality.name)
        .where(or_(Intercommunality.code == typed, func.plain_text(Intercommunality.name).like(anywhere)))
        .order_by(Intercommunality.name)
        .limit(limit)
    )
    quarters = await db.execute(
        select(QpvPerimeter.code, QpvPerimeter.name)
        .where(or_(QpvPerimeter.code == typed.upper(), func.plain_text(QpvPerimeter.name).like(anywhere)))
        .order_by(QpvPerimeter.vintage.desc(), QpvPerimeter.name)
        .limit(limit)
    )
    shown = exists().where(
        Premises.owner_id == Organisation.id,
        or_(and_(queries.published(), Premises.owner_masked.is_(False)), queries.own(actor)),
    )
    owners = await db.execute(
        select(Organisation.id, Organisation.name)
        .where(shown, func.plain_text(Organisation.name).like(anywhere))
        .order_by(Organisation.name)
        .limit(limit)
    )
    found = [
        *[(f"c{r.code}", f"{r.name} ({r.department_code})") for r in communes],
        *[(f"e{r.code}", r.name) for r in bodies],
        *[(f"q{r.code}", _("QPV %(name)s", name=r.name)) for r in quarters],
        *[(f"o{r.id}", r.name) for r in owners],
    ]
    return found[:limit]
