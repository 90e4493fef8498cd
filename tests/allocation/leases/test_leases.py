"""Titles: prepared from an award, judged, signed in one transaction, and never twice on the same days."""

from datetime import date
from decimal import Decimal

import pikepdf
import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from allocation.leases import conditions, leases, queries, reading, valuations
from allocation.leases.gathering import dossier_of
from allocation.leases.leases import Draft
from allocation.leases.models import Condition, Lease, LeaseValuation
from allocation.relocation.models import RelocationPath, RelocationStep
from calls.need_models import Need
from intervalle import clock, files, i18n
from intervalle.errors import Forbidden, NotFound, Refused
from intervalle.journal import JournalEntry
from intervalle.outbox import Message, StoredFile
from premises.models import Occupancy
from tests.allocation.leases import make


async def test_a_draft_is_prefilled_from_the_call_and_the_lot(db):
    w = await make.world(db)
    with make.moment():
        lease = await leases.prepare(db, w.landlord.actor, award_id=w.awards[0].id)
    assert (lease.title, lease.landlord_id, lease.tenant_id, lease.lot_id) == (
        "COP", w.landlord.org.id, w.tenants[0].org.id, w.lots[0].id,
    )  # fmt: skip
    assert lease.during == Range(date(2027, 1, 1), date(2028, 6, 1))
    assert (lease.area, lease.rent_cents_year, lease.charges_cents_year) == (Decimal(60), 0, 228_000)
    assert lease.circumstances == "Démolition décidée par la convention NPNRU du 3 mars 2025."
    assert lease.use == "Fou de Coudre : Atelier, artisanat, petite production; Boutique, vente"
    rows = (await db.execute(queries.conditions_of(lease.id))).scalars().all()
    assert [(c.label, c.due) for c in rows] == [
        ("12 h d’ouverture au quartier par mois", date(2028, 5, 31)),
        ("Deux journées portes ouvertes", date(2028, 5, 31)),
    ]


def test_a_place_shared_in_the_week_is_priced_by_its_half_days():
    assert [reading.yearly(10_000, Decimal("60.5"), slots) for slots in ([], list(range(14)), [0, 1, 2])] == [
        605_000, 605_000, 129_643,
    ]  # fmt: skip


async def test_the_advantage_of_a_shared_place_is_that_of_its_half_days(db):
    w = await make.world(db)
    lease = await make.draft(db, w, rent_cents_year=0)
    lease.slots = [0, 1, 2, 3, 4, 5, 6]
    await db.flush()
    with make.moment():
        dossier = await dossier_of(db, lease)
        assert valuations.value(dossier, 10_000, clock.today())[0] == 300_000


async def test_preparing_twice_gives_the_same_draft(db):
    w = await make.world(db)
    with make.moment():
        first = await leases.prepare(db, w.landlord.actor, award_id=w.awards[0].id)
        second = await leases.prepare(db, w.landlord.actor, award_id=w.awards[0].id)
    assert first.id == second.id
    assert len((await db.execute(queries.conditions_of(first.id))).all()) == 2


@pytest.mark.parametrize(("column", "value"), [("released_at", None), ("declined_at", make.DECIDED)])
async def test_an_award_not_released_or_declined_has_no_title(db, column, value):
    w = await make.world(db)
    # The world's awards are out, and the database keeps what went out: the test stands before that moment.
    await db.execute(text("SET LOCAL session_replication_role = replica"))
    setattr(w.awards[0], column, value)
    await db.flush()
    await db.execute(text("SET LOCAL session_replication_role = origin"))
    with make.moment(), pytest.raises(Refused):
        await leases.prepare(db, w.landlord.actor, award_id=w.awards[0].id)


async def test_neither_the_tenant_nor_another_landlord_prepares(db):
    w, other = await make.world(db), await make.world(db)
    for stranger in (w.tenants[0], other.landlord):
        with make.moment(), pytest.raises(NotFound):
            await leases.prepare(db, stranger.actor, award_id=w.awards[0].id)


