"""Publicity of a call: AMI-01, AMI-02, and OCC-04 to OCC-08 seen from a call; the default grid."""

from datetime import date, timedelta

import pytest

from calls.grid import ANCHORS, DEFAULT_GRID, anchor
from calls.legality import (
    EXEMPTION_ARTICLES,
    TO_BE_PUBLISHED,
    Exemption,
    Procedure,
    Publicity,
    change_after_opening,
    grid_complete,
    judge_publicity,
    publication_length,
)
from intervalle.verdicts import Level
from premises.facts import Domain, TitleCode

OPENS = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("weights", "refused"),
    [((25, 20, 20, 15, 10, 10), False), ((50, 49), True), ((50, 51), True), ((), True), ((100,), False)],
)
def test_ami_01_weights_make_one_hundred(weights: tuple[int, ...], refused: bool) -> None:
    verdict = grid_complete(weights)
    assert (verdict is not None and verdict.level is Level.BLOCK) == refused
    if verdict:
        assert f"font {sum(weights)} au total" in verdict.message_fr


def test_ami_01_a_change_after_opening_is_versioned_extended_and_told() -> None:
    assert change_after_opening(new_version=True, extended=True, candidates_told=True) is None
    verdict = change_after_opening(new_version=True, extended=False, candidates_told=False)
    assert verdict is not None
    assert "une prolongation du délai et l’information de tous les candidats" in verdict.message_fr
    assert "nouvelle version" not in verdict.message_fr


@pytest.mark.parametrize(
    ("days", "reason", "level"),
    [
        (30, "", None),
        (29, "", Level.INFO),
        (15, "", Level.INFO),
        (14, "", Level.WARN),
        (14, "  ", Level.WARN),
        (14, "Le chantier commence en mai", Level.INFO),
        (1, "", Level.WARN),
    ],
)
def test_ami_02_publication_length(days: int, reason: str, level: Level | None) -> None:
    verdict = publication_length(TitleCode.COP, OPENS, OPENS + timedelta(days=days), reason)
    assert (verdict.level if verdict else None) == level


def test_ami_02_a_brsa_is_published_two_months() -> None:
    assert publication_length(TitleCode.BRSA, OPENS, date(2026, 5, 1)) is None
    verdict = publication_length(TitleCode.BRSA, OPENS, date(2026, 4, 30), "Urgent")
    assert verdict is not None
    assert (verdict.level, verdict.due) == (Level.BLOCK, date(2026, 5, 1))


def call(**changes: object) -> list[tuple[str, Level]]:
    known: dict[str, object] = {
        "domain": Domain.PUBLIC, "title": TitleCode.AOT, "economic": True, "start": OPENS, "end": date(2028, 3, 1),
        "procedure": Procedure.SELECTION,
    }  # fmt: skip
    return [(verdict.id, verdict.level) for verdict in judge_publicity(Publicity(**{**known, **changes}))]  # type: ignore[arg-type]


def test_a_published_call_on_public_domain_is_in_order() -> None:
    assert call() == []


def test_without_procedure_an_economic_occupation_is_refused() -> None:
    assert call(procedure=Procedure.NONE) == [("OCC-04", Level.BLOCK)]
    assert call(procedure=Procedure.NONE, title=TitleCode.AOT_DR) == [("OCC-04", Level.BLOCK)]


def test_a_call_on_private_property_is_only_told_that_nothing_is_due() -> None:
    assert call(domain=Domain.PRIVATE, title=TitleCode.COP, procedure=Procedure.NONE) == [("OCC-08", Level.INFO)]


def test_grounds_and_their_articles() -> None:
    assert set(EXEMPTION_ARTICLES) == set(Exemption)
    assert len(TO_BE_PUBLISHED) == 5
    assert Exemption.URGENCY not in TO_BE_PUBLISHED


def test_the_default_grid_is_complete_and_its_scale_anchored() -> None:
    assert [criterion.weight for criterion in DEFAULT_GRID] == [25, 20, 20, 15, 10, 10]
    assert grid_complete([criterion.weight for criterion in DEFAULT_GRID]) is None
    assert sorted(ANCHORS) == [0, 1, 2, 3, 4, 5]
    assert anchor(5).startswith("Excellent")
    for wrong in (-1, 6):
        with pytest.raises(ValueError, match="de 0 à 5"):
            anchor(wrong)
