"""Files to rows, cells to values: what people really send."""

import io
import json
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intervalle.settings import ROOT
from premises.france import in_france
from premises.imports import mapping, readers, rows, shapes, tables
from tests.premises.imports import make


def table(content: bytes, **chosen: str) -> tuple[list[str], list[tuple[int, list[str]]], dict[str, str]]:
    read = tables.read(content, **chosen)
    return list(read.columns), [(r.number, list(r.cells)) for r in read.records], dict(read.details)


TEXT = "Réf;Libellé;Surface\nL1;Épicerie à côté;12,5\nL2;Hôtel d’activité;40\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("cp1252", "cp1252"),
        ("mac_roman", "mac_roman"),
    ],
)
def test_encodings_are_guessed(encoding: str, found: str) -> None:
    columns, records, details = table(TEXT.encode(encoding))
    assert (columns, details["encoding"]) == (["Réf", "Libellé", "Surface"], found)
    assert records == [(2, ["L1", "Épicerie à côté", "12,5"]), (3, ["L2", "Hôtel d’activité", "40"])]


@pytest.mark.parametrize("mark", [";", ",", "\t", "|"])
def test_separators_are_guessed(mark: str) -> None:
    text = f'ref{mark}nom{mark}surface\n1{mark}"a{mark} b"{mark}12\n2{mark}c{mark}13\n'
    columns, records, details = table(text.encode())
    assert (columns, records[0], details["separator"]) == (
        ["ref", "nom", "surface"],
        (2, ["1", f"a{mark} b", "12"]),
        mark,
    )


def test_titles_above_the_headers_and_empty_rows_are_passed_over() -> None:
    text = "Patrimoine vacant 2026;;\n;;\nRef;Nom;Surface\nA;b;1\n;;\nB;c;2\n"
    columns, records, _details = table(text.encode())
    assert (columns, records) == (["Ref", "Nom", "Surface"], [(4, ["A", "b", "1"]), (6, ["B", "c", "2"])])


def test_same_headers_are_told_apart_and_short_rows_filled() -> None:
    columns, records, _details = table(b"a;a;b\n1;2\n1;2;3;4\n")
    assert (columns, records) == (["a", "a (2)", "b"], [(2, ["1", "2", ""]), (3, ["1", "2", "3"])])


