"""Under the board of an attribution: what its titles became, for each party what its own lists show."""

from datetime import date
from typing import Any

from sqlalchemy.dialects.postgresql import Range

from allocation.tfpb import lines
from allocation.tfpb.lines import Claim
from tests.allocation.leases import make
from tests.allocation.tfpb import make as tfpb


async def test_what_became_of_an_attribution_is_told_to_its_parties(db: Any, client: Any) -> None:
    ledger, other = await tfpb.ledger(db), await tfpb.ledger(db)
    w = ledger.world
    with make.moment(make.LIVING):
        await make.signed(db, w, 1, during=Range(date(2027, 1, 1), date(2029, 6, 1)))
        line = await lines.value_lease(
            db, w.landlord.actor, await tfpb.dossier(db, ledger.lease), ledger.target, Claim()
        )
        url = f"/relogement/appel/{w.call.id}"
        landlord = (await (await client(w.landlord.person)).get(url)).text
        tenant = (await (await client(w.tenants[0].person)).get(url)).text
        stranger = (await (await client(other.world.landlord.person)).get(url)).text
    assert [
        landlord.count('<ol class="path"'),
        tenant.count('<ol class="path"'),
        stranger.count('<ol class="path"'),
    ] == [2, 1, 0]
    assert line.amount_cents == 714_082
    assert ["Abattement TFPB" in page for page in (landlord, tenant, stranger)] == [True, False, False]
    assert "Aucun titre signé" in stranger
