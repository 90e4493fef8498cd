"""Who is looking at the selection of a call, and where it stands for them."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import queries, workflow
from allocation.selection.models import Panel, Seat
from allocation.selection.words import say
from calls.models import Call
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _


@dataclass(frozen=True)
class Room:
    """A call's selection as one person enters it: with a seat, as staff of the organiser, or both."""

    call: Call
    panel: Panel | None
    seat: Seat | None
    staff: bool

    @property
    def role(self) -> str:
        """Staff first: who runs the call also sees what the running needs."""
        if self.staff:
            return "staff"
        return "juror" if self.seat and self.seat.voting else "observer"

    @property
    def declared(self) -> bool:
        """No seat: nothing to declare. A seat: files open after the declaration only (AMI-04)."""
        return self.seat is None or self.seat.declared_at is not None

    @property
    def scores(self) -> bool:
        return self.seat is not None and self.seat.voting

    @property
    def totals_open(self) -> bool:
        """Marks of all and totals open to the panel when the blind phase ends, never before (AMI-05)."""
        return self.panel is not None and self.panel.scoring_closed_at is not None and self.declared

    @property
    def names_hidden(self) -> bool:
        """An anonymised call hides structures' names from the panel while it scores."""
        return bool(self.panel and self.panel.anonymous and not self.panel.scoring_closed_at and not self.staff)


@dataclass(frozen=True)
class Head:
    """The top of each page of a call's selection: the steps with their counts, and who acts next."""

    phase: str
    steps: list[tuple[str, str, str, str | None]]
    sentence: str
    facts: workflow.Facts


async def enter(db: AsyncSession, actor: Actor, call_id: int) -> Room:
    """The room for this person; for anybody else the call has no selection at all (404)."""
    found = (await db.execute(queries.panels_visible_to(actor).where(Call.id == call_id))).one_or_none()
    if found is None:
        raise NotFound
    call, panel, seat = found
    return Room(call, panel, seat, bool(actor.organisations(scope="calls") & call.parties()["organiser"]))


async def enter_as_staff(db: AsyncSession, actor: Actor, call_id: int) -> Room:
    room = await enter(db, actor, call_id)
    if not room.staff:
        raise NotFound
    return room


async def enter_as_juror(db: AsyncSession, actor: Actor, call_id: int) -> tuple[Room, Seat]:
    room = await enter(db, actor, call_id)
    if room.seat is None:
        raise NotFound
    return room, room.seat


def panel_of(room: Room) -> Panel:
    if room.panel is None:
        raise Refused(_("L’appel n’a pas encore de commission."), _("Composez-la d’abord."))
    return room.panel


async def facts_of(db: AsyncSession, actor: Actor, room: Room, own: tuple[int, int] | None = None) -> workflow.Facts:
    """What this person may know, in two counts over the files open to them. `own`: the juror's sheets due and in, by a
    page that lists them already."""
    call, panel = room.call, room.panel
    files = decided = admissible = due = done = 0
    if panel and panel.opened_at and room.declared:
        files, decided, admissible = (await db.execute(queries.file_counts(call.id, actor))).one()
        seat_id = room.seat.id if room.seat and room.seat.voting else None
        if own:
            due, done = own
        elif seat_id or room.staff:
            due, done = (await db.execute(queries.sheet_counts(call.id, actor, seat_id=seat_id))).one()
    return workflow.Facts(
        closes_at=call.closes_at, cancelled_at=call.cancelled_at, ranked_at=call.ranked_at, released_at=call.released_at,
        opened_at=panel.opened_at if panel else None, meets_at=panel.meets_at if panel else None,
        scoring_closed_at=panel.scoring_closed_at if panel else None, files=files, decided=decided,
        admissible=admissible, sheets_due=due, sheets_in=done,
    )  # fmt: skip


async def head(db: AsyncSession, actor: Actor, room: Room, own: tuple[int, int] | None = None) -> Head:
    facts, now = await facts_of(db, actor, room, own), clock.now()
    steps = workflow.steps(facts, now, mine=room.scores)
    sentence = workflow.next_act(facts, now, role=room.role, declared=room.declared, mine=room.scores)
    urls = _urls(room)
    return Head(
        phase=workflow.phase(facts, now),
        steps=[(_(s.label), say(s.detail, s.values), s.mark, urls[i]) for i, s in enumerate(steps)],
        sentence=say(*sentence),
        facts=facts,
    )  # fmt: skip


def _urls(room: Room) -> list[str | None]:
    """Where each step happens, for this person."""
    base = f"/commissions/{room.call.id}"
    opened = bool(room.panel and room.panel.opened_at)
    return [
        f"{base}/recevabilite" if room.staff and opened else None,
        f"{base}/notation" if room.scores and opened else None,
        f"{base}/deliberation" if room.totals_open else None,
        f"/attribution/{room.call.id}" if room.staff and room.call.ranked_at else None,
        None,
    ]
