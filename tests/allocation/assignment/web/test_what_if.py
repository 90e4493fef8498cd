"""What if, beside today's proposal: an area, a choice, the threshold, the weights; nothing is kept of it."""

import re
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from allocation.assignment import inputs, proposals
from allocation.assignment.models import Lock, Proposal
from allocation.assignment.steadiness import Variant
from allocation.assignment.what_if import WhatIf, changed
from intervalle.journal import JournalEntry
from tests.allocation.assignment.web import make as scene

VELO = "Association Cité Vélo"


def moved(page: str) -> dict[str, tuple[str, str]]:
    """Structure -> (today, with the trial), as the table of the page says."""
    rows = re.findall(
        r'<tr><th scope="row">([^<]+) <span[^>]*>[^<]+</span></th><td class="n">[^<]*</td>(.*?)</tr>', page
    )
    plain = [(name, [re.sub(r"<[^>]+>|\s+", " ", cell).strip() for cell in re.findall(r"<td>(.*?)</td>", rest)]) for name, rest in rows]  # fmt: skip
    return {name: (cells[0], cells[1]) for name, cells in plain}


async def test_an_area_and_a_choice_are_tried_beside_todays_proposal_and_nothing_is_kept(db: Any, client: Any) -> None:
    ranked = await scene.maurepas(db)
    await proposals.run(db, ranked.actor, ranked.call)
    await db.commit()
    staff, page = await client(ranked.agent), f"/attribution/{ranked.call.id}/essai"
    before = await counts(db)
    assert "Rien d’essayé encore" in (await staff.get(page)).text
    smaller = moved((await staff.get(f"{page}?candidature=C-05&lot=B&surface=44")).text)
    assert smaller[VELO] == ("sans place", "Lot B, 44 m²")
    placed = (await staff.get(f"{page}?candidature=C-05&lot=A&choix=must")).text
    assert moved(placed)[VELO] == ("sans place", "Lot A, 110 m²")
    assert moved(placed)["Fou de Coudre"][0] == "Lot A, 70 m²"
    assert f"/attribution/{ranked.call.id}/ligne/{ranked.applications[VELO].id}" in placed
    assert await counts(db) == before


async def counts(db: Any) -> tuple[int, int, int]:
    found = [await db.scalar(select(func.count()).select_from(table)) for table in (Proposal, Lock, JournalEntry)]
    return found[0], found[1], found[2]


async def test_what_cannot_be_asked_is_said_beside_its_field(db: Any, client: Any) -> None:
    ranked = await scene.maurepas(db)
    await db.commit()
    staff, page = await client(ranked.agent), f"/attribution/{ranked.call.id}/essai"
    weights = list(re.findall(r'name="(poids_\d+)"', (await staff.get(page)).text))
    for query, sentence in (
        ("candidature=C-04&lot=A&surface=20", "n’est pas ouvert à cette structure"),
        ("surface=20", "Choisissez une structure et un lot."),
        ("candidature=C-04&lot=B", "Donnez une surface, ou un choix."),
        (f"{weights[0]}=60&{weights[1]}=40", "Changez quelque chose"),
        (f"{weights[0]}=70&{weights[1]}=40", "Les poids doivent faire 100 en tout."),
    ):
        shown = await staff.get(f"{page}?{query}")
        assert (shown.status_code, sentence in shown.text) == (422, True), query
    assert (await (await client(ranked.people[VELO])).get(page)).status_code in {403, 404}


async def test_a_threshold_is_tried_and_a_call_that_has_one_can_be_assigned_with_areas_that_vary(db: Any, client: Any) -> None:  # fmt: skip
    """The engine does not measure shares of areas yet to be chosen: each counts for the least it accepts."""
    ranked = await scene.call(db, neighbourhood_share=Decimal("0.5"))
    await scene.application(db, ranked, "Un", score="90", area=80, wishes="A")
    await scene.application(db, ranked, "Deux", score="70", area=60, wishes="A", neighbourhood=True)
    for wish in (await db.execute(inputs.queries.wishes_of(ranked.call.id))).scalars():
        wish.area_max = wish.area_min + 20
    await db.flush()
    await proposals.run(db, ranked.actor, ranked.call)
    await db.commit()
    staff, page = await client(ranked.agent), f"/attribution/{ranked.call.id}/essai"
    lifted = moved((await staff.get(f"{page}?part=0")).text)
    assert lifted == {"Un": ("sans place", "Lot A, 80 m²"), "Deux": ("Lot A, 60 m²", "sans place")}


async def test_other_weights_move_the_scores_and_keep_the_rest(db: Any) -> None:
    ranked = await scene.maurepas(db)
    document = (await inputs.gather(db, ranked.call)).document
    order = [f"C-0{n}" for n in (5, 1, 2, 3, 4, 6)]
    copy = changed(document, WhatIf(ranking=Variant("", {"C-05": Decimal(99)}, order)), "seuil")
    scores = {row["id"]: row["scores"] for row in copy["applications"]}
    assert {lot: Decimal(score) for lot, score in scores["C-05"].items()} == {"A": Decimal(99), "B": Decimal(99)}
    assert scores["C-01"] == next(row for row in document["applications"] if row["id"] == "C-01")["scores"]
    assert copy["tie_break"] == {"rule": "order", "order": order}
    assert copy["lots"] == document["lots"]
