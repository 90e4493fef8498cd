"""What the pages of titles show, computed once from the rows. No query here."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from allocation.leases import reading, workflow
from allocation.leases.durations import last_day, length_in_words
from allocation.leases.gathering import Dossier
from allocation.leases.models import Lease
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.i18n import _, span
from intervalle.verdicts import Verdict
from premises import timeline
from premises.facts import TitleCode
from premises.models import Lot, Premises


def is_landlord(actor: Actor, lease: Lease) -> bool:
    return bool(actor.organisations() & lease.parties()["landlord"])


def bar_of(lease: Lease, lot: Lot, today: date) -> timeline.Bar | None:
    """The title inside the interval during which its lot can be used."""
    if lease.during.lower is None:
        return None
    length = length_in_words(lease.during.lower, lease.during.upper)
    label = f"{_(workflow.LABELS[lease.stage()])}, {span(lease.during.lower, lease.during.upper)}"
    drawn = timeline.Span(workflow.HATCHES[lease.stage()], lease.during.lower, lease.during.upper, label)
    return timeline.bar((lot.available.lower, lot.available.upper), [drawn], today, length)


@dataclass(frozen=True, slots=True)
class Line:
    """One title in the list."""

    lease: Lease
    lot: Lot
    premises: Premises
    landlord: Organisation
    tenant: Organisation
    mine: str
    title: str
    stage: str
    label: str
    hatch: str
    next_step: str
    bar: timeline.Bar | None


def line_of(actor: Actor, row: Any, late: int) -> Line:
    lease, lot, premises, landlord, tenant = row
    today, stage = clock.today(), lease.stage()
    side = "landlord" if is_landlord(actor, lease) else "tenant"
    standing = workflow.Standing(
        stage, lease.during.lower, lease.during.upper, None, 0, lease.keys_handed_on, lease.insured_until, late
    )
    return Line(
        lease, lot, premises, landlord, tenant, side, _(TitleCode(lease.title).label), stage, _(workflow.LABELS[stage]),
        workflow.HATCHES[stage], workflow.next_step(standing, landlord=side == "landlord", today=today),
        bar_of(lease, lot, today),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """One title's page, for one reader."""

    dossier: Dossier
    landlord_side: bool
    tenant_side: bool
    title: str
    label: str
    hatch: str
    next_step: str
    bar: timeline.Bar | None
    verdicts: list[Verdict]
    unjustified: list[Verdict]
    sees_score: bool
    last_day: date | None
    today: date

    @property
    def ready(self) -> bool:
        """Nothing stands between this draft and its signature."""
        return not self.unjustified and all(v.level != "block" for v in self.verdicts)


def page_of(actor: Actor, dossier: Dossier) -> Page:
    lease, today = dossier.lease, clock.today()
    landlord = is_landlord(actor, lease)
    stage = lease.stage()
    # A draft's verdicts are the landlord's business; alarms on a living title are everybody's.
    verdicts: list[Verdict] = []
    if stage == "draft" and landlord:
        verdicts = reading.verdicts_at_signature(dossier.file, today)
    elif stage in {"signed", "running"}:
        verdicts = [v for v in reading.verdicts_in_life(dossier.file, today) if landlord or v.level == "alarm"]
    lacking = reading.unjustified(verdicts, lease.justifications or {}) if stage == "draft" else []
    late = [c for c in dossier.conditions if c.done_at is None and c.due and c.due < today]
    standing = workflow.Standing(
        stage, lease.during.lower, lease.during.upper, sum(v.level == "block" for v in verdicts), len(lacking),
        lease.keys_handed_on, lease.insured_until, len(late),
    )  # fmt: skip
    return Page(
        dossier, landlord, bool(actor.organisations() & lease.parties()["tenant"]), _(TitleCode(lease.title).label),
        _(workflow.LABELS[stage]), workflow.HATCHES[stage], workflow.next_step(standing, landlord=landlord, today=today),
        bar_of(lease, dossier.file.lot, today), verdicts, lacking, _may_see_score(actor, dossier),
        last_day(lease.during.upper) if lease.during.upper else None, today,
    )  # fmt: skip


def _may_see_score(actor: Actor, dossier: Dossier) -> bool:
    """The organiser of the call, and the structure itself once the decisions are out."""
    if dossier.call is None or dossier.score is None:
        return False
    mine = actor.organisations()
    own = bool(mine & dossier.lease.parties()["tenant"]) and dossier.call.released_at is not None
    return own or bool(mine & dossier.call.parties()["organiser"])
