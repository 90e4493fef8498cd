"""What people read and replay: refusals of a bad file, the command, the letter's sentences, the draw, the changes."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.assignment.check import check
from allocation.assignment.command import main
from allocation.assignment.counterfactual import changed
from allocation.assignment.french import changes, sentences
from allocation.assignment.generate import generate
from allocation.assignment.problem import InvalidProblem, canonical, input_sha256, parse
from allocation.assignment.solver import solve
from allocation.assignment.verification import disagreements
from allocation.assignment.writing import decimal, number
from calls import draw
from intervalle.cli import main as intervalle

EXAMPLE: dict[str, Any] = {
    "lots": [{"id": "A", "area": 120, "slots": None}, {"id": "B", "area": "100"}, {"id": "C", "area": 60.5}],
    "applications": [
        {
            "id": "C-11",
            "organisation": "889123456",
            "neighbourhood": True,
            "wishes": [["A"], ["B", "C"]],
            "area": {"A": 70, "B": 48, "C": 48},
            "scores": {"A": 81.5, "B": 81.5, "C": 80.0},
            "slots": None,
        },
        {"id": "C-12", "organisation": "O-2", "wishes": ["A", "B"], "area": 60, "scores": 79.3},
        {"id": "C-13", "organisation": "O-3", "wishes": ["A"], "area": 80, "scores": "73.3"},
        {"id": "C-14", "organisation": "O-4", "neighbourhood": True, "wishes": ["B", "A"], "area": 75, "scores": 60},
    ],
    "ineligible": [{"application": "C-11", "lot": "C", "reason": "erp"}],
    "locks": [{"application": "C-11", "lot": "A", "kind": "must", "motive": "déjà installée"}],
    "incompatible": [["C-12", "C-14"]],
    "together": [],
    "quotas": [{"name": "seuil quartier", "kind": "area_share", "group": "neighbourhood", "at_least": 0.25}],
    "max_awards_per_organisation": 1,
    "tie_break": {"rule": "draw", "seed": "9f2c"},
}


def test_the_example_of_the_exchange_format() -> None:
    result = solve(parse(EXAMPLE))
    assert {line["application"]: line["lot"] for line in result["placements"]} == {"C-11": "A", "C-12": "B"}
    assert result["status"] == "optimal"
    assert result["input_sha256"] == input_sha256(EXAMPLE) == sha256(canonical(EXAMPLE)).hexdigest()
    assert check(EXAMPLE, result) == []


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        (("lots", 0, "area"), "1.234", "Lot A, surface : il faut un nombre positif avec au plus deux chiffres"),
        (("lots", 0, "area"), float("nan"), "Lot A, surface : il faut un nombre positif"),
        (("lots", 0, "area"), 0, "zéro n’est pas une surface"),
        (("lots", 0, "area"), True, "Lot A, surface : il faut un nombre"),
        (("lots", 1, "id"), "A", "l’identifiant A figure deux fois"),
        (("lots", 0, "slots"), ["lundi"], "demi-journée inconnue « lundi »"),
        (("applications", 0, "wishes"), [["A"], ["A"]], "le lot A figure deux fois dans les vœux"),
        (("applications", 0, "wishes"), [["Z"]], "le lot Z n’est pas dans « lots »"),
        (("applications", 1, "scores"), {"A": 3}, "il manque la note pour le lot B"),
        (("applications", 1, "area"), {"min": 9, "max": 3}, "le minimum dépasse le maximum"),
        (("applications", 1, "note"), 3, "champ inconnu « note »"),
        (("locks", 0, "kind"), "maybe", "« must » ou « never »"),
        (("locks", 0, "lot"), "C", "retirez le verrou ou corrigez l’exigence"),
        (("incompatible",), [["C-12"]], "deux candidatures différentes"),
        (("together",), [["C-12", "C-14"]], "incompatibles et à placer ensemble"),
        (("quotas", 0, "at_least"), 25, "une part va de 0 à 1"),
        (("quotas", 0, "kind"), "part", "genre inconnu"),
        (("tie_break",), {"rule": "draw", "seed": "a", "commitment": "b"}, "l’empreinte publiée"),
        (("tie_break",), {"rule": "order", "order": ["C-11"]}, "citez chaque candidature une fois"),
        (("max_awards_per_organisation",), 0, "un nombre entier d’au moins 1"),
        (("applications",), {}, "il faut une liste JSON"),
    ],
)
def test_a_refusal_names_the_place_and_the_way_out(place: tuple[Any, ...], value: Any, sentence: str) -> None:
    document = json.loads(json.dumps(EXAMPLE))
    spot = document
    for step in place[:-1]:
        spot = spot[step]
    spot[place[-1]] = value
    with pytest.raises(InvalidProblem) as refusal:
        solve(parse(document))
    assert sentence in str(refusal.value)
    assert str(refusal.value).endswith(".")
    assert "\n" not in str(refusal.value)


def test_the_command_prints_the_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "appel.json"
    file.write_text(json.dumps(EXAMPLE))
    assert main([str(file), "--check", "--time-limit", "20"]) == 0
    assert json.loads(capsys.readouterr().out) == solve(parse(EXAMPLE))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("{", "ligne 1"), ("[]", "objet JSON"), ("\udcff", "UTF-8"), ("[" * 100_000, "JSON"), ("{}", "il manque")],
)
def test_the_command_refuses_in_one_french_sentence(
    content: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "appel.json"
    file.write_bytes(content.encode(errors="surrogateescape"))
    assert main([str(file)]) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("argv", [[], ["absent.json"], ["x.json", "--method", "autre"], ["x", "--time-limit", "-1"]])
def test_the_command_refuses_wrong_arguments(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_letter() -> None:
    labels = {"A": "A", "C-07": "Le Fournil", "C-11": "Ressourcerie"}
    line = {
        "application": "C-14",
        "reasons": [
            {"lot": "A", "kind": "outranked", "by": ["C-07", "C-11"], "score": 73.3, "rank": 5},
            {"lot": "B", "kind": "outranked", "by": ["C-07", "C-11"], "score": 73.3, "rank": 5},
            {"lot": "C", "kind": "requirement", "reason": "erp"},
        ],
        "counterfactuals": [{"lot": "B", "area": 70}, {"lot": "A", "score": 79.4}],
    }
    assert sentences(line, labels) == [
        "Candidature non retenue.",
        "Note 73,3, rang 5.",
        "Sur les lots A et B, la place est allée à des candidatures mieux notées : Le Fournil et Ressourcerie.",
        "Sur le lot C, une exigence n’est pas remplie : le classement ERP du lot ne permet pas cette activité.",
        "Elle aurait été retenue avec 70 m² au lot B, ou une note d’au moins 79,4 au lot A.",
    ]


def test_every_line_of_a_real_result_has_words() -> None:
    document = generate(40, 8)
    for method in ("fair", "merit", "total"):
        result = solve(parse(document), method, 1, changes=False)
        for line in result["placements"] + result["unplaced"]:
            told = sentences(line, {})
            assert told
            assert all(sentence.endswith(".") for sentence in told)


def test_no_change_no_sentence() -> None:
    assert changes([], {}) is None


def test_the_draw_is_replayed_with_sha256_alone() -> None:
    ids = [f"C-{n}" for n in range(20)]
    replayed = sorted(ids, key=lambda id: sha256(b"9f2c\n" + id.encode()).hexdigest())
    assert draw.order("9f2c", reversed(ids)) == replayed
    assert draw.order("9f2d", ids) != replayed
    assert draw.commit("9f2c") == sha256(b"9f2c").hexdigest()


def test_the_command_replays_the_draw_and_shows_what_was_published(capsys: pytest.CaptureFixture[str]) -> None:
    assert intervalle(["draw", "9f2c", "C-02", "C-01", "C-03"]) == 0
    fingerprint, *lines = capsys.readouterr().out.splitlines()
    assert fingerprint.endswith(sha256(b"9f2c").hexdigest())
    assert [line.split()[1] for line in lines] == draw.order("9f2c", ["C-01", "C-02", "C-03"])


@pytest.mark.parametrize("seed", ["a", "b", "c", "d"])
def test_assignments_equal_in_everything_are_parted_as_the_public_page_says(seed: str) -> None:
    """Two lots liked the same, two files of the same score and area: only the numbers of the places tell them apart."""
    rows = [{"id": id, "wishes": [["A", "B"]], "area": 40, "scores": 60} for id in ("C-01", "C-02")]
    lots = [{"id": lot, "area": 50} for lot in ("A", "B")]
    document = {"lots": lots, "applications": rows, "tie_break": {"rule": "draw", "seed": seed}}

    def number(file: str, lot: str) -> int:
        return int(sha256(f"{seed}\n{file}\n{lot}".encode()).hexdigest()[:5], 16)

    straight = number("C-01", "A") + number("C-02", "B")
    crossed = number("C-01", "B") + number("C-02", "A")
    held = {line["application"]: line["lot"] for line in solve(parse(document))["placements"]}
    assert held["C-01"] == ("A" if straight < crossed else "B")
    assert held["C-02"] == ("B" if straight < crossed else "A")


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_equal_scores_go_by_the_draw(seed: str) -> None:
    rows = [{"id": f"C-{n}", "wishes": ["A"], "area": 40, "scores": 60} for n in range(5)]
    tie_break = {"rule": "draw", "seed": seed, "commitment": draw.commit(seed)}
    result = solve(parse({"lots": [{"id": "A", "area": 50}], "applications": rows, "tie_break": tie_break}))
    assert result["placements"][0]["application"] == draw.order(seed, [row["id"] for row in rows])[0]
    assert all(line["reasons"][0]["tied"] for line in result["unplaced"])


def test_every_change_promised_is_true_and_one_step_less_is_not_enough() -> None:
    problem = parse(generate(32, 5, wishes=4))
    seen = 0
    for line in solve(problem)["unplaced"]:
        for change in line["counterfactuals"]:
            id, lot, seen = line["application"], change["lot"], seen + 1
            kind = "area" if "area" in change else "score"
            value = round(change[kind] * 100)
            enough = solve(changed(problem, id, lot, **{kind: value}), changes=False)
            assert (id, lot) in {(p["application"], p["lot"]) for p in enough["placements"]}
            less = value + 1 if kind == "area" else value - 1
            almost = solve(changed(problem, id, lot, **{kind: less}), changes=False)
            assert (id, lot) not in {(p["application"], p["lot"]) for p in almost["placements"]}
    assert seen > 2


@pytest.mark.parametrize(("hundredths", "text"), [(7000, "70"), (7940, "79.4"), (5, "0.05"), (0, "0"), (-150, "-1.5")])
def test_numbers_have_one_spelling(hundredths: int, text: str) -> None:
    assert decimal(hundredths) == text
    assert float(text) == number(hundredths)


def test_what_was_not_computed_is_said_and_derived_again_as_it_was() -> None:
    document = generate(32, 5, wishes=4)
    left = [True, True, False]
    result = solve(parse(document), patient=lambda: left.pop(0) if left else False)
    told = {line["application"]: line["counterfactuals"] for line in result["unplaced"]}
    computed = {id for id, changes in told.items() if changes is not None}
    scores = {row["id"]: max(row["scores"].values()) for row in document["applications"]}
    # Whoever was nearest is told first; the others are said not to be.
    assert computed == set(sorted(told, key=lambda id: -scores[id])[:2]) != set(told)
    assert solve(parse(document), changes=computed) == result
    assert check(document, result) == []
    spelled = canonical(document).decode()
    stored = rfc8785.dumps(result).decode()
    hashes = [sha256(text.encode()).hexdigest() for text in (spelled, stored)]
    assert disagreements("fair", spelled, hashes[0], stored, hashes[1], result["engine"]) == []


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=4)
    | st.sampled_from(["A", "C-11", "mon-am", "must", "area_share", "draw", "1e9", "NaN", "70,5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "lot", "area", "kind", "x"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_document_bent_anywhere_is_refused_in_french_or_solved(data: st.DataObject) -> None:
    """Never another error: one value of a good document replaced by anything at all, or taken out."""
    document = json.loads(json.dumps(EXAMPLE))
    spot: Any = document
    while True:
        keys = list(spot) if isinstance(spot, dict) else list(range(len(spot)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(spot[key], dict | list) and spot[key] and data.draw(st.booleans()):
            spot = spot[key]
            continue
        if data.draw(st.integers(0, 4)) == 0:
            del spot[key]
        else:
            spot[key] = data.draw(JUNK)
        break
    said = "Résolu."
    try:
        solve(parse(document), changes=False)
    except InvalidProblem as refused:
        said = str(refused)
    assert said.endswith(".")
