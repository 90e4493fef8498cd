"""Public access (ERP): category and compatibility; vocabulary."""

from datetime import date

import pytest

from premises.facts import (
    CATEGORY_LABELS,
    HLM_BODIES,
    LOCAL_AUTHORITIES,
    PUBLIC_BODIES,
    Authorised,
    Domain,
    EnergyLabel,
    Erp,
    OwnerKind,
    PublicUse,
    TitleCode,
    Vacancy,
    erp_category,
    erp_obstacle,
)

DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("erp", "public", "staff", "category"),
    [
        (Erp.M, 199, 500, 5),  # staff do not count for the 5th
        (Erp.M, 200, 0, 4),
        (Erp.M, 299, 1, 4),
        (Erp.M, 299, 2, 3),  # staff count for the others
        (Erp.M, 700, 0, 3),
        (Erp.M, 700, 1, 2),
        (Erp.M, 1500, 0, 2),
        (Erp.M, 1500, 1, 1),
        (Erp.V, 299, 0, 5),
        (Erp.U, 99, 0, 5),
        (Erp.U, 100, 0, 4),
        (Erp.CTS, 10, 0, 4),
    ],
)
def test_category_from_capacity(erp: Erp, public: int, staff: int, category: int) -> None:
    assert erp_category(erp, public, staff, DAY) == category
    assert category in CATEGORY_LABELS


def test_a_capacity_is_not_negative() -> None:
    for public, staff in ((-1, 0), (0, -1)):
        with pytest.raises(ValueError, match="négatif"):
            erp_category(Erp.M, public, staff, DAY)


@pytest.mark.parametrize(
    ("use", "lot", "words"),
    [
        (PublicUse(None), Authorised((), None), None),
        (PublicUse(Erp.M, 50), Authorised((Erp.M,), 5), None),
        (PublicUse(Erp.M, 250), Authorised((Erp.M,), 4), None),
        (PublicUse(Erp.M, 50), Authorised((Erp.M,), 3), None),
        (PublicUse(Erp.M, 250), Authorised((Erp.M,), 5), "catégorie 4"),
        (PublicUse(Erp.N, 50), Authorised((Erp.W, Erp.M), 5), "M, W"),
        (PublicUse(Erp.M, 50), Authorised((), 5), "pas autorisé"),
        (PublicUse(Erp.M, 50), Authorised((Erp.M,), None), "pas autorisé"),
    ],
)
def test_use_and_lot(use: PublicUse, lot: Authorised, words: str | None) -> None:
    obstacle = erp_obstacle(use, lot, DAY)
    assert (obstacle is None) == (words is None)
    if words:
        assert words in (obstacle or "")


def test_every_code_has_a_french_label() -> None:
    for kind in (Domain, OwnerKind, Vacancy, EnergyLabel, Erp, TitleCode):
        assert all(member.label.strip() for member in kind)
        assert len({member.label for member in kind}) == len(kind)


def test_codes_are_read_back_and_unknown_ones_refused() -> None:
    assert Domain("public_domain") is Domain.PUBLIC
    with pytest.raises(ValueError, match="lune"):
        Domain("lune")


def test_groups_of_owners() -> None:
    assert LOCAL_AUTHORITIES < PUBLIC_BODIES
    assert OwnerKind.OPH in PUBLIC_BODIES & HLM_BODIES
    assert OwnerKind.SOCIAL_LANDLORD not in PUBLIC_BODIES
    assert OwnerKind.OFS not in HLM_BODIES
