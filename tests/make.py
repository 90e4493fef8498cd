"""Rows for tests: each function makes one thing with plausible facts and says what it took for granted."""

import itertools
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock
from intervalle.accounts.actor import Actor, Belonging
from intervalle.accounts.models import Membership, Organisation, User

_n = itertools.count(1)


async def user(db: AsyncSession, name: str = "Anne Le Goff", **more: Any) -> User:
    made = User(
        email=more.pop("email", f"personne{next(_n)}@exemple.fr"), name=name, email_confirmed_at=clock.now(), **more
    )
    db.add(made)
    await db.flush()
    return made


async def organisation(db: AsyncSession, kind: str = "city", name: str | None = None, **more: Any) -> Organisation:
    made = Organisation(kind=kind, name=name or f"Organisation {next(_n)}", **more)
    db.add(made)
    await db.flush()
    return made


async def join(db: AsyncSession, person: User, org: Organisation, role: str = "editor") -> Membership:
    made = Membership(user_id=person.id, organisation_id=org.id, role=role)
    db.add(made)
    await db.flush()
    return made


async def agent(
    db: AsyncSession, kind: str = "city", role: str = "editor", name: str | None = None
) -> tuple[User, Organisation]:
    """A person who belongs to a fresh organisation of that kind."""
    person, org = await user(db), await organisation(db, kind, name)
    await join(db, person, org, role)
    return person, org


def acting(person: User, *orgs: Organisation, role: str = "editor") -> Actor:
    """The actor a request by this person would have (for calling verbs directly)."""
    return Actor(
        user_id=person.id, name=person.name, email=person.email, second_factor=True,
        belongings=tuple(Belonging(o.id, o.name, o.kind, role) for o in orgs), current_id=orgs[0].id if orgs else None,
    )  # fmt: skip
