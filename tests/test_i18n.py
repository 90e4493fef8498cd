"""French is the source, English is whole: every sentence has its translation, with the same values, and pages mix neither."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from intervalle import extraction, i18n
from intervalle.forms import DecimalNumber, Euros, Form, Whole
from tests import make
from tests.premises import make as supply

CATALOGUE = i18n.CATALOGUES / "en.po"
ENGLISH = {str(message.id): message for message in extraction.read() if message.id}
PLACEHOLDER = re.compile(r"%\((\w+)\)s|(%%)")
# Written alike in both languages: codes and acronyms, then words that are spelt the same and mean the same.
ALIKE = {
    "%(n)s cm", "%(n)s kg/m²", "%(n)s · %(area)s m²", "A", "A, B, C…", "AOT", "B", "BCUS", "C", "CSV", "D", "E", "ERP", "F", "G", "PDF", "QPV", "RNA", "SIREN", "SIRET", "TFPB", "m²",
    "SIREN %(siren)s", "Public (ERP)",
    "Absent", "Abstention", "Action", "Actions", "Budget", "Charges", "Clause", "Code", "Commune", "Description", "Distance",
    "Divisible", "Documents", "Excellent", "Expertise", "Invitation", "Latitude", "Latitude, longitude", "Longitude", "Lot",
    "Lot %(label)s", "Lots", "Occupation", "Occupations", "Photos", "Place", "Points", "Position", "Programme %(year)s", "Programmes",
    "Public", "Quorum", "Source", "Total", "Vacant", "Version", "dates", "abstention", "association", "lot %(label)s", "%(n)s lot", "%(n)s lots",
    "%(n)s minute", "%(n)s minutes", "%(other)s, %(place)s, lot %(lot)s", "%(tenant)s, %(place)s, lot %(lot)s", "type %(letter)s",
    "version %(n)s",
}  # fmt: skip
# No sentence of one language goes far without one of these.
FRENCH_WORDS = re.compile(
    r"\b(le|la|les|des|du|une|et|ou|vous|votre|vos|nous|pour|avec|dans|sur|sans|est|sont|aucun|aucune|par|qui|que"
    r"|locaux|appels|candidatures?|règles|connecter|connexion|chercher|filtres|surface|loyer|tous|toutes|carte)\b",
    re.IGNORECASE,
)
ENGLISH_WORDS = re.compile(
    r"\b(the|and|or|of|to|for|with|your|you|this|that|is|are|not|found|sign|search|save|calls|premises|rules|password)\b",
    re.IGNORECASE,
)


@pytest.fixture(autouse=True)
def _back_to_french() -> Iterator[None]:
    yield
    i18n.set_locale("fr")


# --- the catalogue -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found() -> list[str]:
    return extraction.messages()


def test_every_sentence_has_its_english(found: list[str]) -> None:
    """When this fails: `bin/intervalle messages`, then translate what it lists in src/intervalle/locale/en.po."""
    assert sorted(set(found) - set(ENGLISH)) == []
    assert sorted(set(ENGLISH) - set(found)) == []
    assert sorted(id for id, message in ENGLISH.items() if not message.string or message.fuzzy) == []


def test_both_languages_ask_for_the_same_values() -> None:
    def asked(text: str) -> set[tuple[str, str]]:
        return set(PLACEHOLDER.findall(text))

    assert sorted(id for id, message in ENGLISH.items() if asked(id) != asked(str(message.string))) == []


def test_nothing_is_left_in_french() -> None:
    alike = {
        id for id, message in ENGLISH.items() if id == message.string and re.search(r"\w", PLACEHOLDER.sub("", id))
    }
    assert sorted(alike - ALIKE) == []


def test_english_is_set_the_english_way() -> None:
    """No guillemets, no space before a colon; a message that ends a line ends it in both."""
    texts = {id: str(message.string) for id, message in ENGLISH.items()}
    assert sorted(id for id, text in texts.items() if re.search(r"[«»]|\s[:;?!](?!\d)", text)) == []
    assert sorted(id for id, text in texts.items() if id.endswith("\n") != text.endswith("\n")) == []


def test_the_command_changes_nothing_when_nothing_is_new(found: list[str]) -> None:
    assert extraction.written(extraction.catalogue_with(found, extraction.read())) == CATALOGUE.read_bytes()


def test_a_changed_sentence_loses_its_translation_and_a_gone_one_goes(tmp_path: Path) -> None:
    path = tmp_path / "en.po"
    old = extraction.catalogue_with(["Déposer", "Retirer"])
    old["Déposer"].string, old["Retirer"].string = "Submit", "Withdraw"
    path.write_bytes(extraction.written(old))
    new = extraction.catalogue_with(["Déposer", "Retirer tout"], extraction.read(path))
    assert {str(m.id): m.string for m in new if m.id} == {"Déposer": "Submit", "Retirer tout": ""}


# --- the reader of sources ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "sentences"),
    [
        ('_("Un")', {"Un"}),
        ('A = N_("Un" "Deux")', {"UnDeux"}),
        ('_("Un" if x else "Deux")', {"Un", "Deux"}),
        ('ngettext("Un", "Deux", n, name="Non")', {"Un", "Deux"}),
        ('raise Refused("Un", "Deux")', {"Un", "Deux"}),
        ('raise errors.NotFound("Un", way_out="Deux")', {"Un", "Deux"}),
        ('SAID = "Un"\nraise Refused(SAID, sentence)', {"Un"}),
        ('explain_constraint("uq_x", "Un")', {"Un"}),
        ('member("owner", too_late="Un")', {"Un"}),
        ('class Use(Labelled):\n    """Doc."""\n    SHOP = "shop", "Un"', {"Un"}),
        ('class Stale(Problem):\n    def __init__(self):\n        super().__init__("Un")', {"Un"}),
        ('class Stale(Problem):\n    def __init__(self, sentence="Un"):\n        pass', {"Un"}),
        ('print("Non")\nraise ValueError("Non")\n_(f"Non {x}")', set()),
    ],
)
def test_what_is_read_in_sources(tmp_path: Path, source: str, sentences: set[str]) -> None:
    path = tmp_path / "room.py"
    path.write_text(source)
    assert set(extraction.in_source(path)) == sentences


def test_what_is_read_in_templates(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text('{% do x %}{{ _("Un") }}{{ ngettext("Deux", "Trois", 2) }}{{ "Non" }}')
    assert set(extraction.in_template(path)) == {"Un", "Deux", "Trois"}


def test_tables_named_in_the_reader_are_read(found: list[str]) -> None:
    assert {
        "Cela existe déjà : rien n’a été enregistré une seconde fois.",
        "Un SIREN compte 9 chiffres.",
        "Cet envoi dépasse la taille permise.",
    } <= set(found)
    assert "23505" not in found


# --- figures and plurals -----------------------------------------------------------------------------------------


def _figures() -> list[str]:
    shown = [i18n.money(123450), i18n.percent(0.31), i18n.day(date(2026, 11, 2)), i18n.number(Decimal("1234.5"))]
    return [text.replace("\u00a0", " ") for text in shown]


def test_figures_follow_the_reader() -> None:
    assert _figures() == ["1 234,50 €", "31 %", "2 novembre 2026", "1 234,5"]
    i18n.set_locale("en")
    assert _figures() == ["€1,234.50", "31%", "2 November 2026", "1,234.5"]


def test_nought_is_one_in_french_and_many_in_english() -> None:
    one, many = "%(n)s candidature déposée", "%(n)s candidatures déposées"
    assert [i18n.ngettext(one, many, n) for n in (0, 1, 2)] == [one % {"n": 0}, one % {"n": 1}, many % {"n": 2}]
    i18n.set_locale("en")
    assert [i18n.ngettext(one, many, n) for n in (0, 1, 2)] == [
        "0 applications submitted", "1 application submitted", "2 applications submitted",
    ]  # fmt: skip


class Figures(Form):
    area = DecimalNumber("Surface")
    rent = Euros("Loyer")
    seats = Whole("Places")


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_a_field_reads_back_what_it_shows(locale: str) -> None:
    """« 1,200 » shown to an English reader must not come back as one and a fifth."""
    i18n.set_locale(locale)
    shown = Figures(area=Decimal("1200.50"), rent=1234567, seats=1500)
    typed = Figures({field.name: field._value() for field in shown})
    assert typed.validate()
    assert (typed.area.data, typed.rent.data, typed.seats.data) == (Decimal("1200.5"), 1234567, 1500)


@pytest.mark.parametrize(
    ("typed", "read"), [("1,200", "1200"), ("62,5", "62.5"), ("1,200.50", "1200.50"), ("62.5", "62.5")]
)
def test_an_english_reader_types_either_way(typed: str, read: str) -> None:
    i18n.set_locale("en")
    form = Figures({"area": typed})
    form.validate()
    assert form.area.data == Decimal(read)


# --- pages -------------------------------------------------------------------------------------------------------


class Words(HTMLParser):
    """What a person reads or hears, without scripts and without what is marked as another language."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.language: list[tuple[str, bool]] = []
        self.root = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.root = given.get("lang") or ""
        if tag in {"script", "style", "button", "a", "span"}:
            foreign = given.get("lang", self.root) != self.root
            self.language.append((tag, foreign or tag in {"script", "style"}))
        if not self._silent():
            self.told.extend(
                given[name] or "" for name in ("title", "alt", "placeholder", "aria-label") if name in given
            )

    def handle_endtag(self, tag: str) -> None:
        if self.language and self.language[-1][0] == tag:
            self.language.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent() and data.strip():
            self.told.append(" ".join(data.split()))

    def _silent(self) -> bool:
        return any(silent for _tag, silent in self.language)


