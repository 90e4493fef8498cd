"""The agenda of a session: the files, in the order the panel wants, and points that are not files.

A leader set aside from a file orders what they see; the files they do not see keep their own order, after the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection.meeting_models import AgendaItem, Discussion, Meeting
from allocation.selection.meetings import check_lead, current_meeting, end_point, may_lead_on, record
from allocation.selection.models import Panel, Seat
from calls.models import Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.errors import NotFound, Problem, Refused
from intervalle.i18n import _

T = TypeVar("T")
NOTE_LIMIT = 5000


@dataclass(frozen=True)
class Point(Generic[T]):
    """A file (`line`) or another point (`item`), under the key its buttons send."""

    key: str
    line: T | None
    item: AgendaItem | None


def ordered(files: Sequence[tuple[int, T]], items: Sequence[AgendaItem]) -> list[Point[T]]:
    """Files (id, line) in their usual order, and the items: those somebody placed first, in that order."""
    placed: Mapping[int, int] = {i.application_id: i.position for i in items if i.application_id and i.position}
    found: list[tuple[tuple[int, int], Point[T]]] = [
        ((0, placed[id]) if id in placed else (1, usual), Point(f"f{id}", line, None))
        for usual, (id, line) in enumerate(files)
    ]
    found += [((0, i.position) if i.position else (2, i.id), Point(f"i{i.id}", None, i)) for i in items if i.title]
    return [point for _, point in sorted(found, key=lambda pair: pair[0])]


async def items_of(db: AsyncSession, panel_id: int) -> list[AgendaItem]:
    rows = await db.execute(
        select(AgendaItem)
        .where(AgendaItem.panel_id == panel_id, AgendaItem.removed_at.is_(None))
        .order_by(AgendaItem.id)
    )
    return list(rows.scalars())


async def add(db: AsyncSession, actor: Actor, call: Call, seat: Seat | None, *, title: str) -> AgendaItem:
    """A point that is not a file, at the end. The same title twice is one point."""
    panel = await _hold(db, actor, call, seat)
    title = " ".join(title.split())
    if not title:
        raise Refused(_("Donnez un titre à ce point."))
    if same := next((i for i in await items_of(db, panel.id) if i.title == title), None):
        return same
    item = AgendaItem(
        panel_id=panel.id, title=title[:200], note="", created_at=clock.now(), created_by_id=actor.user_id
    )
    db.add(item)
    await db.flush()
    await _record(db, actor, call, panel, "panel.add_point", {"item": item.id, "title": item.title})
    return item


async def remove(db: AsyncSession, actor: Actor, call: Call, seat: Seat | None, item_id: int) -> None:
    """Take a point off. What was discussed stays: the minutes tell it."""
    panel = await _hold(db, actor, call, seat)
    item = await _item(db, panel, item_id)
    if (await db.execute(select(Discussion.id).where(Discussion.item_id == item.id).limit(1))).first():
        raise Refused(_("Ce point a été discuté : il reste à l’ordre du jour, et au procès-verbal."))
    item.removed_at = clock.now()
    await _record(db, actor, call, panel, "panel.remove_point", {"item": item.id})


async def move(
    db: AsyncSession, actor: Actor, call: Call, seat: Seat | None, *, keys: Sequence[str], key: str, up: bool
) -> None:
    """Put a point one place earlier or later. `keys`: the order that was on the screen, so that nobody moves another's."""
    panel = await _hold(db, actor, call, seat)
    order = list(dict.fromkeys(keys))
    if key not in order:
        raise NotFound
    here = order.index(key)
    there = here - 1 if up else here + 1
    if not 0 <= there < len(order):
        return
    order[here], order[there] = order[there], order[here]
    await _place(db, actor, call, panel, order)
    await _record(db, actor, call, panel, "panel.order_points", {"order": order})


async def _place(db: AsyncSession, actor: Actor, call: Call, panel: Panel, order: Sequence[str]) -> None:
    rows = await items_of(db, panel.id)
    free = {f"i{i.id}": i for i in rows if i.title}
    files = {f"f{i.application_id}": i for i in rows if i.application_id}
    for position, key in enumerate(order, start=1):
        row = free.get(key) or files.get(key)
        if row is None:
            id = int(key[1:]) if key[:1] == "f" and key[1:].isdigit() and len(key) < 18 else 0
            await may_lead_on(db, actor, call, id)
            row = AgendaItem(
                panel_id=panel.id,
                application_id=id,
                title="",
                note="",
                created_at=clock.now(),
                created_by_id=actor.user_id,
            )
            db.add(row)
        row.position = position
    await db.flush()


async def take(db: AsyncSession, actor: Actor, call: Call, seat: Seat | None, item_id: int) -> None:
    """Put a point that is not a file before the panel; the one before ends."""
    check_lead(actor, call, seat)
    meeting = await current_meeting(db, call)
    item = await _item(db, await db.get_one(Panel, meeting.panel_id), item_id)
    if await end_point(db, meeting, item_id=item.id):
        db.add(Discussion(meeting_id=meeting.id, item_id=item.id, started_at=clock.now()))
        await record(db, actor, call, meeting, "panel.discuss", {"item": item.id})


class StaleNote(Problem):
    """Somebody else wrote on this point since the page was opened (409): nothing is written, both texts are shown."""

    status = 409

    def __init__(self, item: AgendaItem) -> None:
        super().__init__(_("Quelqu’un d’autre a écrit sur ce point entre-temps."))
        self.item = item


def mark_of(note: str) -> str:
    """What a page sends back to say which text it was opened on."""
    return sha256(note.encode()).hexdigest()[:16]


async def write(
    db: AsyncSession, actor: Actor, call: Call, seat: Seat | None, item_id: int, *, note: str, seen: str | None = None
) -> None:
    """What was said or decided on a point, as the minutes will tell it. `seen`: the mark of the text it replaces."""
    panel = await _hold(db, actor, call, seat)
    item = await _item(db, panel, item_id)
    text = note.strip().replace("\r\n", "\n")[:NOTE_LIMIT]
    if item.note == text:
        return
    if seen is not None and seen != mark_of(item.note):
        raise StaleNote(item)
    item.note = text
    await _record(db, actor, call, panel, "panel.write_point", {"item": item.id, "note": item.note})


async def _hold(db: AsyncSession, actor: Actor, call: Call, seat: Seat | None) -> Panel:
    check_lead(actor, call, seat)
    found = await db.execute(select(Panel).where(Panel.call_id == call.id).with_for_update())
    return found.scalar_one()


async def _item(db: AsyncSession, panel: Panel, item_id: int) -> AgendaItem:
    found = await db.execute(
        select(AgendaItem).where(
            AgendaItem.id == item_id,
            AgendaItem.panel_id == panel.id,
            AgendaItem.title != "",
            AgendaItem.removed_at.is_(None),
        )
    )
    item = found.scalar_one_or_none()
    if item is None:
        raise NotFound
    return item


async def _record(db: AsyncSession, actor: Actor, call: Call, panel: Panel, action: str, facts: dict[str, Any]) -> None:
    """One entry; during a session, every screen looks again."""
    found = await db.execute(
        select(Meeting).where(Meeting.panel_id == panel.id, Meeting.closed_at.is_(None)).with_for_update()
    )
    if meeting := found.scalar_one_or_none():
        meeting.version += 1
    await db.flush()
    await journal.record(
        db, chain=call.chain, action=action, subject=f"panel:{panel.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts=facts,
    )  # fmt: skip
