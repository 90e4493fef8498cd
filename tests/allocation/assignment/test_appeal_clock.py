"""The days that run on an appeal, under public law and for a private owner, and what an answer then says."""

from datetime import date

from allocation.assignment.appeal_clock import Clock, clock, sequel

DECIDED, RECEIVED = date(2026, 1, 15), date(2026, 3, 16)
COURT = "le tribunal administratif de Rennes"


def test_silence_refuses_under_public_law_and_opens_the_court_again() -> None:
    runs = clock(gracious=True, public=True, decided_on=DECIDED, received_on=RECEIVED)
    # The last day of two months « francs » is in time; two months of silence, then two months « francs » from that day.
    assert runs == Clock(date(2026, 5, 16), date(2026, 5, 16), date(2026, 7, 17), late=False)
    assert clock(gracious=True, public=True, decided_on=DECIDED, received_on=date(2026, 3, 17)).late


def test_an_answer_moves_the_court_from_the_day_it_is_given() -> None:
    runs = clock(gracious=True, public=True, decided_on=DECIDED, received_on=RECEIVED, answered_on=date(2026, 4, 1))
    assert runs.court_until == date(2026, 6, 2)
    assert "jusqu’au 2 juin 2026 inclus (CRPA, art. L411-2)" in sequel(runs, granted=False, court=COURT)


def test_a_private_owner_owes_an_answer_and_its_silence_refuses_nothing() -> None:
    runs = clock(gracious=True, public=False, decided_on=DECIDED, received_on=RECEIVED)
    assert runs == Clock(date(2026, 5, 16), None, None, late=False)
    said = sequel(runs, granted=False, court="")
    assert said == "Les voies de droit commun vous restent ouvertes devant le juge judiciaire."


def test_before_a_judge_nothing_is_waited_for_from_the_organiser() -> None:
    for public in (True, False):
        runs = clock(gracious=False, public=public, decided_on=DECIDED, received_on=RECEIVED)
        assert runs == Clock(None, None, None, late=False)


def test_a_late_appeal_is_not_said_to_have_interrupted_anything() -> None:
    runs = clock(
        gracious=True, public=True, decided_on=DECIDED, received_on=date(2026, 6, 1), answered_on=date(2026, 6, 2)
    )
    assert "que si vous l’avez formé dans les deux mois" in sequel(runs, granted=False, court=COURT)
    assert "Une nouvelle décision, notifiée par une autre lettre" in sequel(runs, granted=True, court=COURT)
