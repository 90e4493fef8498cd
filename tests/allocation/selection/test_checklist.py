"""Unknown is a state: it neither refuses nor admits."""

from datetime import UTC, datetime

from allocation.selection.checklist import (
    BY_KEY,
    Answer,
    Facts,
    answers_in,
    count,
    document_of,
    motive,
    objections,
    proposed,
)

YES = {key: Answer("yes") for key in BY_KEY}
CLOSES = datetime(2026, 10, 15, 10, tzinfo=UTC)
FACTS = Facts(CLOSES.replace(hour=9), CLOSES, "association", "732829320", None, True, True, 2, 1, 1, False)


def test_all_yes_can_be_admitted() -> None:
    assert objections(YES, admissible=True) == {}


def test_an_unknown_item_blocks_admission_and_refuses_nobody() -> None:
    answers = YES | {"ess": Answer("unknown")}
    assert list(objections(answers, admissible=True)) == ["ess"]
    assert objections(answers, admissible=False) != {}


def test_a_missing_item_is_unknown() -> None:
    assert list(objections({key: Answer("yes") for key in BY_KEY if key != "group"}, admissible=True)) == ["group"]


def test_a_refusal_says_what_fails_and_why() -> None:
    silent = YES | {"complete": Answer("no")}
    assert list(objections(silent, admissible=False)) == ["complete"]
    said = YES | {"complete": Answer("no", "Budget absent.")}
    assert objections(said, admissible=False) == {}
    assert motive(said) == "Point non rempli, « Dossier complet » : Budget absent."


def test_the_stored_form_reads_back() -> None:
    answers = YES | {"ess": Answer("no", "Société sans mention ESS.")}
    assert answers_in(document_of(answers)) == answers
    assert count(answers_in({})) == {"yes": 0, "no": 0, "unknown": 7}


def test_proposals_follow_the_records() -> None:
    assert set(proposed(FACTS).values()) == {"yes"}
    late = Facts(CLOSES, CLOSES, "to_check", None, None, True, False, 0, 2, 1, True)
    assert proposed(late) == {
        "in_time": "no", "ess": "unknown", "identified": "unknown", "complete": "unknown", "wishes": "no",
        "group": "no", "conditions": "unknown",
    }  # fmt: skip