async def test_titles_are_seen_by_their_parties_only(db):
    w, other = await make.world(db), await make.world(db)
    mine, theirs = await make.draft(db, w, 0), await make.draft(db, other, 0)
    neighbour = await make.draft(db, w, 1)

    async def seen(side):
        return set((await db.execute(queries.leases_visible_to(side.actor))).scalars())

    assert await seen(w.landlord) == {mine, neighbour}
    assert await seen(w.tenants[0]) == {mine}
    assert await seen(w.tenants[1]) == {neighbour}
    assert await seen(other.landlord) == {theirs}
    assert await seen(other.tenants[0]) == {theirs}
    assert await seen(other.tenants[1]) == set()


async def test_a_blocking_rule_refuses_with_its_article_and_its_way_out(db):
    w = await make.world(db)
    lease = await make.draft(db, w, circumstances_proof="")
    with make.moment(), pytest.raises(Refused) as refused:
        await leases.sign(db, w.landlord.actor, lease, version=lease.version)
    assert refused.value.sentence.startswith("OCC-16, C. com. art. L145-5-1 : ")
    assert refused.value.way_out
    assert lease.signed_at is None


async def test_a_warning_asks_for_a_written_answer_which_is_kept(db):
    w = await make.world(db)
    lease = await make.draft(db, w, rent_cents_year=600_000, reference_rent_cents_m2_year=10_000)
    with make.moment():
        with pytest.raises(Refused, match="OCC-19"):
            await leases.sign(db, w.landlord.actor, lease, version=lease.version)
        why = {"OCC-19": "Le loyer comprend le chauffage et le gardiennage."}
        await leases.edit(db, w.landlord.actor, lease, draft=Draft({"justifications": why}), version=lease.version)
        await leases.sign(db, w.landlord.actor, lease, version=lease.version)
    assert lease.signed_at == make.SIGNING
    entry = (await db.execute(select(JournalEntry).where(JournalEntry.action == "leases.sign"))).scalars().one()
    assert entry.facts["justifications"] == why


async def test_signing_occupies_prints_opens_the_path_and_tells_both(db):
    w = await make.world(db)
    lease = await make.signed(db, w)
    occupancy = await db.get_one(Occupancy, lease.occupancy_id)
    assert (occupancy.lot_id, occupancy.during, occupancy.kind, occupancy.label) == (
        w.lots[0].id, Range(date(2027, 1, 1), date(2028, 6, 1)), "lease", "Fou de Coudre",
    )  # fmt: skip
    stored = await db.get_one(StoredFile, lease.document_id)
    entries = (
        await db.execute(select(JournalEntry).where(JournalEntry.chain == w.call.chain).order_by(JournalEntry.number))
    ).scalars()
    after = [e for e in entries if e.subject.startswith(("lease:", "relocation:"))]
    assert [e.action for e in after] == ["leases.prepare", "leases.edit", "leases.sign", "relocation.open"]
    assert after[2].facts["document_sha256"] == stored.sha256.hex()
    path = (await db.execute(select(RelocationPath).where(RelocationPath.lease_id == lease.id))).scalar_one()
    steps = (await db.execute(select(RelocationStep).where(RelocationStep.path_id == path.id))).scalars().all()
    assert {s.kind: s.due for s in steps} == {
        "interview": date(2027, 1, 1), "matching": date(2027, 8, 31), "first_offer": date(2027, 11, 30),
        "escalation": date(2028, 2, 29), "notice": date(2028, 3, 31), "exit": date(2028, 5, 31),
        "follow_up_6": date(2028, 11, 30), "follow_up_12": date(2029, 5, 31),
    }  # fmt: skip
    need = await db.get_one(Need, path.need_id)
    assert (need.organisation_id, need.area_min, need.wanted_from) == (
        w.tenants[0].org.id,
        Decimal(60),
        date(2028, 6, 1),
    )
    sent = (await db.execute(select(Message).where(Message.kind == "lease_signed"))).scalars().all()
    assert {m.to_email for m in sent} == {w.landlord.person.email, w.tenants[0].person.email}
    assert {m.attachment_id for m in sent} == {stored.id}
    assert {m.about for m in sent} == {f"lease:{lease.id}"}


