"""Sub-letting and public help: OCC-31 to OCC-35."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from allocation.leases.aid_rules import aid_cents
from allocation.leases.facts import (
    Aid,
    Facts,
    HeadTitle,
    Occupant,
)  # fmt: skip
from intervalle.verdicts import Level
from premises.facts import Domain, OwnerKind, TitleCode
from tests.allocation.leases.lease_samples import COUNCIL, case, lease, levels, says


def sublet(head: HeadTitle, **changes: Any) -> Facts:
    return case(title=TitleCode.SOUS_LOC, head=head, **changes)


def test_occ_31_a_sublet_ends_with_the_head_title() -> None:
    head = HeadTitle(title=TitleCode.BAIL_CIVIL, end=date(2028, 3, 1))
    assert levels(sublet(head), "OCC-31") == []
    assert levels(sublet(head, end=date(2028, 3, 2)), "OCC-31") == [Level.BLOCK]
    assert levels(sublet(head, end=None), "OCC-31") == [Level.BLOCK]
    assert levels(sublet(replace(head, end=None), end=None), "OCC-31") == []


def test_occ_32_a_commercial_landlord_consents_and_is_called() -> None:
    head = HeadTitle(title=TitleCode.BAIL_COM, end=None)
    assert levels(sublet(head), "OCC-32") == [Level.BLOCK]
    consent = replace(head, landlord_consent=True)
    assert levels(sublet(consent), "OCC-32") == [Level.BLOCK]
    called = replace(consent, landlord_called_on=date(2026, 1, 10))
    assert levels(sublet(called, signed_on=date(2026, 1, 25)), "OCC-32") == [Level.BLOCK]
    assert levels(sublet(called, signed_on=date(2026, 1, 26)), "OCC-32") == []
    assert levels(sublet(replace(called, landlord_answered=True), signed_on=date(2026, 1, 12)), "OCC-32") == []
    assert levels(sublet(replace(head, title=TitleCode.BAIL_CIVIL)), "OCC-32") == []


def test_occ_33_a_direct_brsa_tenant_does_not_sublet() -> None:
    head = HeadTitle(title=TitleCode.BRSA, end=None)
    assert levels(sublet(head), "OCC-33") == [Level.BLOCK]
    assert levels(sublet(replace(head, direct_tenant=False)), "OCC-33") == []


def helped(rent: int, reference: int, **changes: Any) -> Facts:
    """One year from a commune, so that the yearly advantage is the aid."""
    return lease(
        TitleCode.BAIL_CIVIL, 12, owner=OwnerKind.COMMUNE, domain=Domain.PRIVATE_OF_PUBLIC, act=COUNCIL,
        rent_cents=rent, reference_rent_cents=reference, **changes,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("advantage", "received", "level"),
    [
        (1_000_000, 0, Level.INFO),
        (23_999_999, 0, Level.INFO),
        (24_000_000, 0, Level.WARN),
        (14_000_000, 10_000_000, Level.WARN),
        (29_999_999, 0, Level.WARN),
        (30_000_000, 0, Level.BLOCK),
        (10_000_000, 20_000_000, Level.BLOCK),
    ],
)
def test_occ_34_rebates_count_against_the_three_year_ceiling(advantage: int, received: int, level: Level) -> None:
    aid = Aid(received_cents=received, convention_reference="C1")
    assert levels(helped(0, advantage, economic=True, aid=aid), "OCC-34") == [level]


def test_occ_34_other_basis_ceiling_and_convention() -> None:
    full = helped(0, 30_000_000, economic=True, aid=Aid(convention_reference="C1", other_basis="SA.111728"))
    assert levels(full, "OCC-34") == [Level.WARN]
    assert levels(replace(full, aid=Aid(convention_reference="C1", sgei=True)), "OCC-34") == [Level.INFO]
    assert levels(replace(full, aid=Aid()), "OCC-34") == [Level.BLOCK, Level.WARN]
    assert levels(replace(full, economic=False), "OCC-34") == []
    assert levels(replace(full, owner=OwnerKind.PRIVATE_OWNER), "OCC-34") == []
    assert levels(helped(500, 400, economic=True), "OCC-34") == []


def test_occ_34_aid_is_counted_over_the_whole_title() -> None:
    assert aid_cents(120_000, date(2026, 1, 1), date(2027, 7, 1)) == 180_000
    assert aid_cents(120_000, date(2026, 1, 1), None) == 360_000
    assert aid_cents(365_00, date(2026, 1, 1), date(2026, 1, 11)) == 1_000


def test_occ_35_help_in_kind_from_twenty_three_thousand_euros() -> None:
    assert levels(helped(0, 2_300_000), "OCC-35") == [Level.BLOCK, Level.WARN, Level.WARN]
    assert levels(helped(0, 2_299_999), "OCC-35") == [Level.WARN]
    done = Aid(convention_reference="C1", open_data_published=True, republican_commitment=True)
    assert levels(helped(0, 2_300_000, aid=done), "OCC-35") == []
    assert levels(helped(0, 2_300_000, occupant=Occupant.COMPANY), "OCC-35") == []
    assert "23\u00a0000\u00a0€" in says(helped(0, 2_300_000), "OCC-35")
