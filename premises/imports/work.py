"""What the worker does with a file: look at it without writing, or let it in. The command line uses the same.

Refused rows keep the others out only when the whole file was asked for or nothing. The report holds counts and the first
refused cells; the corrected file holds every refused row as it was, with its reason.
"""

import asyncio
import csv
import io
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, files, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.i18n import _
from intervalle.outbox import StoredFile
from premises import supply
from premises.imports import preview, staging, tables, writing
from premises.imports.fields import BY_CODE
from premises.imports.rows import Options, Reader, Refusal
from premises.models import PremisesImport

SHOWN = 500  # refused cells kept in the report; the corrected file has them all
NOTED = 200
Tell = Callable[[int], Awaitable[None]]


async def quiet(rows: int) -> None:
    """Nobody is watching."""


@dataclass
class Look:
    """What reading and asking found: counts by row, and every refused cell."""

    rows: int = 0
    counts: dict[str, Any] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[Refusal] = field(default_factory=list)
    swapped: int = 0
    sample: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def refused_rows(self) -> dict[int, list[Refusal]]:
        by_row: dict[int, list[Refusal]] = {}
        for one in self.refusals:
            by_row.setdefault(one.row, []).append(one)
        return by_row

    def report(self) -> dict[str, Any]:
        # « « grande » n’est pas un nombre » and « « cher »… » are one reason: the cells themselves are listed below it.
        reasons = Counter((r.column, re.sub(r"^« .*? » ", "… ", r.reason)) for r in self.refusals)
        return {
            **self.counts,
            "sample": self.sample,
            "changes": self.changes,
            "rows": self.rows,
            "refused": len(self.refused_rows),
            "cells": len(self.refusals),
            "swapped": self.swapped,
            "reasons": [[column, reason, n] for (column, reason), n in reasons.most_common(40)],
            "refusals": [asdict(r) for r in self.refusals[:SHOWN]],
            "notes": [asdict(r) for r in self.notes[:NOTED]],
            "noted": len(self.notes),
        }


def options_of(one: PremisesImport) -> Options:
    given = {name: one.options[name] for name in Options.__dataclass_fields__ if name in one.options}
    return Options(**{**given, "titles": tuple(given.get("titles", ()))})


def open_table(content: bytes, one: PremisesImport) -> tables.Table:
    return tables.read(content, encoding=one.options.get("encoding", ""), separator=one.options.get("separator", ""))


async def look(db: AsyncSession, one: PremisesImport, content: bytes, tell: Tell = quiet) -> Look:
    """Stage every row and find out what would happen; writes no premises."""
    options, found = options_of(one), Look()
    table = await asyncio.to_thread(open_table, content, one)
    reader = Reader(table.columns, one.mapping, options)
    await staging.create(db)
    codes: set[str] = set()

    async def rows() -> AsyncIterator[tuple[int, dict[str, Any]]]:
        for record in table.records:
            found.rows += 1
            if found.rows % 500 == 0:
                await tell(found.rows)
            read = reader.take(record)
            found.notes += read.notes
            found.swapped += read.swapped
            if read.refusals:
                found.refusals += read.refusals
                continue
            while (code := supply.new_code()) in codes:
                pass
            codes.add(code)
            yield read.number, {**read.values, "code": code}

    await staging.fill(db, rows())
    for old, new in (await staging.fresh_codes(db, sorted(codes))).items():
        await db.execute(text("UPDATE staged SET code = :new WHERE code = :old"), {"old": old, "new": new})
    await staging.locate(db, clock.today())
    await staging.recognise(db, one.owner_id, one.source)
    for code, refusal in await staging.refuse(db, options, clock.today()):
        column = reader.column_of.get(code) or _(BY_CODE[code].label)
        found.refusals.append(Refusal(refusal.row, column, refusal.value[:60], refusal.reason))
    found.refusals.sort(key=lambda r: r.row)
    found.counts = await staging.classify(db)
    found.sample, found.changes = await preview.sample(db), await preview.changes(db)
    return found


