"""What the pages of relocation show, computed once from the rows. No query here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from allocation.leases.models import Lease
from allocation.relocation.models import RelocationPath, RelocationStep
from allocation.relocation.schedule import (
    DatedStep,
    Exit,
    Indicators,
    Outcome,
    Step,
    indicators,
    overdue,
)
from intervalle.i18n import _, day
from intervalle.verdicts import Verdict
from premises.models import Lot, Premises

Title = tuple[Lease, Lot, Premises]


@dataclass(frozen=True, slots=True)
class StepView:
    row: RelocationStep
    label: str
    mark: str  # done, now, ""
    late: bool


def steps_view(rows: Sequence[RelocationStep], today: date) -> list[StepView]:
    """In the order of their dates; the first one to do is « now »."""
    order = list(Step)
    todo = [row for row in sorted(rows, key=lambda r: (r.due, order.index(Step(r.kind)))) if row.done_at is None]
    return [
        StepView(
            row, _(Step(row.kind).label), "done" if row.done_at else "now" if todo and row is todo[0] else "",
            row.done_at is None and row.due < today,
        )
        for row in sorted(rows, key=lambda r: (r.due, order.index(Step(r.kind))))
    ]  # fmt: skip


def alarms(path: RelocationPath, rows: Sequence[RelocationStep], today: date) -> list[Verdict]:
    """REL-01 and REL-02: what should be done by now. After the exit only the follow-ups can be late."""
    kept = [row for row in rows if path.closed_at is None or row.kind.startswith("follow_up")]
    done = [Step(row.kind) for row in kept if row.done_at]
    return overdue([DatedStep(Step(row.kind), row.due) for row in kept], done, today)


def next_step(path: RelocationPath, steps: Sequence[StepView], *, landlord: bool) -> str:
    """One sentence: who acts next, and by when."""
    if path.closed_at:
        return _("Parcours clos : %(outcome)s.", outcome=_(Outcome(path.outcome or "").label).lower())
    current = next((step for step in steps if step.mark == "now"), None)
    if current is None:
        return _("Toutes les étapes sont notées : enregistrez la sortie.")
    when = day(current.row.due)
    if current.late:
        said = _("En retard : « %(step)s » était prévu au plus tard le %(day)s.", step=current.label, day=when)
    else:
        said = _("Prochaine étape : « %(step)s », au plus tard le %(day)s.", step=current.label, day=when)
    return f"{said} {_('À vous de la noter.') if landlord else _('Le propriétaire la note ici.')}"


@dataclass(frozen=True, slots=True)
class Line:
    """One path in the list."""

    path: RelocationPath
    place: str
    landlord: str
    tenant: str
    steps: list[StepView]
    late: int
    next_step: str
    side: str


def line_of(row: Any, steps: Sequence[RelocationStep], mine: frozenset[int], today: date) -> Line:
    path, _lease, lot, premises, landlord, tenant, _need = row
    side = "landlord" if mine & path.parties()["landlord"] else "tenant"
    shown = steps_view(steps, today)
    return Line(
        path, f"{premises.name}, {_('lot %(label)s', label=lot.label)}", landlord.name, tenant.name, shown,
        len(alarms(path, steps, today)), next_step(path, shown, landlord=side == "landlord"), side,
    )  # fmt: skip


def before(lease: Lease, titles: Iterable[Title]) -> list[Title]:
    """Of a structure's titles, in order, those with the same landlord that ended when this one began."""

    def earlier(old: Lease) -> bool:
        until, start = old.during.upper, lease.during.lower
        return until is not None and start is not None and until <= start

    same = [row for row in titles if (row[0].tenant_id, row[0].landlord_id) == (lease.tenant_id, lease.landlord_id)]
    return [row for row in same if row[0].id != lease.id and earlier(row[0])]


def late_first(lines: Sequence[Line]) -> list[Line]:
    """Open and late first, then by the day of the exit; closed ones last."""
    return sorted(lines, key=lambda one: (one.path.closed_at is not None, -one.late, one.path.exit_on, one.path.id))


def indicators_of(paths: Sequence[RelocationPath]) -> Indicators:
    """REL-06 on closed paths."""
    return indicators(
        [
            Exit(
                Outcome(path.outcome or ""),
                max(0, (path.entered_on - path.left_on).days - 1) if path.entered_on and path.left_on else None,
            )
            for path in paths
            if path.closed_at
        ]
    )
