"""Results as the public reads them: after an act, without who was left out, without a person's name before they accept."""

from typing import Any

import pytest
from sqlalchemy import select

from allocation.assignment import offers, results
from allocation.assignment.models import Award
from intervalle.errors import Forbidden, Refused
from tests import make
from tests.allocation.assignment.web import make as scene
from tests.allocation.assignment.web.test_decisions import retained
from tests.allocation.assignment.web.test_pages import released, unprinted

assert unprinted
assert released  # fixtures


async def test_only_an_act_after_the_release_publishes(db: Any, client: Any) -> None:
    ranked, _ = await retained(db)
    with pytest.raises(Refused, match="pas notifiées"):
        await results.publish(db, ranked.actor, ranked.call)
    await db.commit()
    page = await (await client()).get(f"/appels/{ranked.call.id}/resultats")
    assert "ne sont pas publiés" in page.text
    assert "La Belle Boîte" not in page.text


@pytest.mark.usefixtures("unprinted")
async def test_what_everybody_reads_and_what_nobody_does(db: Any, client: Any, released: scene.Ranked) -> None:
    call = released.call
    anyone, staff = await client(), await client(released.agent)
    stranger, _org = await make.agent(db, "city", "editor", "Ville de Lille")
    sole = released.organisations["SEED"]
    sole.legal_form = "Entrepreneur individuel"
    await db.commit()
    url = f"/appels/{call.id}/resultats"
    assert "La Belle Boîte" not in (await anyone.get(url)).text
    assert "c’est ce qui serait publié" in (await staff.get(url)).text
    with pytest.raises(Forbidden):
        await results.publish(db, make.acting(stranger, _org), call)
    assert (await staff.post(f"/attribution/{call.id}/resultats")).status_code == 303
    assert (await staff.post(f"/attribution/{call.id}/resultats")).status_code == 303
    shown = (await anyone.get(url)).text
    assert {name: name in shown for name in released.organisations} == {
        "La Belle Boîte": True, "Fou de Coudre": True, "Resport": True, "SEED": False, "Mains Fortes": True,
        "Association Cité Vélo": False, "Sans Dossier": False,
    }  # fmt: skip
    assert "Projet SEED" not in shown
    # Two left out: too few to count, and the total would give them away.
    assert ("73,3" in shown, "sans place à ce jour" in shown, "candidatures examinées" in shown) == (
        False,
        False,
        False,
    )
    award = (
        await db.execute(select(Award).where(Award.application_id == released.applications["SEED"].id))
    ).scalar_one()
    person = make.acting(released.people["SEED"], sole)
    await offers.answer(db, person, award, accepted=True)
    await db.commit()
    assert "SEED" in (await anyone.get(url)).text
