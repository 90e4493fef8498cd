"""The journal keeps what it is told: any change is found, the database refuses most, and writers take turns."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from intervalle import clock, journal
from intervalle.journal import START, JournalEntry, JournalHead, entry_hash, verify_chain

NOON = datetime(2027, 3, 28, 12, tzinfo=UTC)
CHAIN = "call:12"


def chain_of(size: int, chain: str = CHAIN) -> tuple[list[JournalEntry], JournalHead]:
    """A sound chain in memory, made with the published recipe alone."""
    entries: list[JournalEntry] = []
    previous = START
    for number in range(1, size + 1):
        values: dict[str, Any] = {
            "chain": chain, "number": number, "at": NOON + timedelta(minutes=number), "actor_id": 7,
            "organisation_id": None, "action": "calls.open", "subject": f"call:{number}", "facts": {"area": "62.50"},
        }  # fmt: skip
        entries.append(JournalEntry(**values, previous=previous, hash=entry_hash(previous, **values)))
        previous = entries[-1].hash
    return entries, JournalHead(chain=chain, number=size, hash=previous)


def numbers_found(entries: list[JournalEntry], head: JournalHead | None) -> list[int]:
    return [finding.number for finding in verify_chain(CHAIN, entries, head)]


def test_a_sound_chain_has_no_finding() -> None:
    for size in (1, 2, 5):
        assert verify_chain(CHAIN, *chain_of(size)) == []


CHANGES: dict[str, Any] = {
    "chain": "call:13",
    "number": 9,
    "at": NOON,
    "actor_id": 8,
    "organisation_id": 1,
    "action": "calls.cancel",
    "subject": "call:99",
    "facts": {"area": "62.5"},
    "previous": b"\x01" * 32,
    "hash": b"\x01" * 32,
}


def test_the_changes_tried_are_all_the_columns() -> None:
    assert set(CHANGES) == {column.name for column in JournalEntry.__table__.columns} - {"id"}


@pytest.mark.parametrize("column", sorted(CHANGES))
@pytest.mark.parametrize("position", [0, 1, 3])
def test_any_column_of_any_entry_flipped_is_found_there(column: str, position: int) -> None:
    entries, head = chain_of(4)
    setattr(entries[position], column, CHANGES[column])
    assert position + 1 in numbers_found(entries, head) or CHANGES[column] in numbers_found(entries, head)


@pytest.mark.parametrize("position", range(4))
def test_a_deleted_entry_is_found(position: int) -> None:
    entries, head = chain_of(4)
    del entries[position]
    assert position + 1 in numbers_found(entries, head)


def test_two_entries_put_in_each_others_place_are_found() -> None:
    """Their numbers are swapped too, so that no gap gives them away."""
    entries, head = chain_of(4)
    entries[1], entries[2] = entries[2], entries[1]
    entries[1].number, entries[2].number = 2, 3
    assert numbers_found(entries, head)[:2] == [2, 3]


def test_a_truncated_chain_is_found_by_its_head() -> None:
    entries, head = chain_of(4)
    assert numbers_found(entries[:2], head) == [3]
    assert numbers_found(entries, None) == [5]
    assert numbers_found([], head) == [1]


def test_a_rewritten_tail_is_found_by_its_head() -> None:
    """Whoever recomputes every hash after a change must also change the head."""
    forged, head = chain_of(4)
    forged[2].subject = "call:666"
    previous = forged[1].hash
    for entry in forged[2:]:
        entry.previous = previous
        values = {name: getattr(entry, name) for name in CHANGES if name not in ("previous", "hash")}
        entry.hash = previous = entry_hash(previous, **values)
    assert numbers_found(forged, head) == [5]


def test_each_of_ten_thousand_entries_gives_a_change_away() -> None:
    """All changed at once: each finding stands on the entry and the one before it, so none hides another."""
    size = 10_000
    flipped, head = chain_of(size)
    for entry in flipped:
        entry.subject += "?"
    assert numbers_found(flipped, head) == list(range(1, size + 1))
    sound, head = chain_of(size)
    assert set(numbers_found(sound[1::2], head)) >= set(range(1, size + 1, 2)), "every second entry deleted"
    swapped = [entry for first, second in zip(sound[::2], sound[1::2], strict=True) for entry in (second, first)]
    for number, entry in enumerate(swapped, 1):
        entry.number = number
    assert set(numbers_found(swapped, head)) == set(range(1, size + 2)), (
        "every pair in each other's place, and the head"
    )
    sound, head = chain_of(size)
    for kept in (0, 1, 2, 4_999, 9_998, 9_999):
        assert numbers_found(sound[:kept], head) == [kept + 1], "truncated"


def test_the_hash_does_not_hang_on_the_time_zone_or_the_order_of_facts() -> None:
    known: dict[str, Any] = {
        "chain": "c",
        "number": 1,
        "actor_id": None,
        "organisation_id": None,
        "action": "a",
        "subject": "s",
    }
    facts = {"b": 1, "a": [1, {"d": None, "c": "é"}]}
    turned = {"a": [1, {"c": "é", "d": None}], "b": 1}
    assert entry_hash(START, at=NOON, facts=facts, **known) == entry_hash(
        START, at=NOON.astimezone(clock.PARIS), facts=turned, **known
    )


async def test_what_is_recorded_is_verified_after_a_trip_to_the_database(db: Any) -> None:
    for amount in (380_000, 2**53 - 1, -1):
        facts = {"cents": amount, "text": "« é »\n", "list": [True, None, "2027-01-31"], "empty": {}}
        await journal.record(db, chain="organisation:3", action="leases.sign", subject="lease:1", facts=facts)
    db.expire_all()
    assert await journal.verify(db) == (3, [])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_entries SET facts = '{}'",
        "UPDATE journal_entries SET number = number + 1",
        "DELETE FROM journal_entries",
        "TRUNCATE journal_entries",
        "TRUNCATE journal_heads CASCADE",
    ],
)
async def test_the_database_refuses_to_change_the_past(db: Any, statement: str) -> None:
    await journal.record(db, chain="call:1", action="calls.open", subject="call:1")
    with pytest.raises(DBAPIError, match="append-only"):
        async with db.begin_nested():
            await db.execute(text(statement))
    assert await journal.verify(db) == (1, [])


async def test_a_change_made_behind_the_guards_is_found(db: Any) -> None:
    """A superuser can silence a trigger; the chain still tells."""
    for number in range(3):
        await journal.record(db, chain="call:1", action="calls.open", subject=f"call:{number}")
    await db.execute(text("ALTER TABLE journal_entries DISABLE TRIGGER journal_entries_append_only"))
    await db.execute(text("UPDATE journal_entries SET subject = 'call:666' WHERE number = 2"))
    db.expire_all()
    read, findings = await journal.verify(db)
    assert (read, [(f.chain, f.number) for f in findings]) == (3, [("call:1", 2)])


async def test_writers_of_one_chain_take_turns(committing: Any) -> None:
    """Eight connections at once: consecutive numbers, and a chain that holds."""

    async def write(writer: int) -> None:
        async with committing() as db, db.begin():
            await journal.record(db, chain="call:808", action="calls.open", subject=f"writer:{writer}")
            await asyncio.sleep(0.01)  # the head stays locked until the commit

    await asyncio.gather(*map(write, range(8)))
    async with committing() as db:
        entries = list((await db.execute(select(JournalEntry).where(JournalEntry.chain == "call:808").order_by(JournalEntry.number))).scalars())  # fmt: skip
        head = await db.get_one(JournalHead, "call:808")
    assert [entry.number for entry in entries] == list(range(1, 9))
    assert {entry.subject for entry in entries} == {f"writer:{writer}" for writer in range(8)}
    assert verify_chain("call:808", entries, head) == []


async def test_a_rolled_back_act_leaves_no_trace_and_no_gap(committing: Any) -> None:
    chain = "call:809"
    async with committing() as db, db.begin():
        await journal.record(db, chain=chain, action="calls.open", subject="one")
    async with committing() as db:
        await journal.record(db, chain=chain, action="calls.open", subject="never")
        await db.rollback()
    async with committing() as db, db.begin():
        await journal.record(db, chain=chain, action="calls.open", subject="two")
    async with committing() as db:
        written = select(JournalEntry.number, JournalEntry.subject).where(JournalEntry.chain == chain)
        assert [tuple(row) for row in await db.execute(written.order_by(JournalEntry.number))] == [
            (1, "one"),
            (2, "two"),
        ]


async def test_the_command_says_what_it_verified_and_where_a_chain_breaks(
    db: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`intervalle verify journal`: French, one line per break, exit code 1 when there is one."""
    from intervalle import cli

    for number in range(3):
        await journal.record(db, chain="call:77", action="calls.open", subject=f"call:{number}")
    answers = [await journal.verify(db)]
    await db.execute(text("SET LOCAL session_replication_role = replica"))
    await db.execute(text("UPDATE journal_entries SET subject = 'call:9' WHERE chain = 'call:77' AND number = 2"))
    await db.execute(text("SET LOCAL session_replication_role = origin"))
    db.expire_all()
    answers.append(await journal.verify(db))
    monkeypatch.setattr(cli, "in_transaction", lambda _work: answers.pop(0))
    assert cli.main(["verify", "journal"]) == 0
    checked, good = capsys.readouterr().out.splitlines()
    assert checked.startswith("Vérifié : empreinte de chaque entrée, lien avec la précédente")
    assert (good.startswith("Journal intact : "), good.endswith(" entrées vérifiées.")) == (True, True)
    assert cli.main(["verify", "journal"]) == 1
    checked, *broken = capsys.readouterr().out.splitlines()
    assert broken == ["call:77 : entrée 2 modifiée"]
