"""Verbs on conflicts of interest: declare one's links, record the detected ones, lift one by a named person.

AMI-04; code pénal art. 432-12. A recusal is never removed: it is lifted, with a reason, by staff.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import detection
from allocation.selection.conflicts import LINKS, Finding
from allocation.selection.models import Panel, Recusal, Seat
from allocation.selection.queries import files_to_declare, open_to
from calls.models import Application, Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _


@dataclass(frozen=True)
class Link:
    """A link as declared: its kind (`conflicts.LINKS`) and the juror's own words, which « other » needs."""

    kind: str
    words: str = ""

    @property
    def told(self) -> bool:
        return self.kind in LINKS and bool(self.words.strip() or self.kind != "other")

    @property
    def reason(self) -> str:
        """What the minutes say."""
        label = LINKS[self.kind] if self.kind != "other" else ""
        return " : ".join(part for part in (label, self.words.strip()) if part)


async def declare(db: AsyncSession, actor: Actor, call: Call, seat: Seat, links: Mapping[int, Link]) -> None:
    """Record a juror's own links (application id -> link) and those the records show; files open after that.

    May be repeated: a link found later is added, and a sheet already written on that file no longer counts.
    """
    POLICY.check(actor, "panel.declare", seat)
    panel = await _open_panel(db, call)
    held = (await db.execute(select(Seat).where(Seat.id == seat.id).with_for_update())).scalar_one()
    allowed = {a.id: a for a in (await db.execute(files_to_declare(held))).scalars()}
    if any(application_id not in allowed for application_id in links):
        raise NotFound
    if not all(link.told for link in links.values()):
        raise Refused(_("Dites quel est le lien : il figure au procès-verbal."))
    found = await detection.findings(db, panel, seat_id=held.id)
    detected = [f for f in found if f.application_id not in links]
    await _add(db, [_row(held.id, file, "declared", link.reason, link.kind) for file, link in links.items()])
    await _add(db, [_row(held.id, f.application_id, "detected", f.sentence % f.values) for f in detected])
    held.declared_at = held.declared_at or clock.now()
    await journal.record(
        db, chain=call.chain, action="panel.declare", subject=f"seat:{held.id}", actor_id=actor.user_id,
        organisation_id=held.organisation_id,
        facts={"declared": _listed(allowed, links), "detected": _listed(allowed, [f.application_id for f in detected])},
    )  # fmt: skip


async def record_detected(db: AsyncSession, actor: Actor, call: Call) -> int:
    """Run detection again over jurors who have declared (a membership may be newer); gives how many were added."""
    POLICY.check(actor, "panel.lift", call)
    panel = await _open_panel(db, call)
    declared = set(
        (await db.execute(select(Seat.id).where(Seat.panel_id == panel.id, Seat.declared_at.is_not(None)))).scalars()
    )
    new = [f for f in await detection.findings(db, panel) if f.seat_id in declared]
    await _add(db, [_row(f.seat_id, f.application_id, "detected", f.sentence % f.values) for f in new])
    if new:
        await journal.record(
            db, chain=call.chain, action="panel.detect", subject=f"panel:{panel.id}", actor_id=actor.user_id,
            organisation_id=call.organiser_id, facts={"links": _pairs(new)},
        )  # fmt: skip
    return len(new)


async def lift(db: AsyncSession, actor: Actor, call: Call, recusal_id: int, reason: str) -> None:
    """Lift a recusal recorded in error. Not one's own, and not on a file one is set aside from."""
    POLICY.check(actor, "panel.lift", call)
    if not reason.strip():
        raise Refused(_("Dites pourquoi ce déport est levé : le motif figure au procès-verbal."))
    found = await db.execute(
        select(Recusal)
        .join(Application, Application.id == Recusal.application_id)
        .where(Recusal.id == recusal_id, Application.call_id == call.id, open_to(actor))
        .with_for_update(of=Recusal)
    )
    recusal = found.scalar_one_or_none()
    if recusal is None:
        raise NotFound
    if recusal.lifted_at:
        raise Refused(_("Ce déport est déjà levé."))
    recusal.lifted_at, recusal.lifted_by_id, recusal.lift_reason = clock.now(), actor.user_id, reason.strip()
    await journal.record(
        db, chain=call.chain, action="panel.lift", subject=f"recusal:{recusal.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts={"seat": recusal.seat_id, "application": recusal.application_id, "reason": reason.strip()},
    )  # fmt: skip


async def _open_panel(db: AsyncSession, call: Call) -> Panel:
    """The panel, held against the ranking; refused before the opening act and after the ranking."""
    fresh = (
        await db.execute(select(Call).where(Call.id == call.id).execution_options(populate_existing=True))
    ).scalar_one()
    panel = (
        await db.execute(select(Panel).where(Panel.call_id == call.id).with_for_update(read=True))
    ).scalar_one_or_none()
    if panel is None or panel.opened_at is None:
        raise Refused(
            _("Les dossiers ne sont pas encore ouverts."), _("Vous recevrez un message après la clôture de l’appel.")
        )
    if fresh.stage() != "closed":
        raise Refused(_("Le classement est arrêté : les déclarations ne changent plus."))
    return panel


def _row(seat_id: int, application_id: int, origin: str, reason: str, link: str | None = None) -> dict[str, object]:
    return {
        "seat_id": seat_id,
        "application_id": application_id,
        "origin": origin,
        "link": link,
        "reason": reason.strip(),
        "created_at": clock.now(),
    }


async def _add(db: AsyncSession, rows: Sequence[dict[str, object]]) -> None:
    """New recusals; one that had been lifted stands again, with its new reason."""
    if not rows:
        return
    statement = insert(Recusal).values(list(rows))
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=["seat_id", "application_id"],
            set_={
                "origin": statement.excluded.origin, "link": statement.excluded.link, "reason": statement.excluded.reason,
                "lifted_at": None, "lifted_by_id": None, "lift_reason": "", "created_at": func.now(),
            },
        )
    )  # fmt: skip


def _listed(allowed: Mapping[int, Application], ids: Iterable[int]) -> list[str]:
    return sorted(allowed[i].label for i in ids if i in allowed)


def _pairs(found: Sequence[Finding]) -> list[dict[str, object]]:
    return [{"seat": f.seat_id, "application": f.application_id, "kind": f.kind} for f in found]
