"""Which files look like one: each sign alone, no sign between strangers, and the order of the files changes nothing."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls import likeness
from calls.likeness import SIGNS, Traits, alike, sets

LONG = "Nous ouvrons un atelier de couture solidaire au pied des tours, avec des machines prêtées par les habitants et deux salariées."
OTHER = "Le soir, une radio de quartier enregistre les anciens de la cité, puis diffuse leurs récits dans les halls et au marché du samedi."


@pytest.mark.parametrize(
    ("sign", "one", "other"),
    [
        ("siren", {"siren": "732829320"}, {"siren": "732829320"}),
        ("rna", {"rna": "W123456789"}, {"rna": "w123456789"}),
        ("structure", {"structures": frozenset({1, 7})}, {"structures": frozenset({7})}),
        ("person", {"people": frozenset({3})}, {"people": frozenset({3, 4})}),
        ("email", {"emails": frozenset({"a@b.fr"})}, {"emails": frozenset({"a@b.fr"})}),
        ("phone", {"phone": "06 12 34 56 78"}, {"phone": "+33 6 12 34 56 78"}),
        ("address", {"address": "12, rue d’Été 35238"}, {"address": "12 RUE D'ETE 35238"}),
        ("name", {"name": "Association Les Mains dans la Terre"}, {"name": "Mains dans la terre"}),
        ("project", {"project": "Atelier de couture partagé"}, {"project": "Atelier de couture partage"}),
        ("text", {"text": LONG}, {"text": LONG.replace("deux salariées", "trois salariées")}),
    ],
)
def test_each_sign_alone(sign, one, other):
    assert alike([Traits(1, **one), Traits(2, **other)]) == {(1, 2): [sign]}


def test_strangers_and_blanks_are_not_alike():
    strangers = [
        Traits(1, siren="732829320", phone="06", address="", name="Fou de Coudre", project="Couture", text=LONG),
        Traits(2, siren="552100554", phone="06", address="", name="Radio Gast", project="Radio", text=OTHER),
    ]
    assert (alike(strangers), alike([Traits(1), Traits(2)])) == ({}, {})


def test_words_that_every_file_holds_prove_nothing():
    assert alike([Traits(n, text=LONG) for n in range(likeness.SHARED_BY_FEW + 1)]) == {}


def test_linked_files_make_one_set():
    assert sets([(1, 2), (4, 5), (2, 3)]) == [[1, 2, 3], [4, 5]]


some = st.builds(
    Traits, st.integers(1, 9), siren=st.sampled_from(["", "732829320"]), phone=st.sampled_from(["", "0612345678"]),
    people=st.frozensets(st.integers(1, 3)), name=st.sampled_from(["", "Fou de Coudre", "Fous de Coudre", "Radio Gast"]),
)  # fmt: skip


@given(st.lists(some, max_size=6, unique_by=lambda one: one.id), st.randoms())
def test_the_order_of_the_files_changes_nothing(files, rng):
    shuffled = list(files)
    rng.shuffle(shuffled)
    found = alike(files)
    assert found == alike(shuffled)
    assert all(a < b and signs == [s for s in SIGNS if s in signs] for (a, b), signs in found.items())


def test_five_hundred_files_are_compared_in_a_moment():
    files = [
        Traits(n, name=f"Structure {n * 7919}", project=f"Projet {n * 104729}", text=f"{OTHER} {n} " * 8)
        for n in range(500)
    ]
    begun = time.perf_counter()
    alike(files)
    assert time.perf_counter() - begun < 5