async def test_the_agreement_is_a_tagged_french_pdf_with_its_clauses(db, tmp_path):
    w = await make.world(db)
    lease = await make.signed(db, w)
    content = await files.read(await db.get_one(StoredFile, lease.document_id))
    written = tmp_path / "titre.pdf"
    written.write_bytes(content)
    with pikepdf.open(written) as pdf:
        assert str(pdf.Root.Lang) == "fr"
        assert bool(pdf.Root.MarkInfo.Marked) is True
        assert "/StructTreeRoot" in pdf.Root
        assert "Fou de Coudre" in str(pdf.docinfo["/Title"])


async def test_the_printed_text_says_what_the_law_asks(db):
    w = await make.world(db)
    lease = await make.draft(db, w)
    with make.moment():
        html = leases.printed(await leases.gathering.dossier_of(db, lease), date(2026, 12, 10))
    for said in (
        "article L. 145-5-1 du code de commerce", "Permis de démolir du 4 avril 2026.", w.landlord.org.siren[:3],
        "Samir Benali, président", "du 1ᵉʳ janvier 2027 au 31 mai 2028", "sans loyer ni redevance", f"{i18n.money(228_000)} par an",
        "préavis de 2 mois", "Deux journées portes ouvertes", "article 1731 du code civil", "attestation d’assurance",
        "registre public d’accessibilité", "CNIL", "tribunal judiciaire", "parcours de relogement", "31 août 2027",
    ):  # fmt: skip
        assert said in html, said


async def test_a_second_title_on_the_same_days_is_refused_and_names_the_first(db):
    w = await make.world(db, same_lot=True)
    await make.signed(db, w, 0)
    second = await make.draft(db, w, 1)
    with make.moment(), pytest.raises(Refused) as refused:
        await leases.sign(db, w.landlord.actor, second, version=second.version)
    assert "Fou de Coudre" in refused.value.sentence
    assert "du 1ᵉʳ janvier 2027 au 31 mai 2028" in refused.value.sentence
    assert (await db.execute(select(Lease.signed_at).where(Lease.id == second.id))).scalar_one() is None


async def test_the_database_itself_refuses_the_overlap(db):
    w = await make.world(db)
    lease = await make.signed(db, w)
    with pytest.raises(IntegrityError) as error:
        async with db.begin_nested():
            await db.execute(
                text(
                    "INSERT INTO occupancies (lot_id, during, part, kind) "
                    "SELECT lot_id, '[2028-05-31,2029-01-01)', part, 'lease' FROM occupancies WHERE id = :id"
                ),
                {"id": lease.occupancy_id},
            )
    assert error.value.orig.sqlstate == "23P01"


async def test_the_day_after_the_end_another_title_may_begin(db):
    w = await make.world(db, same_lot=True)
    await make.signed(db, w, 0)
    await make.signed(db, w, 1, during=Range(date(2028, 6, 1), date(2029, 1, 1)))
    rows = (
        await db.execute(select(Occupancy.during).where(Occupancy.lot_id == w.lots[0].id).order_by(Occupancy.during))
    ).scalars()
    assert list(rows) == [Range(date(2027, 1, 1), date(2028, 6, 1)), Range(date(2028, 6, 1), date(2029, 1, 1))]


async def test_signing_twice_and_editing_after_are_refused(db):
    w = await make.world(db)
    lease = await make.signed(db, w)
    with make.moment():
        with pytest.raises(Refused):
            await leases.sign(db, w.landlord.actor, lease, version=lease.version)
        with pytest.raises(Refused):
            await leases.edit(db, w.landlord.actor, lease, draft=Draft({"use": "autre"}), version=lease.version)
    assert len((await db.execute(select(Occupancy))).all()) == 1


