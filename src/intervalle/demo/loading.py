"""Load the demonstration once: a second start finds it and leaves it alone."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.accounts.models import User
from intervalle.demo import (
    call_stages,
    cases,
    counter,
    other_kinds,
    people,
    places,
    register,
    session,
    stock,
    structures,
    timbre,
)
from intervalle.settings import settings
from intervalle.territory import demo as territory


async def load_once(db: AsyncSession) -> list[str]:
    """What to print: the accounts, and what was loaded."""
    if (await db.execute(select(User.id).where(User.demo).limit(1))).first():
        return accounts()
    await territory.load(db)
    cast = await people.load(db)
    made = await places.load(db, cast)
    await cases.load(db, cast, made)
    await timbre.load(db, cast, made)
    await call_stages.load(db, cast, made)
    await session.load(db, cast, made)
    await counter.load(db, cast)
    await register.load(db, cast)
    await stock.load(db, cast)
    await other_kinds.load(db, cast, made)
    await structures.load(db, cast)
    return ["La démonstration est chargée.", *accounts()]


def accounts() -> list[str]:
    """The demonstration accounts, one per role."""
    lines = [
        f"Comptes de démonstration ({settings().base_url}/connexion, un bouton par rôle ; mot de passe : {people.PASSWORD}) :"
    ]
    lines += [f"  {person.key}@demo.intervalle.example   {person.name}" for person in people.PEOPLE[:8]]
    return lines