def words_of(html: str) -> Words:
    reader = Words()
    reader.feed(html)
    reader.close()
    assert not reader.language, "a tag is left open"
    return reader


PAGES = {
    "/": 200, "/locaux": 200, "/appels": 200, "/connexion": 200, "/inscription": 200, "/mot-de-passe": 200, "/regles": 200,
    "/accessibilite": 200, "/nulle-part": 404, "/locaux/999999": 404,
}  # fmt: skip


@pytest.fixture
async def a_place(db: Any) -> None:
    """One published place, whose own words are neither French nor English."""
    _person, owner = await make.agent(db, "social_landlord", name="Zorlex")
    await supply.lot(db, await supply.premises(db, owner, name="Vabrin", address="Vabrin 2"), name="Kwo")
    await db.commit()


@pytest.mark.usefixtures("a_place")
async def test_english_pages_hold_no_french(client: Any) -> None:
    browser = await client()
    browser.cookies.set("langue", "en")
    for path, status in PAGES.items():
        answer = await browser.get(path)
        read = words_of(answer.text)
        assert (answer.status_code, read.root) == (status, "en"), path
        # Institutions keep their name, in brackets.
        told = [text.replace("(Défenseur des droits)", "") for text in read.told]
        assert [text for text in told if FRENCH_WORDS.search(text)] == [], path


