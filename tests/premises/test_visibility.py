"""Who sees what: drafts, masked owners, the other landlord. Two organisations each time."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from intervalle import clock
from intervalle.accounts.actor import NOBODY, SYSTEM, ActingFor, Actor
from premises import queries
from premises.models import Premises
from tests import make
from tests.premises import make as rows


async def _two(db: Any) -> tuple[Any, Any, Any, Any]:
    mine, my_org = await make.agent(db, "social_landlord", name="Archipel")
    theirs, their_org = await make.agent(db, "social_landlord", name="Vilogia")
    return mine, my_org, theirs, their_org


async def _seen(db: Any, actor: Actor) -> set[str]:
    return set((await db.execute(queries.premises_visible_to(actor))).scalars().unique().all())


async def _names(db: Any, actor: Actor) -> set[str]:
    return {p.name for p in await _seen(db, actor)}


async def test_published_for_all_the_rest_for_its_owner(db: Any) -> None:
    mine, my_org, theirs, their_org = await _two(db)
    await rows.premises(db, my_org, name="publié")
    await rows.premises(db, my_org, name="brouillon", published=False)
    await rows.premises(
        db, my_org, name="retiré", published_at=clock.now() - timedelta(days=2), withdrawn_at=clock.now()
    )
    everything = {"publié", "brouillon", "retiré"}
    assert await _names(db, NOBODY) == {"publié"}
    assert await _names(db, make.acting(theirs, their_org)) == {"publié"}
    assert await _names(db, make.acting(mine, my_org)) == everything
    assert await _names(db, make.acting(mine, my_org, role="viewer")) == everything
    assert await _names(db, SYSTEM) == everything


async def test_a_mandate_on_premises_opens_drafts_a_mandate_on_calls_does_not(db: Any) -> None:
    person, city = await make.agent(db, "city")
    owner = await make.organisation(db, "private_owner")
    await rows.premises(db, owner, name="brouillon", published=False)

    def holder(scope: str) -> Actor:
        base = make.acting(person, city)
        return Actor(**{**base.__dict__, "mandates": (ActingFor(owner.id, city.id, owner.name, scope),)})

    assert await _names(db, holder("premises")) == {"brouillon"}
    assert await _names(db, holder("everything")) == {"brouillon"}
    assert await _names(db, holder("calls")) == set()


async def test_lots_follow_their_premises(db: Any) -> None:
    mine, my_org, theirs, their_org = await _two(db)
    for published in (True, False):
        await rows.lot(db, await rows.premises(db, my_org, published=published), name=f"publié {published}")
    count = {}
    for who, actor in (("me", make.acting(mine, my_org)), ("them", make.acting(theirs, their_org)), ("anyone", NOBODY)):
        count[who] = len((await db.execute(queries.lots_visible_to(actor))).scalars().all())
    assert count == {"me": 2, "them": 1, "anyone": 1}


async def test_a_masked_owner_is_not_named_and_the_point_moves_always_the_same(db: Any) -> None:
    _mine, my_org, _theirs, _their_org = await _two(db)
    plain = await rows.premises(db, my_org)
    masked = await rows.premises(db, my_org, owner_masked=True)
    assert [tuple(r) for r in await db.execute(queries.owner_names([plain.id, masked.id]))] == [(plain.id, "Archipel")]

    async def moved(place: Premises) -> float:
        asked = select(func.ST_DistanceSphere(Premises.point, queries.shown_point())).where(Premises.id == place.id)
        return float((await db.execute(asked)).scalar_one())

    first, again = await moved(masked), await moved(masked)
    assert (await moved(plain), 100 <= first <= 320, again) == (0, True, first)
