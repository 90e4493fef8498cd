"""Workbooks and GeoPackages, written by a process of their own: `python -m premises.export_files FORMAT HEAD ROWS OUT`.

The libraries that write them are heavy and slow; the web process hands the rows over as lines of JSON and stays small.
Text is written as text: what begins with « = » never becomes a formula.
"""

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]
SHEET = "locaux"


def rows_of(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def write_xlsx(head: list[dict[str, str]], rows: Path, out: Path) -> None:
    import xlsxwriter

    safe = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(str(out), safe)
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet(SHEET)
    for column, one in enumerate(head):
        sheet.write_string(0, column, one["code"], bold)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(rows_of(rows), 1):
        for column, one in enumerate(head):
            value = row["values"][column]
            if value is None or value == "":
                continue
            if one["kind"] == "number":
                sheet.write_number(number, column, value)
            elif one["kind"] == "day":
                sheet.write_datetime(number, column, _day(value), day)
            else:
                sheet.write_string(number, column, str(value)[:32_767])
    book.close()


def _day(value: str) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(value)


def write_gdal(driver: str, head: list[dict[str, str]], rows: Path, out: Path) -> None:
    """ODS (a table) or GPKG (outlines of land and points, in degrees)."""
    import numpy
    from pyogrio.raw import write

    kept = list(rows_of(rows))
    data, masks = [], []
    for column, one in enumerate(head):
        values = [row["values"][column] for row in kept]
        empty = numpy.array([v is None or v == "" for v in values], dtype=bool)
        if one["kind"] == "number":
            data.append(numpy.array([0.0 if v is None else float(v) for v in values], dtype="float64"))
        elif one["kind"] == "day":
            data.append(numpy.array([v or "1970-01-01" for v in values], dtype="datetime64[D]"))
        else:
            data.append(numpy.array(["" if v is None else str(v) for v in values], dtype=object))
        masks.append(empty)
    places = driver == "GPKG"
    geometry = numpy.array([_shape(row) for row in kept], dtype=object) if places else None
    options = {"geometry_type": "Unknown", "crs": "EPSG:4326"} if places else {"geometry_type": None, "crs": None}
    write(
        str(out), geometry, data, [one["code"] for one in head], field_mask=masks, layer=SHEET, driver=driver, **options
    )


def _shape(row: Row) -> bytes | None:
    """Well-known binary: the outline of land, or the point; None for premises without a position."""
    if row["outline"]:
        return bytes.fromhex(row["outline"])
    lon, lat = row["lon"], row["lat"]
    return None if lon is None or lat is None else struct.pack("<BIdd", 1, 1, lon, lat)


def main(arguments: list[str]) -> int:
    kind, head_path, rows, out = arguments[0], *map(Path, arguments[1:4])
    head = json.loads(head_path.read_text(encoding="utf-8"))
    if kind == "xlsx":
        write_xlsx(head, rows, out)
    else:
        write_gdal({"ods": "ODS", "gpkg": "GPKG"}[kind], head, rows, out)
    if kind == "ods":
        from premises.imports.tables import compacted

        out.write_bytes(compacted(out.read_bytes()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