@pytest.mark.usefixtures("a_place")
async def test_french_pages_hold_no_english(client: Any) -> None:
    browser = await client()
    for path, status in PAGES.items():
        answer = await browser.get(path)
        read = words_of(answer.text)
        assert (answer.status_code, read.root) == (status, "fr"), path
        assert [text for text in read.told if ENGLISH_WORDS.search(text)] == [], path


def test_the_readers_of_pages_see_what_they_are_for() -> None:
    read = words_of(
        '<html lang="en"><p title="Fermer">Sign in<script>var the</script></p><button lang="fr">Français</button></html>'
    )
    assert (read.root, read.told) == ("en", ["Fermer", "Sign in"])
    assert FRENCH_WORDS.search("Chercher un local")
    assert not FRENCH_WORDS.search("Find premises in Rennes")
    assert ENGLISH_WORDS.search("Page not found")


async def test_a_refusal_speaks_the_readers_language(client: Any) -> None:
    browser = await client()
    browser.cookies.set("langue", "en")
    answer = await browser.post("/connexion", data={"email": "nobody@example.org", "password": "wrong"})
    assert "The address or the password does not match." in answer.text


async def test_the_language_is_chosen_from_the_foot_of_the_page(client: Any) -> None:
    browser = await client()
    for chosen, root in (("en", "en"), ("fr", "fr"), ("xx", "fr")):
        answer = await browser.post("/langue", data={"langue": chosen, "suite": "/regles"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/regles")
        assert words_of((await browser.get("/regles")).text).root == root


def test_what_is_not_whole_is_never_shown_as_a_hundred_percent() -> None:
    shown = [i18n.percent(value, digits) for value, digits in ((0.9999, 1), (Decimal("0.9999"), 0), (0.995, 0), (1, 1))]
    assert [text.split()[0] for text in shown] == ["99,9", "99", "99", "100,0"]
