"""Relocation: the path a signature opens, the lots that would fit, offers and answers, the exit, the indicators."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from geoalchemy2 import WKTElement
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from allocation.leases.models import Lease
from allocation.relocation import offers, paths, queries, suggestions, views
from allocation.relocation.models import RelocationOffer, RelocationPath, RelocationStep
from calls.need_models import Need
from intervalle import i18n
from intervalle.errors import Forbidden, Refused
from intervalle.outbox import Message
from premises.models import Occupancy, Premises
from tests.allocation.leases import make
from tests.calls import make as calls_make

EXIT = datetime(2028, 6, 10, 9, 0, tzinfo=UTC)


async def opened(db, **changes):
    """A running lease with its place on the map, and the path it opened."""
    w = await make.world(db)
    here = await db.get_one(Premises, w.lots[0].premises_id)
    here.point = WKTElement("POINT(-1.65 48.13)", srid=4326)
    lease = await make.running(db, w, **changes)
    await db.refresh(here)
    path = (await db.execute(select(RelocationPath).where(RelocationPath.lease_id == lease.id))).scalar_one()
    return w, lease, path, here


async def market(db, *, point="POINT(-1.64 48.13)", area=60, qpv="", **more):
    """A published lot of another owner, a few hundred metres away."""
    owner = await calls_make.side(db, "city")
    (lot,) = await calls_make.premises(db, owner.org, lots=1, **more)
    lot.area, lot.erp_types, lot.erp_category, lot.rent_cents_m2_year = Decimal(area), ["M"], 5, 0
    place = await db.get_one(Premises, lot.premises_id)
    place.point, place.qpv_code = WKTElement(point, srid=4326), qpv
    await db.flush()
    return lot


async def suggested(db, path, here, lot_id):
    need = await db.get_one(Need, path.need_id)
    return await suggestions.suggest(db, path, need, here, lot_id)


async def test_lots_that_fit_come_first_then_near_misses_with_their_reason(db):
    _w, lease, path, here = await opened(db)
    near, far = await market(db), await market(db, point="POINT(-1.60 48.13)")
    large = await market(db, area=90)
    busy = await market(db)
    db.add(
        Occupancy(lot_id=busy.id, during=Range(date(2028, 1, 1), date(2028, 9, 1)), part=Range(0, 6000), kind="works")
    )
    await db.flush()
    found = [
        s for s in await suggested(db, path, here, lease.lot_id) if s.lot.id in {near.id, far.id, large.id, busy.id}
    ]
    assert [(s.lot.id, s.match.fits) for s in found] == [
        (near.id, True),
        (far.id, True),
        (large.id, False),
        (busy.id, False),
    ]
    assert found[0].candidate.distance_m == pytest.approx(744, abs=2)
    assert found[1].candidate.distance_m == pytest.approx(3720, abs=10)
    assert "90\u00a0m²" in found[2].match.reasons_fr[0]
    assert found[3].match.reasons_fr[0].startswith("Libre le 1ᵉʳ septembre 2028")


async def test_a_place_hundreds_of_kilometres_away_is_not_a_suggestion(db):
    _w, lease, path, here = await opened(db)
    near, edge = await market(db), await market(db, point="POINT(-1.39 48.13)")  # 19.3 km
    lille, unplaced = await market(db, point="POINT(3.06 50.63)"), await market(db)
    (await db.get_one(Premises, unplaced.premises_id)).point = None
    await db.flush()
    found = {s.lot.id for s in await suggested(db, path, here, lease.lot_id)}
    assert found & {near.id, edge.id, lille.id, unplaced.id} == {near.id, edge.id, unplaced.id}
    # One may still offer it by hand, knowing how far it is.
    need = await db.get_one(Need, path.need_id)
    looked = await suggestions.look_at(db, path, need, here, lease.lot_id, lille.id)
    assert looked is not None
    assert i18n.distance(looked.candidate.distance_m) == "441\u00a0km"


@pytest.mark.parametrize(
    ("metres", "said"), [(0, "0 m"), (744, "744 m"), (1000, "1 km"), (3720, "3,7 km"), (12_400, "12 km")]
)
def test_how_far_is_said_as_people_say_it(metres, said):
    assert i18n.distance(metres) == said.replace(" ", "\u00a0")


async def test_who_must_stay_in_the_quarter_is_not_offered_elsewhere(db):
    _w, lease, path, here = await opened(db)
    inside, outside = await market(db, qpv="QN03599M"), await market(db)
    need = await db.get_one(Need, path.need_id)
    need.must_stay_in_qpv = True
    await db.flush()
    found = {s.lot.id: s.match for s in await suggested(db, path, here, lease.lot_id)}
    assert found[inside.id].fits is True
    assert found[outside.id].reasons_fr == ("Hors d’un quartier prioritaire.",)


async def test_a_draft_or_withdrawn_place_is_not_suggested(db):
    _w, lease, path, here = await opened(db)
    hidden = await market(db)
    (await db.get_one(Premises, hidden.premises_id)).published_at = None
    await db.flush()
    assert hidden.id not in {s.lot.id for s in await suggested(db, path, here, lease.lot_id)}


async def offer(db, w, lease, path, here, lot, **terms):
    need = await db.get_one(Need, path.need_id)
    found = await suggestions.look_at(db, path, need, here, lease.lot_id, lot.id)
    values = {"monthly_cents": 19_000, "available_on": date(2028, 6, 1), **terms}
    with make.moment(make.LIVING):
        return await offers.make(db, w.landlord.actor, path, found, **values)


async def test_an_offer_counts_or_says_why_not_and_the_structure_is_told(db):
    w, lease, path, here = await opened(db)
    good, late = await market(db), await market(db)
    counted = await offer(db, w, lease, path, here, good)
    not_counted = await offer(db, w, lease, path, here, late, available_on=date(2028, 7, 2))
    assert (counted.counts, counted.why_not, counted.area) == (True, "", Decimal(60))
    assert (not_counted.counts, not_counted.why_not) == (False, "Libre le 2 juillet 2028, après le 1ᵉʳ juillet 2028.")
    sent = (await db.execute(select(Message.to_email).where(Message.kind == "relocation_offer"))).scalars().all()
    assert sent == [w.tenants[0].person.email] * 2


async def test_an_offer_is_written_in_the_language_of_who_reads_it(db):
    w, lease, path, here = await opened(db)
    w.tenants[0].person.locale = "en"
    await db.flush()
    await offer(db, w, lease, path, here, await market(db), terms="Clés le 1er juin")
    sent = (await db.execute(select(Message).where(Message.kind == "relocation_offer"))).scalar_one()
    assert (sent.subject.startswith("Premises are offered to you: "), sent.about) == (True, f"relocation:{path.id}")
    assert "Rent and charges: €190 a month.\nAvailable on 1 June 2028.\nClés le 1er juin\n" in sent.text


async def test_a_lot_waiting_for_an_answer_is_not_offered_twice(db):
    w, lease, path, here = await opened(db)
    lot = await market(db)
    made = await offer(db, w, lease, path, here, lot)
    with pytest.raises(Refused, match="déjà proposé"):
        await offer(db, w, lease, path, here, lot)
    with make.moment(make.LIVING):
        with pytest.raises(Forbidden):
            await offers.answer(db, w.landlord.actor, path, offer_id=made.id, accepted=True)
        with pytest.raises(Refused, match="pourquoi"):
            await offers.answer(db, w.tenants[0].actor, path, offer_id=made.id, accepted=False)
        await offers.answer(db, w.tenants[0].actor, path, offer_id=made.id, accepted=False, reason="Trop loin")
        with pytest.raises(Refused, match="déjà donnée"):
            await offers.answer(db, w.tenants[0].actor, path, offer_id=made.id, accepted=True)
    told = (await db.execute(select(Message).where(Message.kind == "relocation_answer"))).scalar_one()
    assert (told.to_email, "Motif : Trop loin" in told.text) == (w.landlord.person.email, True)
    await offer(db, w, lease, path, here, lot)
    rows = (await db.execute(select(RelocationOffer.answer).order_by(RelocationOffer.id))).scalars().all()
    assert rows == ["declined", None]


async def test_steps_are_noted_once_and_the_exit_only_by_closing(db):
    w, _lease, path, _here = await opened(db)
    actor = w.landlord.actor
    with make.moment(make.LIVING):
        with pytest.raises(Forbidden):
            await paths.mark_step(db, w.tenants[0].actor, path, kind="interview", note="vu")
        await paths.mark_step(db, actor, path, kind="interview", note="Cherche 70 m²")
        with pytest.raises(Refused, match="déjà"):
            await paths.mark_step(db, actor, path, kind="interview", note="encore")
        for kind in ("exit", "follow_up_6"):
            with pytest.raises(Refused):
                await paths.mark_step(db, actor, path, kind=kind, note="vu")
    step = (
        await db.execute(
            select(RelocationStep).where(RelocationStep.path_id == path.id, RelocationStep.kind == "interview")
        )
    ).scalar_one()
    assert (step.done_at, step.note) == (make.LIVING, "Cherche 70 m²")


def exit_facts(**changes):
    days = dict.fromkeys(("left_on", "inspected_on", "keys_returned_on", "meters_read_on"), date(2028, 4, 30))
    return {
        "outcome": "relocated_qpv",
        "note": "",
        "entered_on": date(2028, 5, 11),
        "new_place": "La Cohue",
        **days,
        **changes,
    }


@pytest.mark.parametrize("missing", ["inspected_on", "keys_returned_on", "meters_read_on"])
async def test_an_exit_without_inspection_keys_or_meters_is_not_closed(db, missing):
    w, _lease, path, _here = await opened(db)
    with make.moment(EXIT), pytest.raises(Refused, match="REL-05"):
        await paths.close(db, w.landlord.actor, path, **exit_facts(**{missing: None}))
    path.outcome, path.closed_at, path.left_on = "closed", EXIT, date(2028, 4, 30)
    with pytest.raises(IntegrityError):
        await db.flush()


async def test_closing_records_the_outcome_frees_the_lot_and_ends_the_title(db):
    w, lease, path, _here = await opened(db)
    with make.moment(EXIT):
        await paths.close(db, w.landlord.actor, path, **exit_facts())
        with pytest.raises(Refused):
            await paths.close(db, w.landlord.actor, path, **exit_facts())
        fresh = await db.get_one(Lease, lease.id)
        assert (fresh.ended_on, fresh.stage()) == (date(2028, 5, 1), "ended")
    occupancy = await db.get_one(Occupancy, lease.occupancy_id)
    await db.refresh(occupancy)
    assert occupancy.during == Range(date(2027, 1, 1), date(2028, 5, 1))
    need = await db.get_one(Need, path.need_id)
    assert need.closed_at == EXIT
    figures = views.indicators_of([path])
    assert (figures.exits, figures.relocated, figures.median_gap_days, figures.staying_in_qpv_share) == (
        1, 1, Decimal("10.0"), Decimal("1.0000"),
    )  # fmt: skip


async def test_paths_are_seen_by_their_parties_and_late_ones_come_first(db, client):
    w, _lease, path, _here = await opened(db)
    other, _l, other_path, _h = await opened(db)
    soon = await make.signed(db, w, 1, during=Range(date(2027, 1, 1), date(2029, 6, 1)))
    later = (await db.execute(select(RelocationPath).where(RelocationPath.lease_id == soon.id))).scalar_one()

    async def seen(side):
        return set((await db.execute(queries.paths_visible_to(side.actor))).scalars())

    assert await seen(w.landlord) == {path, later}
    assert await seen(w.tenants[0]) == {path}
    assert await seen(other.landlord) == {other_path}
    assert await seen(other.tenants[1]) == set()
    with make.moment(make.LIVING):
        browser = await client(w.landlord.person)
        listed = (await browser.get("/relogement")).text
        assert listed.index(f'"/relogement/{path.id}"') < listed.index(f'"/relogement/{later.id}"')
        assert "en retard" in listed
        assert (await browser.get(f"/relogement/{other_path.id}")).status_code == 404


async def test_the_whole_path_over_http(db, client):
    w, lease, path, _here = await opened(db)
    lot = await market(db)
    base = f"/relogement/{path.id}"
    with make.moment(make.LIVING):
        landlord, tenant = await client(w.landlord.person), await client(w.tenants[0].person)
        assert (await tenant.get(f"/titres/{lease.id}/relogement")).headers["location"] == base
        shown = (await landlord.get(base)).text
        assert f"{base}/proposer/{lot.id}" in shown
        assert "744" in shown
        assert (await tenant.get(f"{base}/proposer/{lot.id}")).status_code == 403
        assert (await landlord.get(f"{base}/proposer/{lot.id}")).status_code == 200
        assert (await landlord.post(f"{base}/etapes/interview", data={"note": ""})).status_code == 422
        assert (await landlord.post(f"{base}/etapes/interview", data={"note": "vu"})).status_code == 303
        need = {"area_min": "50", "area_max": "80", "budget_cents_month": "400", "erp_types": "M"}
        assert (await tenant.post(f"{base}/besoin", data=need)).status_code == 303
        terms = {"monthly_cents": "190", "available_on": "2028-06-01"}
        assert (await landlord.post(f"{base}/proposer/{lot.id}", data=terms)).status_code == 303
        made = (await db.execute(select(RelocationOffer))).scalar_one()
        answer = {"answer": "accepted"}
        assert (await tenant.post(f"{base}/propositions/{made.id}/reponse", data=answer)).status_code == 303
        assert "Acceptée" in (await landlord.get(base)).text
    days = dict.fromkeys(("left_on", "inspected_on", "keys_returned_on", "meters_read_on"), "2028-05-31")
    with make.moment(EXIT):
        landlord, tenant = await client(w.landlord.person), await client(w.tenants[0].person)
        half = await landlord.post(f"{base}/cloture", data={"outcome": "relocated_commune", "left_on": "2028-05-31"})
        assert half.status_code == 422
        assert (
            await landlord.post(f"{base}/cloture", data={"outcome": "relocated_commune", **days})
        ).status_code == 303
        assert "Relogé dans la commune" in (await tenant.get(base)).text
        assert (await landlord.get("/relogement")).status_code == 200
    stored = (await db.execute(select(Need.area_min, Need.budget_cents_month).where(Need.id == path.need_id))).one()
    assert stored == (Decimal(50), 40_000)