def corrected(content: bytes, one: PremisesImport, refused: dict[int, list[Refusal]]) -> bytes:
    """The refused rows as they were, and why: CSV as French spreadsheets open it, to be corrected and brought back."""
    table, out = open_table(content, one), io.StringIO(newline="")
    write = csv.writer(out, delimiter=";")
    write.writerow([*(guarded(c) for c in table.columns), _("Ligne"), _("Motif du refus")])
    for record in table.records:
        if why := refused.get(record.number):
            reasons = " / ".join(f"{r.column}{_(' : ')}{r.reason}" for r in why)
            write.writerow([*(guarded(c) for c in record.cells), str(record.number), guarded(reasons)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def guarded(cell: str) -> str:
    """CSV has no types: an apostrophe keeps a spreadsheet from running a text as a formula. Numbers stay numbers."""
    if cell[:1] in set("=+-@\t\r") and not cell[1:].replace(".", "", 1).replace(",", "", 1).isdigit():
        return f"'{cell}"
    return cell


async def _content(db: AsyncSession, one: PremisesImport) -> bytes:
    stored = await db.get(StoredFile, one.file_id)
    if stored is None:
        raise RuntimeError("the file of an import is never deleted")
    return await files.read(stored)


async def examine(db: AsyncSession, one: PremisesImport, tell: Tell = quiet) -> Look:
    """The dry run: its report and its corrected file are kept with the import."""
    content = await _content(db, one)
    found = await look(db, one, content, tell)
    await _keep_report(db, one, content, found)
    one.state, one.rows, one.progress = "checked", found.rows, found.rows
    await db.flush()
    return found


async def _keep_report(db: AsyncSession, one: PremisesImport, content: bytes, found: Look) -> None:
    one.report, one.refused_file_id = found.report(), None
    if refused := found.refused_rows:
        body = await asyncio.to_thread(corrected, content, one, refused)
        stored = await files.keep(
            db, name=_("lignes-refusees-%(id)s.csv", id=one.id), content=body, content_type="text/csv; charset=utf-8",
            audience="parties", scan="own", owner_id=one.owner_id, user_id=one.user_id,
        )  # fmt: skip
        one.refused_file_id = stored.id


async def run(db: AsyncSession, actor: Actor, one: PremisesImport, tell: Tell = quiet) -> Look:
    """Let the file in, in one transaction, with one journal entry. Looked at again first: the world may have changed."""
    # The file was checked some time ago: the right is asked again on the day, a mandate may have ended since.
    POLICY.check(actor, "premises.import", one)
    # Two files of one owner at once would race for the same references: the second waits for the first.
    await db.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('premises import ' || :owner, 0))"),
        {"owner": str(one.owner_id)},
    )
    content = await _content(db, one)
    found = await look(db, one, content, tell)
    # The import's own row is written last: until then another connection writes its progress there.
    entered = not (one.whole and found.refused_rows)
    if entered:
        manager = None if actor.system or one.owner_id in actor.own() else supply.manager_for(actor, one.owner_id)
        await writing.enter(
            db, import_id=one.id, owner_id=one.owner_id, manager_id=manager, user_id=one.user_id, source=one.source,
            options=options_of(one), today=clock.today(), tell=tell,
        )  # fmt: skip
        await writing.change(db, import_id=one.id)
    await _keep_report(db, one, content, found)
    one.rows = found.rows
    one.state, one.progress, one.finished_at = (
        ("done" if entered else "checked"),
        found.rows,
        clock.now() if entered else None,
    )
    one.report = {**one.report, "entered": entered}
    await db.flush()
    if entered:
        await _record(db, actor, one, found)
    return found


async def _record(db: AsyncSession, actor: Actor, one: PremisesImport, found: Look) -> None:
    stored = await db.get(StoredFile, one.file_id)
    facts = {k: int(found.counts.get(k, 0)) for k in ("enter", "change", "same", "new_premises")}
    await journal.record(
        db, chain=f"organisation:{one.owner_id}", action="premises.import", subject=f"import:{one.id}",
        facts={**facts, "refused": len(found.refused_rows), "rows": found.rows, "source": one.source, "file_sha256": stored.sha256.hex() if stored else ""},
        actor_id=one.user_id, organisation_id=actor.current_id or one.owner_id,
    )  # fmt: skip
