"""Rows for tests of the selection: a closed call with files, its panel at any step."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import admissibility, checklist, declarations, invitations, panels, sheets
from allocation.selection.checklist import Answer
from allocation.selection.models import Admissibility, Panel, Seat, SeatInvitation
from allocation.selection.panels import Rules, SeatTerms
from allocation.selection.reasons import Given
from calls import openings
from calls.models import Application, Call, Criterion
from calls.queries import criteria_of
from intervalle import clock
from tests import make
from tests.calls import make as calls_make
from tests.calls.make import Side

AFTER = datetime(2026, 10, 20, 9, 0, tzinfo=UTC)
YES = {key: Answer("yes") for key in checklist.BY_KEY}


@contextmanager
def afterwards() -> Iterator[None]:
    """A moment after the closing of the call."""
    with clock.at(AFTER):
        yield


@dataclass
class Scene:
    """A call, who runs it, its files, its jurors."""

    city: Side
    call: Call
    files: list[Application] = field(default_factory=list)
    applicants: list[Side] = field(default_factory=list)
    jurors: list[Side] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    criteria: list[Criterion] = field(default_factory=list)


async def closed_call(db: AsyncSession, *, files: int = 3, floor: int | None = None, **values: Any) -> Scene:
    """A call of a city that received `files` files; nothing else is done. `floor`: on every criterion."""
    city = await calls_make.side(db, "city", "Ville de Lille")
    with clock.at(calls_make.OPENING):
        call = await calls_make.draft_call(db, city, await calls_make.premises(db, city.org), **values)
        version = await calls_make.version_of(db, call)
        await db.execute(update(Criterion).where(Criterion.version_id == version.id).values(floor=floor))
        call = await openings.open_call(db, city.actor, call, seen=version.version)
    scene = Scene(city, call)
    for _ in range(files):
        applicant = await calls_make.side(db, "ess_structure")
        scene.applicants.append(applicant)
        scene.files.append(await calls_make.submitted(db, applicant, call))
    scene.criteria = list((await db.execute(criteria_of(scene.files[0].call_version_id))).scalars()) if files else []
    await db.commit()
    return scene


COLLEGES = ("city_ess", "urban_policy", "landlord", "residents", "expert")
KINDS = ("city", "city", "social_landlord", "ess_structure", "support_body")


async def sit(db: AsyncSession, city: Side, call: Call, side: Side, terms: SeatTerms) -> Seat:
    """A seat offered by the city, and accepted (at once when it is the city's own)."""
    offer = await invitations.invite(db, city.actor, call, side.person.email, terms)
    if isinstance(offer, SeatInvitation):
        await invitations.accept(db, side.actor, offer.id)
    held = select(Seat).join(Panel, Panel.id == Seat.panel_id)
    return (await db.execute(held.where(Panel.call_id == call.id, Seat.user_id == side.person.id))).scalar_one()


async def seated(db: AsyncSession, scene: Scene, *, jurors: int = 3, rules: Rules = Rules()) -> Scene:  # noqa: B008
    """A panel of `jurors` people, each of a fresh organisation of their college's kind."""
    with afterwards():
        await panels.compose(db, scene.city.actor, scene.call, rules)
        for index in range(jurors):
            college, kind = COLLEGES[index % 5], KINDS[index % 5]
            juror = await calls_make.side(db, kind)
            made = await sit(db, scene.city, scene.call, juror, SeatTerms(college, chair=index == 0))
            scene.jurors.append(juror)
            scene.seats.append(made)
    await db.commit()
    return scene


async def opened(db: AsyncSession, scene: Scene) -> Scene:
    with afterwards():
        await panels.open_files(db, scene.city.actor, scene.call)
    await db.commit()
    return scene


async def declared(db: AsyncSession, scene: Scene, *, but: int = 0) -> Scene:
    """Every juror declares no link; the last `but` have not declared yet."""
    with afterwards():
        for juror, seat in list(zip(scene.jurors, scene.seats, strict=True))[: len(scene.seats) - but]:
            await declarations.declare(db, juror.actor, scene.call, seat, {})
    await db.commit()
    return scene


async def admitted(db: AsyncSession, scene: Scene, *, but: int = 0) -> Scene:
    """Every file is admissible, by the city; the last `but` stay undecided."""
    with afterwards():
        for file in scene.files[: len(scene.files) - but]:
            await admissibility.examine(db, scene.city.actor, scene.call, file.id, YES, version=1, admissible=True)
    await db.commit()
    return scene


async def ready(db: AsyncSession, *, files: int = 3, jurors: int = 3, rules: Rules = Rules(), **values: Any) -> Scene:  # noqa: B008
    """Files open, links declared, every file admissible: jurors can score."""
    scene = await seated(db, await closed_call(db, files=files, **values), jurors=jurors, rules=rules)
    return await admitted(db, await declared(db, await opened(db, scene)))


def marks(scene: Scene, *values: int) -> dict[int, Given]:
    """These values over the criteria in order (the last one repeats), with a reason where the grid wants one."""
    given = [values[min(i, len(values) - 1)] for i in range(len(scene.criteria))]
    return {
        c.id: Given(True, v, "Ce que dit le dossier." if v < 2 or v > 4 else "")
        for c, v in zip(scene.criteria, given, strict=True)
    }


async def score(
    db: AsyncSession, scene: Scene, juror: int, file: int, *values: int, comment: str = "Projet solide."
) -> None:
    """One juror submits a sheet on one file."""
    typed = sheets.Typed(marks(scene, *values), comment, writer="page")
    with afterwards():
        await sheets.submit(
            db,
            scene.jurors[juror].actor,
            scene.call,
            scene.seats[juror],
            scene.files[file].id,
            replace(typed, version=0),
        )
    await db.commit()


async def score_all(db: AsyncSession, scene: Scene, *by_file: int) -> None:
    """Every juror gives each file its value on every criterion."""
    for file in range(len(scene.files)):
        for juror in range(len(scene.jurors)):
            await score(db, scene, juror, file, by_file[file])


async def admissibility_of(db: AsyncSession, file: Application) -> Admissibility:
    return (await db.execute(select(Admissibility).where(Admissibility.application_id == file.id))).scalar_one()


__all__ = ["AFTER", "Scene", "Side", "calls_make", "make"]