async def test_a_text_that_changed_since_it_was_read_is_not_signed(db):
    w = await make.world(db)
    lease = await make.draft(db, w)
    with make.moment(), pytest.raises(Refused, match="modifié"):
        await leases.sign(db, w.landlord.actor, lease, version=lease.version - 1)


async def test_the_tenant_does_not_sign_for_the_landlord(db):
    w = await make.world(db)
    lease = await make.draft(db, w)
    with make.moment(), pytest.raises(Forbidden):
        await leases.sign(db, w.tenants[0].actor, lease, version=lease.version)


async def test_keys_need_an_insurance_and_a_title_in_force(db):
    w = await make.world(db)
    lease = await make.signed(db, w)
    hand = {"inspected_on": date(2027, 1, 4), "why": {}}
    with make.moment(make.LIVING):
        with pytest.raises(Refused, match="OCC-40"):
            await leases.hand_keys(db, w.landlord.actor, lease, on=date(2027, 1, 4), **hand)
        await leases.insure(db, w.landlord.actor, lease, insurance="Maif 12345", until=date(2027, 12, 31))
        with pytest.raises(Refused, match="OCC-01"):
            await leases.hand_keys(db, w.landlord.actor, lease, on=date(2026, 12, 31), **hand)
        with pytest.raises(Refused, match="OCC-37"):
            await leases.hand_keys(db, w.landlord.actor, lease, on=date(2027, 1, 4), inspected_on=None, why={})
        await leases.hand_keys(db, w.landlord.actor, lease, on=date(2027, 1, 4), **hand)
        with pytest.raises(Refused, match="déjà remises"):
            await leases.hand_keys(db, w.landlord.actor, lease, on=date(2027, 1, 5), **hand)
    assert (lease.keys_handed_on, lease.inspected_in_on) == (date(2027, 1, 4), date(2027, 1, 4))


async def test_a_counterpart_is_fulfilled_once_with_its_evidence(db):
    w = await make.world(db)
    lease = await make.running(db, w)
    condition = (await db.execute(select(Condition).where(Condition.lease_id == lease.id))).scalar_one()
    with make.moment(make.LIVING):
        with pytest.raises(Refused):
            await conditions.fulfil(db, w.landlord.actor, lease, condition_id=condition.id, evidence="  ")
        with pytest.raises(Forbidden):
            await conditions.fulfil(db, w.tenants[0].actor, lease, condition_id=condition.id, evidence="photos")
        done = await conditions.fulfil(db, w.landlord.actor, lease, condition_id=condition.id, evidence="12 photos")
        with pytest.raises(Refused, match="déjà"):
            await conditions.fulfil(db, w.landlord.actor, lease, condition_id=condition.id, evidence="encore")
    assert (done.evidence, done.done_at, done.done_by_id) == ("12 photos", make.LIVING, w.landlord.person.id)


async def test_a_new_reference_rent_makes_a_new_dated_valuation(db):
    w = await make.world(db)
    lease = await make.signed(db, w)
    with make.moment(make.LIVING):
        for cents in (12_000, 15_000, 15_000):
            await valuations.revalue(
                db,
                w.landlord.actor,
                lease,
                reference_cents_m2_year=cents,
                basis="Avis de valeur",
                dated=date(2026, 9, 1),
            )
    rows = (await db.execute(select(LeaseValuation).order_by(LeaseValuation.id))).scalars().all()
    assert [(v.reference_cents_m2_year, v.year_cents, v.term_cents) for v in rows] == [
        (12_000, 720_000, 1_020_000), (15_000, 900_000, 1_275_000),
    ]  # fmt: skip
    assert lease.reference_rent_cents_m2_year == 15_000
