"""AMI-07 and the quorum of colleges."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from allocation.selection.quorum import Member, default_rule, quorum
from intervalle.verdicts import Level

RULE = default_rule(date(2026, 1, 1))


def panel(voted: int, silent: int = 0, recused: int = 0, owner: int = 0) -> list[Member]:
    """`owner` of those who voted come from the owner."""
    members = [Member(f"v{n}", "city", from_owner=n < owner, voted=True) for n in range(voted)]
    members += [Member(f"s{n}", "city") for n in range(silent)]
    return members + [Member(f"r{n}", "city", recused=True, voted=True) for n in range(recused)]


@pytest.mark.parametrize(
    ("members", "missing"),
    [
        (panel(3), 0),
        (panel(3, silent=2), 0),
        (panel(3, silent=3), 1),
        (panel(4, silent=3), 0),
        (panel(2), 1),
        (panel(2, silent=2), 2),
        (panel(3, silent=2, recused=4), 0),
        (panel(2, recused=2), 1),
        (panel(3, owner=2), 0),
        (panel(3, owner=3), 1),
        ([], 2),
    ],
)
def test_ami_07_three_voters_a_majority_and_one_outside_the_owner(members: list[Member], missing: int) -> None:
    found = quorum(members, RULE)
    assert len(found) == missing
    assert all((verdict.id, verdict.level) == ("AMI-07", Level.BLOCK) for verdict in found)


def test_a_member_without_a_vote_counts_neither_among_voters_nor_among_members() -> None:
    observers = [Member(f"o{n}", "expert", voting=False, voted=True) for n in range(5)]
    assert quorum([*panel(3), *observers], RULE) == []
    assert len(quorum([*panel(2), *observers], RULE)) == 1


def test_a_call_may_ask_for_more_voters_and_another_majority() -> None:
    assert len(quorum(panel(4), default_rule(date(2026, 1, 1), 5))) == 1
    two_thirds = replace(RULE, majority=Fraction(2, 3))
    assert len(quorum(panel(4, silent=2), two_thirds)) == 1
    assert quorum(panel(5, silent=2), two_thirds) == []


def test_each_college_may_have_its_minimum() -> None:
    rule = replace(RULE, per_college={"residents": 1, "city": 2})
    (verdict,) = quorum(panel(3), rule)
    assert "« residents » : 0 vote pour 1" in verdict.message_fr.replace("\u00a0", " ")
    resident = Member("h", "residents", voted=True)
    assert quorum([*panel(3), resident], rule) == []
    assert len(quorum([*panel(3), replace(resident, recused=True)], rule)) == 1
