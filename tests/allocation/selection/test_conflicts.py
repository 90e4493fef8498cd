"""Detection of links: each kind found, and nothing found where there is none."""

import pytest

from allocation.selection.conflicts import SENTENCES, File, Juror, Structure, detect, same_address, same_siren

APPLICANT = Structure(10, "Fou de Coudre", "732829320", "12, rue de l’Église", "59350")
FILE = File(100, (APPLICANT,), frozenset({7}))
FREE = Juror(1, 50, Structure(20, "Ville", "219350019", "Place Augustin-Laurent", "59350"))


@pytest.mark.parametrize(
    ("juror", "kind"),
    [
        (Juror(1, 50, member_of=frozenset({10})), "member"),
        (Juror(1, 50, Structure(10, "Fou de Coudre")), "employer"),
        (Juror(1, 50, Structure(21, "Doublon", "73282932000074")), "same_siren"),
        (Juror(1, 50, Structure(21, "Bailleur"), houses=frozenset({10})), "tenant"),
        (Juror(1, 50, Structure(21, "Voisine", None, "12 RUE DE L EGLISE", "59350")), "same_address"),
        (Juror(1, 7), "author"),
    ],
)
def test_each_link_is_found(juror: Juror, kind: str) -> None:
    found = detect([juror, FREE], [FILE])
    assert [(f.seat_id, f.application_id, f.kind, f.name) for f in found] == [(1, 100, kind, "Fou de Coudre")]
    assert found[0].sentence == SENTENCES[kind]


def test_succession_links_both_ways() -> None:
    heir = Structure(11, "SCIC", related=frozenset({10}))
    assert [f.kind for f in detect([Juror(1, 50, Structure(10, "Association"))], [File(100, (heir,))])] == ["related"]


def test_a_group_member_links_as_the_lead_does() -> None:
    group = File(100, (Structure(9, "Mandataire"), APPLICANT))
    assert [f.name for f in detect([Juror(1, 50, member_of=frozenset({10}))], [group])] == ["Fou de Coudre"]


def test_one_finding_per_juror_and_file() -> None:
    both = Juror(1, 7, Structure(10, "Fou de Coudre"), frozenset({10}))
    assert [f.kind for f in detect([both], [FILE])] == ["member"]


def test_absent_numbers_and_bare_streets_link_nobody() -> None:
    assert not same_siren(None, None)
    assert not same_siren("", "")
    place = Structure(1, "A", None, "Place de la Mairie", "59350")
    assert not same_address(place, Structure(2, "B", None, "place de la mairie", "59350"))
    assert not same_address(APPLICANT, Structure(2, "B", None, "12, rue de l’Église", "59512"))
    assert not same_address(Structure(1, "A"), Structure(2, "B"))
