"""What the published rules say of the places an act leaves: what cannot be, and what is passed over by its name."""

from typing import Any

from allocation.assignment.act_outcome import Outcome, judge, with_choices

NAMES = {"C-01": "Fou de Coudre", "C-02": "Resport", "C-03": "SEED"}


def document(**rules: Any) -> dict[str, Any]:
    """Lots A (100 m²) and B (200 m²), three files of 50 m² that like both; C-01 lives in the neighbourhood."""
    return {
        "lots": [{"id": "A", "area": "100", "slots": None}, {"id": "B", "area": "200", "slots": None}],
        "applications": [
            {
                "id": id, "organisation": organisation, "neighbourhood": id == "C-01", "wishes": [["A"], ["B"]],
                "area": {"A": "50", "B": "50"}, "scores": {"A": "80", "B": "80"}, "slots": None,
            }
            for id, organisation in (("C-01", "one"), ("C-02", "two"), ("C-03", "two"))
        ],
        "tie_break": {"rule": "order", "order": ["C-01", "C-02", "C-03"]},
    } | rules  # fmt: skip


QUOTA = [{"name": "seuil quartier", "kind": "area_share", "group": "neighbourhood", "at_least": "0.5"}]


def test_a_quota_missed_by_the_act_is_named_and_one_missed_before_is_not_its_to_answer_for() -> None:
    rules = document(quotas=QUOTA)
    kept = {"C-01": "A", "C-02": "B"}
    assert judge(rules, kept, kept, NAMES) == Outcome((), {})
    assert judge(rules, kept, {"C-02": "B"}, NAMES).broken == {"quota:seuil quartier": "la règle « seuil quartier »"}
    assert judge(rules, {"C-02": "B"}, {"C-02": "A"}, NAMES) == Outcome((), {})


def test_the_most_places_of_an_organisation_is_a_rule_to_name() -> None:
    rules = document(max_awards_per_organisation=1)
    found = judge(rules, {"C-02": "B"}, {"C-02": "B", "C-03": "A"}, NAMES)
    assert found == Outcome((), {"max_awards_per_organisation": "le nombre de places qu’un organisme peut obtenir"})


def test_a_choice_of_the_panel_is_a_rule_to_name() -> None:
    locks = [
        {"application": "C-01", "lot": "A", "kind": "must", "motive": "Vitrine sur la place.", "author": "1"},
        {"application": "C-03", "lot": "A", "kind": "never", "motive": "Bruit de l’atelier.", "author": "1"},
    ]
    found = judge(document(locks=locks), {"C-01": "A"}, {"C-01": "B", "C-03": "A"}, NAMES)
    assert found.broken == {
        "lock:C-01:A": "le choix de placer Fou de Coudre au lot A",
        "lock:C-03:A": "le choix d’écarter SEED du lot A",
    }


def test_who_gives_a_place_back_does_not_break_the_choice_that_gave_it_nor_does_an_act_on_a_direct_award() -> None:
    locks = [
        {"application": "C-01", "lot": "A", "kind": "must", "motive": "Vitrine sur la place.", "author": "1"},
        {"application": "C-01", "lot": "B", "kind": "never", "motive": "Bruit de l’atelier.", "author": "1"},
    ]
    rules = document(locks=locks)
    left = judge(with_choices(rules, direct=False, given_back={"C-01"}), {"C-01": "A"}, {}, NAMES)
    assert left == Outcome((), {})
    moved = judge(with_choices(rules, direct=False, given_back={"C-01"}), {"C-01": "A"}, {"C-01": "B"}, NAMES)
    assert moved.broken == {"lock:C-01:B": "le choix d’écarter Fou de Coudre du lot B"}
    direct = judge(with_choices(rules, direct=True, given_back=()), {"C-01": "A"}, {"C-01": "B"}, NAMES)
    assert direct == Outcome((), {})


def test_activities_kept_apart_never_meet() -> None:
    found = judge(document(incompatible=[["C-01", "C-03"]]), {"C-01": "A"}, {"C-01": "A", "C-03": "A"}, NAMES)
    assert found.blocking == (
        "Fou de Coudre et SEED ne peuvent pas partager le lot A : l’appel tient ces activités à l’écart.",
    )
    apart = judge(document(incompatible=[["C-01", "C-03"]]), {"C-01": "A"}, {"C-01": "A", "C-03": "B"}, NAMES)
    assert apart == Outcome((), {})


def test_a_lot_that_does_not_suit_is_shut() -> None:
    shut = document(ineligible=[{"application": "C-03", "lot": "A", "reason": "erp"}], quotas=QUOTA)
    found = judge(shut, {"C-01": "B"}, {"C-01": "B", "C-03": "A"}, NAMES)
    said = "SEED ne peut pas occuper le lot A : une condition du lot, ses horaires ou sa surface s’y opposent."
    assert found == Outcome((said,), {})
