"""The page that says whether the assignment would hold with other weights, or without one juror."""

from typing import Any

from allocation.assignment import proposals, steadiness_pages
from allocation.assignment.steadiness import Move, Tried
from allocation.selection import rankings
from tests import make as people
from tests.allocation.selection import make


async def test_each_weight_and_each_juror_is_tried_on_a_copy(db: Any, client: Any, monkeypatch: Any) -> None:
    scene = await make.ready(db, files=2, jurors=3)
    for juror, (first, second) in enumerate([(5, 1), (2, 3), (2, 3)]):
        await make.score(db, scene, juror, 0, first)
        await make.score(db, scene, juror, 1, second)
    with make.afterwards():
        await rankings.rank(db, scene.city.actor, scene.call)
        proposal = await proposals.run(db, scene.city.actor, scene.call)
        await db.commit()
        staff, page = await client(scene.city.person), f"/attribution/{scene.call.id}/solidite"
        shown = await staff.get(page)
        assert (shown.status_code, f"proposition nᵒ {proposal.number}" in shown.text) == (200, True)
        # Every weight up and down where it can be, and each of the three jurors.
        tried = sum(1 for _ in ("up", "down") for _c in scene.criteria) + 3
        assert f"{tried} variantes essayées" in shown.text or f"sur {tried} essayées" in shown.text
        moves = tuple(Move(f"C-{n:02d}", "A", "B") for n in range(1, 13))
        monkeypatch.setattr(
            steadiness_pages, "tried", lambda *_: [Tried("Sans Ana", moves), Tried("Sans Bob", moves[:2])]
        )
        many = (await staff.get(page)).text
        # A long list is counted first; a short one is read as it is.
        assert (many.count("<summary>12 candidatures changeraient de place"), many.count("→")) == (1, 14)
        stranger = await client(await people.user(db, "Ailleurs"))
        assert (await stranger.get(page)).status_code == 404
        assert (await (await client(scene.jurors[0].person)).get(page)).status_code == 404
