"""A lease counted in a programme: the amount and its formula, the rules, and one euro once."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from allocation.tfpb import agreements, lines, programme_rules
from allocation.tfpb.lines import Claim, Expense
from allocation.tfpb.models import TfpbLine
from intervalle.errors import Forbidden, Refused
from intervalle.journal import JournalEntry
from tests.allocation.leases import make as leases_make
from tests.allocation.tfpb import make

# 60 m² × 120 € × 362 days with the keys in 2027, over 365.
EXPECTED = 714_082


async def value(db, book, claim=None, **more):
    with leases_make.moment(leases_make.LIVING):
        return await lines.value_lease(
            db, more.pop("actor", book.world.landlord.actor), await make.dossier(db, book.lease), book.target,
            claim or Claim(), **more,
        )  # fmt: skip


async def test_a_lease_is_valued_with_its_formula_line_by_line(db):
    book = await make.ledger(db)
    line = await value(db, book)
    assert (line.amount_cents, line.year, line.lease_id, line.kind) == (EXPECTED, 2027, book.lease.id, "lease")
    assert [text.replace("\u00a0", " ") for text in line.detail["lines"]] == [
        "Loyer de référence : 60 m² × 120,00 € par m² et par an = 7 200,00 € par an.",
        "Loyer perçu, subvention de loyer comprise : 0,00 € par an.",
        "Jours comptés : 362 sur 365 (du 4 janvier 2027 au 31 décembre 2027).",
        "Avantage de loyer : 7 140,82 €.",
        "= 7 140,82 € valorisables.",
    ]
    assert line.detail["reference_document"] == "Grille du bailleur"
    entry = (await db.execute(select(JournalEntry).where(JournalEntry.action == "tfpb.value_lease"))).scalars().one()
    assert entry.facts["cents"] == EXPECTED


async def test_the_same_lease_and_year_counts_once_in_words_and_in_the_database(db):
    book = await make.ledger(db)
    first = await value(db, book)
    with pytest.raises(Refused, match="un même euro ne compte qu’une fois"):
        await value(db, book)
    with pytest.raises(IntegrityError) as error:
        async with db.begin_nested():
            db.add(
                TfpbLine(
                    action_id=book.action.id, kind="lease", lease_id=book.lease.id, year=2027, label="x", amount_cents=1,
                    detail={},
                )
            )  # fmt: skip
    assert error.value.orig.diag.constraint_name == "uq_tfpb_lines_lease_year"
    live = (await db.execute(select(TfpbLine.id).where(TfpbLine.superseded_at.is_(None)))).scalars().all()
    assert live == [first.id]


async def test_a_new_valuation_is_a_new_line_and_the_old_one_stays(db):
    book = await make.ledger(db)
    first = await value(db, book)
    second = await value(db, book, Claim(subsidy_cents_year=365_000), replacing=first.id)
    assert second.amount_cents == EXPECTED - 362_000
    await db.refresh(first)
    assert (first.superseded_at, first.amount_cents) == (leases_make.LIVING, EXPECTED)
    with pytest.raises(Refused, match="remplacée"):
        await value(db, book, replacing=first.id)


async def test_a_lot_outside_the_quarter_counts_only_with_its_reason_and_the_signatories(db):
    book = await make.ledger(db, inside=False)
    with pytest.raises(Refused, match="TFPB-20"):
        await value(db, book)
    reason = Claim(serves_qpv="À deux rues du quartier, ouvert à ses habitants", signatories_agree=True)
    with pytest.raises(Refused, match="TFPB-20"):
        await value(db, book, reason)
    justified = Claim(
        serves_qpv=reason.serves_qpv,
        signatories_agree=True,
        justifications={"TFPB-20": "Accord du comité du 3 mars 2027."},
    )
    line = await value(db, book, justified)
    assert line.justifications == {"TFPB-20": "Accord du comité du 3 mars 2027."}


async def test_an_action_without_benefit_for_tenants_is_refused(db):
    book = await make.ledger(db)
    with leases_make.moment(leases_make.LIVING):
        await agreements.write_action(
            db, book.world.landlord.actor, book.agreement, book.programme, action=book.action, values={"indicators": ""}
        )
    with pytest.raises(Refused, match="TFPB-23"):
        await value(db, book)


async def test_no_keys_no_day_to_count(db):
    book = await make.ledger(db)
    book.lease.keys_handed_on = None
    await db.flush()
    with pytest.raises(Refused, match="Aucun jour de 2027"):
        await value(db, book)


async def test_an_old_reference_asks_for_a_justification(db):
    book = await make.ledger(db)
    book.lease.reference_dated = date(2023, 1, 1)
    await db.flush()
    with pytest.raises(Refused, match="TFPB-22"):
        await value(db, book)


async def test_the_landlord_of_another_agreement_values_nothing_here(db):
    book, other = await make.ledger(db), await leases_make.world(db, landlord_kind="social_landlord")
    with pytest.raises(Forbidden):
        await value(db, book, actor=other.landlord.actor)


def expense(**more):
    values = {
        "label": "Gardien",
        "spent_cents": 2_000_000,
        "other_cents": 500_000,
        "share": Decimal("0.8"),
        "evidence": "Facture 12",
    }
    return Expense(**{**values, **more})


async def test_an_expense_is_counted_by_its_rate_and_its_piece_once(db):
    book = await make.ledger(db)
    actor = book.world.landlord.actor
    with leases_make.moment(leases_make.LIVING):
        line = await lines.add_expense(db, actor, book.target, expense(), npnru=False)
        assert line.amount_cents == 1_200_000
        with pytest.raises(Refused, match="une fois"):
            await lines.add_expense(db, actor, book.target, expense(evidence=" facture  12"), npnru=False)
        await lines.withdraw(db, actor, book.target, line)
        again = await lines.add_expense(db, actor, book.target, expense(), npnru=False)
    assert again.id != line.id


async def test_axis_eight_is_closed_in_a_renewal_quarter(db):
    book = await make.ledger(db)
    actor = book.world.landlord.actor
    with leases_make.moment(leases_make.LIVING):
        action = await agreements.write_action(
            db, actor, book.agreement, book.programme, values={"axis": 8, "label": "Éclairage"}
        )
        target = lines.Target(book.agreement, book.programme, action)
        with pytest.raises(Refused, match="TFPB-10"):
            await lines.add_expense(db, actor, target, expense(), npnru=True)


async def test_a_programme_belongs_to_the_years_of_its_agreement(db):
    book = await make.ledger(db)
    actor = book.world.landlord.actor
    same = await agreements.open_programme(db, actor, book.agreement, year=2027)
    assert same.id == book.programme.id
    with pytest.raises(Refused, match="2031"):
        await agreements.open_programme(db, actor, book.agreement, year=2031)


async def test_a_quarter_nobody_imported_is_refused_in_words(db):
    w = await leases_make.world(db, landlord_kind="social_landlord")
    with pytest.raises(Refused, match="QN99999M"):
        await agreements.sign(
            db,
            w.landlord.actor,
            landlord_id=w.landlord.org.id,
            qpv_code="QN99999M",
            values={"first_year": 2026, "last_year": 2027},
        )


@given(spent=st.integers(0, 10**9), other=st.integers(0, 10**9), share=st.decimals("0.0001", "1", places=4))
def test_what_is_valued_never_exceeds_what_was_paid(spent, other, share):
    valued = programme_rules.valued_from_rate(spent, other, share)
    assert 0 <= valued <= max(0, spent - other)
