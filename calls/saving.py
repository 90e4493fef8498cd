"""Saving a draft, section by section, as it is typed. Nothing is too incomplete to be kept, nothing is overwritten unseen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calls.applications import lock
from calls.drafts import Stale
from calls.models import Application, CallLot, LotWish
from calls.sections import BY_SLUG
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY


@dataclass(frozen=True, slots=True)
class WishLine:
    """What the applicant says of one lot; `rank` None = « ne convient pas »."""

    lot_id: int
    rank: int | None
    area_min: Decimal | None = None
    area_max: Decimal | None = None


def seen_by(application: Application, section: str, seen: int, tab: str = "") -> bool:
    """Whether a form drawn at version `seen` showed the section as it is now.

    An autosave may leave before the answer to the one before has come: it then carries an old version, but the last
    writer is the same open page (`tab`, drawn by the server), which knows what it wrote.
    """
    version, writer = application.section_versions.get(section, (1, ""))
    return int(version) <= seen or (bool(tab) and writer == tab)


async def save_section(
    db: AsyncSession, actor: Actor, application: Application, section: str, *, seen: int,
    facts: Mapping[str, Any], answers: Mapping[str, str], typed: Mapping[str, str], tab: str = "",
) -> Application:  # fmt: skip
    """Keep a section of the draft as typed; nothing is too incomplete to be kept.

    `typed` holds, per field, text that does not read as the value asked for (None in `facts`). Raises Stale when the
    section changed since `seen`. Late saves are kept too: the deadline is on the deposit, not on the text.
    """
    POLICY.check(actor, "applications.draft", application)
    application, _call = await lock(db, application)
    POLICY.check(actor, "applications.draft", application)
    known = BY_SLUG[section]
    if not seen_by(application, section, seen, tab):
        raise Stale
    before = _snapshot(application, section)
    for name in known.facts:
        if name in facts:
            setattr(application, name, facts[name])
    keys = [question.key for question in known.questions]
    application.answers = {**application.answers, **{key: answers[key] for key in keys if key in answers}}
    others = {name: text for name, text in application.typed.items() if name not in known.facts}
    application.typed = {**others, **{name: text for name, text in typed.items() if name in known.facts}}
    if _snapshot(application, section) != before:
        touch(application, actor, section, tab)
    await db.flush()
    return application


def _snapshot(application: Application, section: str) -> dict[str, Any]:
    known = BY_SLUG[section]
    return {
        "facts": {name: getattr(application, name) for name in known.facts},
        "answers": {question.key: application.answers.get(question.key, "") for question in known.questions},
        "typed": {name: application.typed.get(name) for name in known.facts},
    }


def touch(application: Application, actor: Actor, section: str, tab: str = "") -> None:
    """A real change: the next version, this section's, with its hour and author."""
    application.version += 1
    application.section_versions = {**application.section_versions, section: [application.version, tab]}
    application.saved_at, application.saved_by_id = clock.now(), actor.user_id


async def save_wishes(
    db: AsyncSession, actor: Actor, application: Application, *, seen: int, lines: Sequence[WishLine],
    typed: Mapping[str, str], tab: str = "",
) -> Application:  # fmt: skip
    """Keep what the applicant says of each lot; a lot no longer named is no longer asked for. Raises Stale.

    A lot of another call is left out, not an error.
    """
    POLICY.check(actor, "applications.draft", application)
    application, _call = await lock(db, application)
    POLICY.check(actor, "applications.draft", application)
    if not seen_by(application, "lots", seen, tab):
        raise Stale
    offered = await db.execute(select(CallLot.lot_id).where(CallLot.version_id == application.call_version_id))
    inside = set(offered.scalars())
    found = await db.execute(select(LotWish).where(LotWish.application_id == application.id))
    existing = {wish.lot_id: wish for wish in found.scalars()}
    wanted = {line.lot_id: _wish_values(line) for line in lines if line.lot_id in inside}
    before = {lot_id: (wish.rank, wish.area_min, wish.area_max) for lot_id, wish in existing.items()}
    others = {name: text for name, text in application.typed.items() if not name.startswith(("area_min-", "area_max-"))}
    if wanted == before and {**others, **typed} == application.typed:
        return application
    for lot_id, wish in existing.items():
        if lot_id not in wanted:
            await db.delete(wish)
    for lot_id, values in wanted.items():
        wish = existing.get(lot_id) or LotWish(application_id=application.id, lot_id=lot_id)
        wish.rank, wish.area_min, wish.area_max = values
        db.add(wish)
    application.typed = {**others, **typed}
    touch(application, actor, "lots", tab)
    await db.flush()
    return application


def _wish_values(line: WishLine) -> tuple[int | None, Decimal | None, Decimal | None]:
    """Areas typed the wrong way round are put in order: the database refuses min > max, and the meaning is plain."""
    low, high = line.area_min, line.area_max
    if low is not None and high is not None and low > high:
        low, high = high, low
    return line.rank, low, high