def workbook(cells: list[list[Any]]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet: Any = book.active
    for line in cells:
        sheet.append(line)
    book.save(out)
    return out.getvalue()


def test_a_workbook_reads_as_people_typed_it() -> None:
    content = workbook([["Ref", "Surface", "Dispo", "PMR"], [35200, 62.5, date(2027, 3, 1), True]])
    assert table(content) == (
        ["Ref", "Surface", "Dispo", "PMR"],
        [(2, ["35200", "62.5", "2027-03-01", "oui"])],
        {"sheet": "Sheet"},
    )


def test_geojson_features_are_rows_with_their_geometry() -> None:
    feature = {
        "type": "Feature",
        "properties": {"nom": "Friche", "surface": 12},
        "geometry": {"type": "Point", "coordinates": [1, 2]},
    }
    columns, records, _details = table(json.dumps({"type": "FeatureCollection", "features": [feature]}).encode())
    assert (columns, records) == (
        ["nom", "surface", "geometrie"],
        [(1, ["Friche", "12", '{"type": "Point", "coordinates": [1, 2]}'])],
    )


def bomb() -> bytes:
    """An archive that says it is small and is not: 400 MB of zeros behind a lying header."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as entry:
        for _n in range(400):
            entry.write(bytes(1024 * 1024))
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"   \n", b"%PDF-1.7 x", b"\x89PNG\r\n", b"PK\x03\x04nonsense", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), b"{", b"[1]",
     b'{"type":"FeatureCollection","features":[]}', b"une seule colonne\n1\n2\n", b'a;b\n"' + b"x" * 5_000_000, b"\x00" * 5000, bomb()],
    ids=["empty", "blank", "pdf", "png", "zip", "xls", "brace", "list", "no feature", "one column", "unclosed quote", "zeros", "bomb"],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(tables.BadTable) as refused:
        list(tables.read(content).records)
    assert len(refused.value.sentence) > 15
    assert refused.value.way_out


@pytest.mark.parametrize(
    ("reader", "cell", "value"),
    [
        (readers.area, "1 234,5 m²", Decimal("1234.50")), (readers.area, "1.234,50", Decimal("1234.50")), (readers.area, "1,234.5", Decimal("1234.50")),
        (readers.euros, "38 €/m²", 3800), (readers.euros, "12,345", 1234), (readers.day, "12/03/2027", date(2027, 3, 12)), (readers.day, "2027-03-12 00:00:00", date(2027, 3, 12)),
        (readers.day, "03/2027", date(2027, 3, 1)), (readers.last_day, "31/12/2027", date(2028, 1, 1)), (readers.yes_no, "Oui", True), (readers.floor, "R+2", 2),
        (readers.floor, "RDC", 0), (readers.floor, "-1", -1), (readers.floor, "2e étage", 2), (readers.insee, "1053", "01053"), (readers.insee, "75112", "75056"),
        (readers.postcode, "1000", "01000"), (readers.parcel, "503500000C0105|503500000C0106", "503500000C0105"),
    ],
)  # fmt: skip
def test_cells_are_read_as_people_write_them(reader: readers.Reader, cell: str, value: Any) -> None:
    assert reader(cell) == value


@pytest.mark.parametrize(
    ("reader", "cell"),
    [(readers.area, "0"), (readers.area, "-3"), (readers.area, "1e308"), (readers.area, "99999999"), (readers.area, "grand"), (readers.euros, "-1"),
     (readers.day, "31/02/2027"), (readers.day, "1/1/27"), (readers.day, "hier"), (readers.yes_no, "peut-être"), (readers.insee, "352"), (readers.parcel, "5,62E+184")],
)  # fmt: skip
def test_nonsense_is_refused_in_words(reader: readers.Reader, cell: str) -> None:
    with pytest.raises(ValueError, match=r"\w{3}"):
        reader(cell)


SQUARE = "POLYGON ((-1.7 48.1, -1.6 48.1, -1.6 48.2, -1.7 48.2, -1.7 48.1))"


@pytest.mark.parametrize(
    ("cell", "point"),
    [("POINT (-1.66 48.12)", (-1.66, 48.12)), ("SRID=4326;POINT(-1.66 48.12)", (-1.66, 48.12)), ("48.12, -1.66", (-1.66, 48.12)),
     ('{"type":"Point","coordinates":[-1.66,48.12]}', (-1.66, 48.12))],
)  # fmt: skip
def test_points_in_one_cell(cell: str, point: tuple[float, float]) -> None:
    assert shapes.read(cell).point == point


def test_lambert_93_is_told_by_its_size() -> None:
    lon, lat = shapes.place((352_000.0, 6_789_000.0))
    assert (round(lon, 2), round(lat, 2)) == (-1.68, 48.11)


def test_outlines_keep_their_holes_and_close_themselves() -> None:
    hole = "MULTIPOLYGON (((2 47, 3 47, 3 48, 2 47), (2.5 47.2, 2.7 47.2, 2.7 47.4, 2.5 47.2)), ((4 47, 5 47, 5 48)))"
    drawn = json.loads(shapes.read(hole).outline or "")
    assert [[len(ring) for ring in polygon] for polygon in drawn["coordinates"]] == [[4, 4], [4]]
    assert json.loads(shapes.read(SQUARE).outline or "")["coordinates"][0][0][0] == [-1.7, 48.1]


def test_swapped_axes_are_named_then_mended_on_demand() -> None:
    with pytest.raises(shapes.Swapped):
        shapes.read("POINT(48.12 -1.66)")
    assert shapes.read("POINT(48.12 -1.66)", swap=True).point == (-1.66, 48.12)


@pytest.mark.parametrize(
    "cell",
    ["POINT(1)", "POLYGON((49.33 3.95, 49.38 3.89, ...))", "POLYGON((1 2, 3", "MULTIPOLYGON((1 2, 3 4))", '{"type":"LineString","coordinates":[[1,2]]}', "{", "la mairie",
     "POINT (140.1 35.6)", '{"type":"Polygon","coordinates":[[]]}', '{"type":"Point","coordinates":["a","b"]}', "POINT (nan nan)"],
)  # fmt: skip
def test_what_is_no_shape_is_refused_in_words(cell: str) -> None:
    with pytest.raises(ValueError, match=r"\w{3}"):
        shapes.read(cell)


@given(st.text(max_size=80))
def test_no_cell_breaks_a_reader(cell: str) -> None:
    """Whatever the cell, each reader gives a value or says why not."""
    said = [_said(field.read, readers.clean(cell)) for field in rows.FIELDS] + [_said(shapes.read, cell)]
    assert [sentence for sentence in said if sentence == ""] == []


def _said(read: readers.Reader, cell: str) -> str | None:
    """The sentence of a refusal; None when the cell was read."""
    try:
        value = read(cell)
    except ValueError as refused:
        return str(refused)
    point = getattr(value, "point", None)
    return None if point is None or in_france(*point) else ""


def test_columns_are_proposed_from_their_headers() -> None:
    assert mapping.propose(make.HEADERS) == {
        "Référence": "reference", "Nom du local": "nom", "Adresse": "adresse", "CP": "code_postal", "Ville": "commune", "Surface (m²)": "surface",
        "Loyer": "loyer_m2_an", "Longitude": "longitude", "Latitude": "latitude", "Disponible le": "disponible_du",
    }  # fmt: skip


def test_the_standard_of_brownfields_recognises_itself() -> None:
    read = tables.read((ROOT / "data/friches/cartofriches-extrait.csv").read_bytes())
    found = mapping.propose(read.columns)
    fed = {code: column for column, code in found.items() if code != "notes_internes"}
    assert fed == {
        "reference": "site_id", "nom": "site_nom", "adresse": "site_adresse", "commune": "comm_nom", "code_insee": "comm_insee", "etat": "bati_etat",
        "surface": "unite_fonciere_surface", "parcelle": "unite_fonciere_refcad", "geometrie": "geompoint", "contour": "geomsurf",
    }  # fmt: skip
    assert mapping.complaint(found) == ""


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"a": "surface", "b": "surface", "c": "nom"}, "Deux colonnes"),
        ({"a": "surface"}, "référence"),
        ({"a": "nom"}, "situe"),
    ],
)
def test_a_mapping_that_cannot_work_says_why(chosen: dict[str, str], said: str) -> None:
    assert said in mapping.complaint(chosen)


def read_row(**changed: str) -> rows.Read:
    reader = rows.Reader(make.HEADERS, mapping.propose(make.HEADERS), rows.Options())
    return reader.take(tables.Record(2, make.row(**changed)))


@pytest.mark.parametrize(
    ("changed", "column", "reason"),
    [
        ({"Surface (m²)": "-4"}, "Surface (m²)", "supérieure à zéro"),
        ({"Disponible le": "31/02/2027"}, "Disponible le", "calendrier"),
        ({"Longitude": "48.1275", "Latitude": "-1.6585"}, "Longitude", "échangées"),
        ({"Longitude": "140", "Latitude": "35"}, "Longitude", "pas en France"),
        ({"Longitude": ""}, "Longitude", "ou aucune des deux"),
        ({"CP": "3520"}, "CP", ""),
        ({"Loyer": "cher"}, "Loyer", "pas un nombre"),
    ],
)
def test_a_refused_cell_names_its_row_its_column_and_why(changed: dict[str, str], column: str, reason: str) -> None:
    refused = read_row(**changed).refusals
    if not reason:  # the zero that spreadsheets drop is put back
        assert refused == []
        return
    assert [(r.row, r.column) for r in refused] == [(2, column)]
    assert reason in refused[0].reason
