"""A lot's history as its owner writes it, and as it is told."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from intervalle import clock
from intervalle.errors import Forbidden, NotFound, Refused
from premises import histories
from premises.models import Occupancy, Vacancy
from premises.occupancies import occupy
from premises.timeline import Chapter, Reason, chapters
from tests import make
from tests.premises import make as rows

D = date


def test_emptiness_is_told_between_uses_and_cut_where_its_reason_changes() -> None:
    uses = [
        Chapter("occupied", D(2024, 1, 1), D(2025, 1, 1), "Pépinière"),
        Chapter("works", D(2025, 6, 1), D(2025, 9, 1), "toit"),
    ]
    reasons = [Reason(D(2025, 1, 1), D(2025, 3, 1), "départ"), Reason(D(2025, 3, 1), None, "études")]
    told = chapters(uses, reasons, (D(2023, 1, 1), None), D(2025, 12, 31))
    assert [(c.state, c.start, c.end, c.label) for c in told] == [
        ("vacant", D(2025, 9, 1), D(2026, 1, 1), "études"),
        ("works", D(2025, 6, 1), D(2025, 9, 1), "toit"),
        ("vacant", D(2025, 3, 1), D(2025, 6, 1), "études"),
        ("vacant", D(2025, 1, 1), D(2025, 3, 1), "départ"),
        ("occupied", D(2024, 1, 1), D(2025, 1, 1), "Pépinière"),
        ("vacant", D(2023, 1, 1), D(2024, 1, 1), ""),
    ]


def test_no_emptiness_after_the_interval_of_use_nor_under_an_open_ended_one() -> None:
    use = Chapter("occupied", D(2024, 1, 1), None, "Pôle")
    assert chapters([use], [], (D(2024, 1, 1), D(2025, 1, 1)), D(2026, 1, 1)) == [use]
    assert chapters([], [], (None, None), D(2026, 1, 1)) == []
    (empty,) = chapters([], [], (D(2024, 1, 1), D(2025, 1, 1)), D(2026, 1, 1))
    assert (empty.start, empty.end, empty.days) == (D(2024, 1, 1), D(2025, 1, 1), 366)


async def _place(db: Any, **more: Any) -> tuple[Any, Any, Any]:
    person, org = await make.agent(db, "developer")
    place = await rows.premises(db, org)
    return make.acting(person, org), place, await rows.lot(db, place, **more)


YEAR = Range(D(2026, 1, 1), D(2027, 1, 1))


async def test_works_take_the_whole_lot_whatever_is_asked(db: Any) -> None:
    actor, place, lot = await _place(db, area="100", divisible=True, shareable=True)
    works = await histories.add_use(
        db, actor, place, lot, during=YEAR, kind="works", label="toit", area=Decimal(10), slots=[0]
    )
    assert (works.part, list(works.slots)) == (Range(0, 10000), [Range(0, 14)])
    with pytest.raises(Refused, match="toit"):
        await histories.add_use(db, actor, place, lot, during=YEAR, kind="meanwhile", label="Atelier", area=Decimal(10))


async def test_a_lease_is_neither_written_nor_ended_from_here(db: Any) -> None:
    actor, place, lot = await _place(db)
    with pytest.raises(Refused, match="page des titres"):
        await histories.add_use(db, actor, place, lot, during=YEAR, kind="lease", label="Bail")
    lease = await occupy(db, lot_id=lot.id, during=YEAR, kind="lease", label="Bail")
    with pytest.raises(Refused, match="tient à un titre"):
        await histories.end_use(db, actor, place, lot, lease.id, D(2026, 6, 1))


async def test_ending_a_use_frees_the_lot_and_only_ones_own(db: Any) -> None:
    actor, place, lot = await _place(db)
    stranger, _elsewhere, their_lot = await _place(db)
    use = await histories.add_use(db, actor, place, lot, during=YEAR, kind="meanwhile", label="Atelier")
    with pytest.raises(Forbidden):
        await histories.end_use(db, stranger, place, lot, use.id, D(2026, 6, 1))
    with pytest.raises(NotFound):
        await histories.end_use(db, actor, place, their_lot, use.id, D(2026, 6, 1))
    with pytest.raises(Refused, match="déjà avant"):
        await histories.end_use(db, actor, place, lot, use.id, D(2027, 6, 1))
    await histories.end_use(db, actor, place, lot, use.id, D(2026, 6, 1))
    assert (await db.get(Occupancy, use.id)).during == Range(D(2026, 1, 1), D(2026, 6, 1))


async def test_a_newer_reason_takes_the_place_of_the_older_on_its_days_only(db: Any) -> None:
    actor, place, lot = await _place(db)
    await histories.explain_vacancy(
        db, actor, place, lot, during=Range(D(2026, 1, 1), None), reason="departure", note=""
    )
    await histories.explain_vacancy(
        db, actor, place, lot, during=Range(D(2026, 3, 1), D(2026, 5, 1)), reason="works_pending", note="désamiantage"
    )
    found = await db.execute(
        select(Vacancy.during, Vacancy.reason).where(Vacancy.lot_id == lot.id).order_by(Vacancy.during)
    )
    assert [tuple(r) for r in found] == [
        (Range(D(2026, 1, 1), D(2026, 3, 1)), "departure"),
        (Range(D(2026, 3, 1), D(2026, 5, 1)), "works_pending"),
        (Range(D(2026, 5, 1), None), "departure"),
    ]


async def test_the_page_tells_everybody_the_uses_and_the_owner_the_reasons(db: Any, client: Any) -> None:
    person, org = await make.agent(db, "developer")
    other, _elsewhere = await make.agent(db, "developer")
    place = await rows.premises(db, org)
    lot = await rows.lot(db, place, area="100", shareable=True)
    await db.commit()
    page = f"/locaux/{place.id}/lots/{lot.id}/histoire"
    owner, stranger, anyone = await client(person), await client(other), await client()
    today = clock.today().isoformat()
    use = {"kind": "meanwhile", "label": "Chorale du lundi", "start": today, "last": "", "slots": ["0", "1"]}
    assert (await owner.post(page, data=use)).status_code == 303
    again = await owner.post(page, data=use)
    assert (again.status_code, "Chorale du lundi" in again.text) == (409, True)
    why = {"reason": "urban_project", "note": "îlot C", "start": "2026-01-01", "last": "2025-12-31"}
    refused = await owner.post(f"/locaux/{place.id}/lots/{lot.id}/vacance", data=why)
    assert (refused.status_code, "La fin précède le début" in refused.text, "îlot C" in refused.text) == (
        422,
        True,
        True,
    )
    assert (await owner.post(f"/locaux/{place.id}/lots/{lot.id}/vacance", data={**why, "last": ""})).status_code == 303
    assert [(await b.post(page, data=use)).status_code for b in (stranger, anyone)] == [404, 401]
    seen = {}
    for who, browser in (("owner", owner), ("stranger", stranger), ("anyone", anyone)):
        html = (await browser.get(page)).text
        seen[who] = (
            "Chorale du lundi" in html,
            "îlot C" in html,
            "Ajouter un usage" in html,
            "2 demi-journées" in html,
        )
    assert seen == {
        "owner": (True, True, True, True),
        "stranger": (True, False, False, True),
        "anyone": (True, False, False, True),
    }
