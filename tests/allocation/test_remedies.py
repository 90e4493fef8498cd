"""Deadlines for appeals, French days off, and the paragraph printed under a decision."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation.remedies import (
    Letter,
    after_gracious_appeal,
    appeal_deadline,
    contract_challenge_until,
    document_request,
    full_deadline,
    reasonable_deadline,
    reasons_due,
    remedies_text,
    silence_is_refusal_on,
)
from intervalle.holidays import easter, holidays, is_working_day, next_working_day


@pytest.mark.parametrize(
    ("notified", "last"),
    [
        (date(2026, 1, 15), date(2026, 3, 16)),  # the vector of rules.md 4.5
        (date(2026, 1, 14), date(2026, 3, 16)),  # 15 March is a Sunday
        (date(2026, 1, 13), date(2026, 3, 16)),  # 14 March is a Saturday
        (date(2026, 1, 12), date(2026, 3, 13)),
        (date(2025, 12, 31), date(2026, 3, 2)),  # 28 February, then 1 March, a Sunday
        (date(2026, 12, 31), date(2027, 3, 1)),
        (date(2026, 2, 5), date(2026, 4, 7)),  # 6 April is Easter Monday
        (date(2026, 3, 13), date(2026, 5, 15)),  # 14 May is Ascension Day
        (date(2026, 2, 28), date(2026, 4, 29)),
        (date(2026, 5, 13), date(2026, 7, 15)),  # 14 July
        (date(2026, 10, 24), date(2026, 12, 28)),  # Christmas on a Friday
    ],
)
def test_two_months_franc_carried_to_a_working_day(notified: date, last: date) -> None:
    assert appeal_deadline(notified) == last


@given(st.dates(date(2000, 1, 1), date(2060, 12, 31)), st.integers(1, 12))
def test_a_deadline_is_a_working_day_at_least_as_long_as_its_months(start: date, months: int) -> None:
    last = full_deadline(start, months)
    assert is_working_day(last)
    assert timedelta(days=28 * months) < last - start <= timedelta(days=31 * months + 6)


def test_without_remedies_stated_there_is_no_deadline_but_a_reasonable_time() -> None:
    assert appeal_deadline(date(2026, 1, 15), remedies_told=False) is None
    assert reasonable_deadline(date(2026, 1, 15)) == date(2027, 1, 15)


def test_the_other_clocks() -> None:
    assert after_gracious_appeal(date(2026, 1, 15)) == date(2026, 3, 16)
    assert silence_is_refusal_on(date(2026, 1, 15)) == date(2026, 3, 15)
    assert reasons_due(date(2026, 1, 31)) == date(2026, 2, 28)
    assert contract_challenge_until(date(2026, 1, 15)) == date(2026, 3, 16)
    request = document_request(date(2026, 1, 15))
    assert (request.refused_on, request.cada_until) == (date(2026, 2, 15), date(2026, 4, 16))


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (1961, date(1961, 4, 2)),
        (2000, date(2000, 4, 23)),
        (2008, date(2008, 3, 23)),
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2026, date(2026, 4, 5)),
        (2027, date(2027, 3, 28)),
        (2038, date(2038, 4, 25)),
        (2049, date(2049, 4, 18)),
        (2076, date(2076, 4, 19)),
    ],
)
def test_easter(year: int, day: date) -> None:
    assert easter(year) == day


@given(st.integers(1900, 2199))
def test_easter_is_a_sunday_between_22_march_and_25_april(year: int) -> None:
    sunday = easter(year)
    assert sunday.weekday() == 6
    assert date(year, 3, 22) <= sunday <= date(year, 4, 25)


def test_eleven_holidays_and_two_more_in_alsace_moselle() -> None:
    assert holidays(2026) == {
        date(2026, 1, 1), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 8), date(2026, 5, 14), date(2026, 5, 25),
        date(2026, 7, 14), date(2026, 8, 15), date(2026, 11, 1), date(2026, 11, 11), date(2026, 12, 25),
    }  # fmt: skip
    assert holidays(2026, alsace_moselle=True) - holidays(2026) == {date(2026, 4, 3), date(2026, 12, 26)}


def test_a_deadline_moves_past_good_friday_only_in_alsace_moselle() -> None:
    assert next_working_day(date(2026, 4, 3)) == date(2026, 4, 3)
    assert next_working_day(date(2026, 4, 3), alsace_moselle=True) == date(2026, 4, 7)
    assert appeal_deadline(date(2026, 2, 2), alsace_moselle=True) == date(2026, 4, 7)


LETTER = Letter(
    public_owner=True,
    owner="la ville de Rennes",
    contact="la direction de l’économie",
    court="le tribunal administratif de Rennes",
    decided_on=date(2026, 1, 12),
    notified_on=date(2026, 1, 15),
)


def test_a_public_owner_states_the_court_the_clock_and_the_documents_commission() -> None:
    text = " ".join(remedies_text(LETTER))
    assert text.count("deux mois") == 5
    assert "après un mois" in text
    for words in ("recours gracieux", "le tribunal administratif de Rennes", "16 mars 2026", "CADA", "R421-1"):
        assert words in text


def test_a_letter_whose_reception_is_unknown_gives_no_date() -> None:
    text = " ".join(remedies_text(replace(LETTER, notified_on=None)))
    assert "16 mars 2026" not in text
    assert "dans les deux mois qui suivent la réception" in text


def test_a_public_decision_names_its_court() -> None:
    with pytest.raises(ValueError, match="tribunal administratif"):
        remedies_text(replace(LETTER, court=" "))


def test_a_private_owner_offers_the_same_by_its_own_rules_and_no_administrative_court() -> None:
    text = " ".join(remedies_text(replace(LETTER, public_owner=False, owner="Vilogia", court="")))
    assert "règlement de la consultation" in text
    assert "16 mars 2026" in text
    assert "tribunal administratif" not in text
    assert "CADA" not in text
    assert "vos propres notes" in text
    assert "dans les deux mois." in text


def test_a_direct_award_speaks_of_no_panel_no_marks_and_no_consultation() -> None:
    private = " ".join(remedies_text(replace(LETTER, public_owner=False, owner="Vilogia", court="", panel=False)))
    public = " ".join(remedies_text(replace(LETTER, panel=False)))
    for text in (private, public):
        for untrue in ("notes", "commission a", "procès-verbal", "règlement de la consultation", "candidat"):
            assert untrue not in text, untrue
    assert "les motifs qui vous concernent" in private
    assert "les documents de cette procédure" in public
    assert "l’avis de signature" in public
    given = " ".join(remedies_text(replace(LETTER, panel=False, others=False)))
    assert "l’avis de signature" not in given  # nobody else can sign for the place that was just given
